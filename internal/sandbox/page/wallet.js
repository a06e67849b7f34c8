// A user's wallet: its coins and its history.

import { coin, coinName } from "./coins.js";
import { button, byId, fill, h, icon, openModal } from "./dom.js";
import * as format from "./format.js";
import { me, page, state } from "./state.js";
import { starsOfWallet } from "./stars.js";
import { lang, t } from "./words.js";

const dialog = byId("wallet");
let known = null; // keys of the transactions shown; null: none shown yet
let whose = "";

export function openWallet() {
  draw();
  openModal(dialog);
}

// showWallet updates an open wallet, and shows a note about received coins.
export function showWallet() {
  if (dialog.open) draw();
  const { history } = state.view.wallet;
  const key = (m) => `${m.kind} ${m.id} ${m.app}`;
  if (whose === state.as && known) {
    for (const m of history.filter((one) => one.in && !known.has(key(one)))) {
      page.toast(t("came_in", { sum: sum(m), app: m.app }), { sign: "in", action: { text: t("wallet"), testid: "incoming", run: openWallet } });
    }
  }
  whose = state.as;
  known = new Set(history.map(key));
}

const sum = (m) => `${format.amount(m.amount)} ${m.asset}`;

function draw() {
  const { coins, history } = state.view.wallet;
  const data = JSON.stringify([state.as, coins, history, state.view.stars, lang()]);
  if (dialog.dataset.shown === data) return;
  dialog.dataset.shown = data;
  const focused = dialog.contains(document.activeElement) && document.activeElement.dataset.testid;
  const owned = coins.filter((c) => c.amount !== "0");
  fill(
    dialog,
    h("header", { class: "sheet-head" },
      h("span", { class: "sheet-brand" }, icon("wallet"), h("span", { id: "wallet-title", text: t("wallet_of", { name: me()?.name ?? "" }) })),
      button({ class: "icon-button", testid: "wallet-close", "aria-label": t("close"), on: { click: () => dialog.close() } }, icon("close"))),
    h("ul", { class: "coins" }, (owned.length ? owned : coins).map((c) => h("li", { testid: `coins-${c.asset}` }, coin(c.asset),
      h("span", { class: "offer-words" }, h("b", { testid: "coins-amount", text: format.amount(c.amount) }), h("small", { title: coinName(c.asset), text: c.asset }))))),
    starsOfWallet(),
    h("h3", { class: "label", text: t("history") }),
    history.length ? h("ul", { class: "history" }, history.map(transaction)) : h("p", { class: "hint", text: t("no_history") }),
  );
  if (focused) (dialog.querySelector(`[data-testid="${focused}"]`) ?? dialog.querySelector(".icon-button")).focus();
}

function transaction(m) {
  return h("li", { testid: "wallet-entry", data: { kind: m.kind } },
    h("span", { class: `way ${m.in ? "in" : "out"}` }, icon("in")),
    h("span", { class: "offer-words" },
      h("b", {}, h("span", { class: m.in ? "plus" : "", text: `${m.in ? "+" : "−"}${sum(m)}` }), ` ${t(m.in ? "from" : "to", { app: m.app })}`),
      h("small", { text: [format.dateAndTime(m.at), m.kind === "check" ? t("by_check") : m.comment].filter(Boolean).join(" · ") })));
}
