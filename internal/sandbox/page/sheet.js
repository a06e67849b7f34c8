// The wallet's sheet that pays an invoice or activates a check.

import { get, post } from "./api.js";
import { avatar, button, byId, fill, h, icon, openModal } from "./dom.js";
import * as format from "./format.js";
import { follow } from "./links.js";
import { coin } from "./coins.js";
import { attempt, me, page, state } from "./state.js";
import { errorText, lang, t } from "./words.js";

const sheet = byId("sheet");
let open = null; // {kind, ref, asset, busy} of what is shown
let ticking;

export const openInvoice = (ref) => show("invoice", ref);
export const openCheck = (ref) => show("check", ref);

async function show(kind, ref) {
  open = { kind, ref, asset: null, busy: false };
  await refresh();
  if (!open) return;
  openModal(sheet);
  const [first] = ["input:checked", ".primary:not(:disabled)", ".icon-button"].map((s) => sheet.querySelector(s)).filter(Boolean);
  first.focus();
}

// refresh fetches the current state, for instance after another user has paid.
export async function refresh() {
  if (!open || open.busy) return;
  const asked = open;
  let data;
  try {
    data = await get(asked.kind, { as: state.as, ref: asked.ref });
  } catch (e) {
    data = { missing: e.reason === "not_found" ? t("gone") : errorText(e) };
  }
  if (open !== asked || asked.busy) return;
  const shown = JSON.stringify([data, asked.asset, lang()]);
  if (shown === asked.shown) return;
  asked.shown = shown;
  draw(data);
}

sheet.addEventListener("close", () => {
  open = null;
  clearInterval(ticking);
});

function draw(data) {
  clearInterval(ticking);
  const focused = sheet.contains(document.activeElement) && document.activeElement.dataset.testid;
  const parts = data.missing ? message("ban", t("nothing_to_pay"), data.missing) : open.kind === "check" ? check(data) : invoice(data);
  fill(
    sheet,
    h("header", { class: "sheet-head" },
      h("span", { class: "sheet-brand" }, icon("wallet"), h("span", { text: t("wallet_of", { name: me()?.name ?? "" }) })),
      button({ class: "icon-button", testid: "sheet-close", "aria-label": t("close"), on: { click: () => sheet.close() } }, icon("close"))),
    ...parts,
  );
  if (focused) sheet.querySelector(`[data-testid="${focused}"]`)?.focus();
}

function message(sign, title, text, kind = "") {
  return [h("div", { class: `verdict ${kind}`, testid: "verdict" }, h("span", { class: "verdict-sign" }, icon(sign)), h("h2", { id: "sheet-title", text: title }), text && h("p", { text }))];
}

function invoice(v) {
  const expired = v.status === "expired" || (v.expires_at && v.expires_at <= Date.now());
  if (v.paid) return paid(v);
  if (expired) return [...bill(v), ...message("clock", t("expired"), t("expired_words"), "bad")];
  return [...bill(v), choices(v), payButton(v), expiry(v)];
}

function bill(v) {
  return [h("div", { class: "bill" },
    avatar(v.app, v.app, "big"),
    h("p", { class: "bill-app", testid: "pay-app", text: v.app }),
    h("h2", { id: "sheet-title", class: "bill-amount", testid: "pay-amount", text: format.price(v.amount, v.currency, v.fiat) }),
    v.description && h("p", { class: "bill-words", text: v.description }))];
}

function chosen(v) {
  return v.offers.find((o) => o.asset === open.asset) ?? v.offers.find((o) => o.enough) ?? v.offers[0];
}

function choices(v) {
  const now = chosen(v);
  const choose = (asset) => {
    open.asset = asset;
    draw(v);
  };
  return h("fieldset", { class: "offers" }, h("legend", { text: t(v.offers.length > 1 ? "pay_with" : "you_pay") }),
    v.offers.map((o) => h("label", { class: `offer${o.enough ? "" : " short"}` },
      radio(o, o === now, choose), coin(o.asset),
      h("span", { class: "offer-words" }, h("b", { text: o.asset }), h("small", { text: t("you_have", { sum: format.amount(o.balance) }) })),
      h("span", { class: "offer-amount", text: format.amount(o.amount) }))));
}

function radio(o, checked, choose) {
  const input = h("input", { type: "radio", name: "asset", value: o.asset, testid: `offer-${o.asset}`, on: { change: () => choose(o.asset) } });
  input.checked = checked;
  return input;
}

function payButton(v) {
  const o = chosen(v);
  if (!o) return h("p", { class: "hint", text: t("no_asset") });
  const text = o.enough ? t("pay", { sum: `${format.amount(o.amount)} ${o.asset}` }) : t("not_enough", { asset: o.asset });
  return button({ class: "primary wide", testid: "pay", disabled: !o.enough, text, on: { click: (e) => pay(v, o, e.currentTarget) } });
}

function expiry(v) {
  if (!v.expires_at) return null;
  const left = h("span", { text: format.countdown(v.expires_at) });
  ticking = setInterval(() => {
    left.textContent = format.countdown(v.expires_at);
    if (v.expires_at <= Date.now()) draw(v);
  }, 500);
  const [before, after] = t("open_for").split("{time}");
  return h("p", { class: "hint", role: "timer" }, icon("clock"), before, left, after);
}

async function pay(v, offer, el) {
  open.busy = true;
  el.disabled = true;
  el.classList.add("waits");
  const done = await attempt(() => post("pay", { as: state.as, ref: v.ref, asset: offer.asset }));
  if (!open) return done && thank(done);
  open.busy = false;
  open.shown = "";
  if (!done) return refresh();
  sheet.close();
  return thank(done);
}

// label is what the button back to the merchant says.
const label = (name) => t(["viewItem", "openChannel", "openBot"].includes(name) ? name : "callback");

// thank confirms the payment, and offers the way back to the merchant.
function thank(v) {
  const text = t("paid_to", { sum: `${format.amount(v.paid.amount)} ${v.paid.asset}`, app: v.app });
  const way = v.paid.button;
  const action = way && { text: label(way.name), testid: "paid-button", run: () => follow(way.url) };
  page.toast(v.paid.message ? `${text}. ${v.paid.message}` : text, { action, sign: "check" });
}

function paid(v) {
  if (!v.paid.mine) return [...bill(v), ...message("check", t("paid_by_other"), t("paid_by_other_words"))];
  const sum = `${format.amount(v.paid.amount)} ${v.paid.asset}`;
  const way = v.paid.button;
  return [...bill(v), ...message("check", t("paid"), t("paid_words", { sum, time: format.dateAndTime(v.paid.at) }), "good"),
    v.paid.message && h("p", { class: "hidden-message", text: v.paid.message }),
    way && button({ class: "primary wide", testid: "paid-button", text: label(way.name), on: { click: () => { sheet.close(); follow(way.url); } } })].filter(Boolean);
}

function check(v) {
  const sum = `${format.amount(v.amount)} ${v.asset}`;
  const head = h("div", { class: "bill" }, avatar(v.app, v.app, "big"), h("p", { class: "bill-app", text: t("check_from", { app: v.app }) }), h("h2", { id: "sheet-title", class: "bill-amount", text: sum }),
    v.pinned_to && h("p", { class: "bill-words", text: t("only_for", { name: v.pinned_to }) }));
  if (v.activated) return [head, ...message("check", t(v.mine ? "received" : "used"), t(v.mine ? "received_words" : "used_words"), v.mine ? "good" : "")];
  return [head, button({ class: "primary wide", testid: "activate", text: t("receive", { sum }), on: { click: () => take(v) } })];
}

async function take(v) {
  if (await attempt(() => post("activate", { as: state.as, ref: v.ref }))) sheet.close();
}
