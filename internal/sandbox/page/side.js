// The side: the users, the bots, and the buttons for wallet and drawer.

import { avatar, button, byId, h, icon } from "./dom.js";
import * as format from "./format.js";
import { page, state, theBot } from "./state.js";

const languages = { en: "reads English", ru: "reads Russian" };

// same reports whether nothing has changed, so that buttons keep the focus.
function same(box, data) {
  const key = JSON.stringify(data);
  if (box.dataset.shown === key) return true;
  box.dataset.shown = key;
  return false;
}

// renew replaces the content of a box and moves the focus to the new version of the focused button.
function renew(box, children) {
  const focused = box.contains(document.activeElement) && document.activeElement.dataset.testid;
  box.replaceChildren(...children);
  if (focused) box.querySelector(`[data-testid="${focused}"]`)?.focus();
}

const badge = (n) => n > 0 && h("span", { class: "badge", testid: "unread", "aria-label": format.plural(n, "unread message", "unread messages"), text: n > 99 ? "99+" : n });

export function showPeople() {
  const { people } = state.view;
  const box = byId("people");
  if (same(box, [people, state.as])) return;
  renew(box, people.map((p) => button(
    {
      class: "person", testid: `people-${p.key}`, "aria-current": p.key === state.as ? "true" : false,
      title: p.name, on: { click: () => page.become(p.key, state.bot) },
    },
    avatar(p.key, p.name),
    h("span", { class: "person-words" }, h("b", { text: p.name }), h("small", { text: role(p) })),
    badge(p.unread),
  )));
}

function role(p) {
  return `${p.owner ? "owner" : "buyer"}, ${languages[p.language] ?? p.language}`;
}

export function showBots() {
  const { bots } = state.view;
  const box = byId("bots");
  byId("bots-box").hidden = bots.length < 2;
  if (same(box, [bots, state.bot])) return;
  renew(box, bots.map((b) => button(
    { class: "person", testid: `bot-${b.key}`, "aria-current": b.key === state.bot ? "true" : false, on: { click: () => page.become(state.as, b.key) } },
    avatar(b.name, b.name),
    h("span", { class: "person-words" }, h("b", { text: b.name }), h("small", { text: b.last || `@${b.username}` })),
    badge(b.unread),
  )));
}

export function showTitle() {
  const unread = state.view.people.find((p) => p.key === state.as)?.unread ?? 0;
  const name = theBot()?.name;
  document.title = `${unread ? `(${unread}) ` : ""}${name ? `${name} · ` : ""}Sandbox`;
}

export function showHead(connected) {
  const b = theBot();
  const status = connected ? (b ? `@${b.username}` : "no bot yet") : "connecting…";
  const box = byId("head");
  if (same(box, [b?.key, b?.name, status])) return;
  box.replaceChildren(
    b ? avatar(b.name, b.name) : h("span", { class: "avatar none" }),
    h("div", { class: "head-words" }, h("h2", { text: b?.name ?? "Sandbox" }), h("p", { testid: "status", class: connected ? "" : "offline", text: status })),
  );
}

// tools makes the two buttons once; showTools updates them.
export function tools(openDrawer) {
  byId("tools").append(
    button({ class: "tool", testid: "wallet-open", on: { click: () => page.openWallet() } },
      icon("wallet"), h("span", { class: "tool-words" }, h("b", { text: "Wallet" }), h("small", { id: "wallet-brief" }))),
    button({ class: "tool", testid: "break-open", "aria-expanded": "false", "aria-controls": "drawer", on: { click: openDrawer } },
      icon("bolt"), h("span", { class: "tool-words" }, h("b", { text: "Break things" }), h("small", { id: "break-brief" })),
      h("span", { class: "badge warn", id: "break-count", hidden: true })),
  );
}

export function showTools(broken) {
  const [coin] = state.view.wallet.coins.filter((c) => c.amount !== "0");
  byId("wallet-brief").textContent = coin ? `${format.amount(coin.amount)} ${coin.asset}` : "empty";
  byId("break-brief").textContent = broken ? `${format.plural(broken, "thing is", "things are")} broken` : "everything works";
  byId("break-count").hidden = broken === 0;
  byId("break-count").textContent = broken;
}
