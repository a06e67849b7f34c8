// Stars: the sheet that pays an invoice, and their part of the wallet.

import { get, post } from "./api.js";
import { avatar, button, byId, fill, h, icon, openModal } from "./dom.js";
import * as format from "./format.js";
import { actor, attempt, page, state } from "./state.js";
import { errorText, lang, t } from "./words.js";

const sheet = byId("stars");
const portion = 1000; // Stars that one press buys
let open = null; // {message or ref, bill, checkout} of what is shown; checkout: id of the payment

const count = (n) => format.amount(String(n));
const stars = (n) => `⭐ ${count(n)}`;

// openStars shows the sheet of an invoice: {message: id} or {ref: link}.
export async function openStars(what) {
  const asked = { ...what };
  open = asked;
  try {
    asked.bill = await get("stars", { ...actor(), ...what });
  } catch (e) {
    asked.missing = errorText(e);
  }
  if (open !== asked) return;
  asked.drawn = true;
  refreshStars();
  openModal(sheet);
  sheet.querySelector(".primary:not(:disabled), .icon-button").focus();
}

sheet.addEventListener("close", () => {
  if (open?.drawn) open = null; // else it is the next one, opened before this event came
});

// refreshStars draws the sheet again after a view. A payment that is made closes it.
export function refreshStars() {
  if (!open || !(open.bill || open.missing)) return;
  const checkout = state.view.stars.checkouts.find((c) => c.id === open.checkout);
  if (checkout?.state === "paid") {
    page.toast(t("stars_paid", { n: checkout.stars }), { sign: "check" });
    sheet.close();
    return;
  }
  const shown = JSON.stringify([open.bill, open.missing, open.checkout, checkout, state.view.stars.balance, lang()]);
  if (open.shown === shown) return;
  open.shown = shown;
  draw(checkout);
}

function draw(checkout) {
  const focused = sheet.contains(document.activeElement) && document.activeElement.dataset.testid;
  fill(
    sheet,
    h("header", { class: "sheet-head" },
      h("span", { class: "sheet-brand", text: t("stars_have", { n: count(state.view.stars.balance) }) }),
      closeButton(sheet, "stars-close")),
    ...(open.missing ? verdict("ban", t("nothing_to_pay"), open.missing) : [bill(open.bill), ...outcome(checkout)]),
  );
  if (focused) (sheet.querySelector(`[data-testid="${focused}"]:not(:disabled)`) ?? sheet.querySelector(".icon-button")).focus();
}

export const closeButton = (dialog, testid) =>
  button({ class: "icon-button", testid, "aria-label": t("close"), on: { click: () => dialog.close() } }, icon("close"));

function bill(v) {
  return h("div", { class: "bill" },
    avatar(v.bot, v.bot, "big"),
    h("p", { class: "bill-app", text: v.bot }),
    h("h2", { id: "stars-title", class: "bill-amount", testid: "stars-amount", text: stars(v.stars) }),
    h("p", { class: "bill-app", text: v.title }),
    h("p", { class: "bill-words", text: v.description }),
    v.subscription && h("p", { class: "bill-words", text: t("every_30_days") }));
}

function verdict(sign, title, text) {
  return [h("div", { class: "verdict bad", testid: "stars-verdict" }, h("span", { class: "verdict-sign" }, icon(sign)), h("h2", { text: title }), h("p", { text }))];
}

// outcome is what can be done, or what has come of it.
function outcome(checkout) {
  switch (checkout?.state) {
    case "refused": return verdict("ban", t("stars_refused"), checkout.text);
    case "expired": return [...verdict("clock", t("stars_expired"), t("stars_expired_words")), payStars()];
    case "failed": return [...verdict("ban", t("stars_failed"), t("stars_failed_words")), payStars()];
    default: return [payStars()];
  }
}

function payStars() {
  const { bill: v } = open;
  const missing = v.stars - state.view.stars.balance;
  const checkout = state.view.stars.checkouts.find((c) => c.id === open.checkout);
  const waits = open.busy || checkout?.state === "pending";
  if (missing > 0 && !waits) return h("div", { class: "stars-short" }, h("p", { class: "hint bad", testid: "stars-short", text: t("stars_short", { n: missing }) }), buy(Math.max(portion, missing), "primary wide"));
  return button({ class: `primary wide${waits ? " waits" : ""}`, testid: "stars-pay", disabled: waits, "aria-busy": String(!!waits), text: t("pay_stars", { n: count(v.stars) }), on: { click: pay } });
}

async function pay() {
  const asked = open;
  asked.busy = true;
  asked.shown = "";
  refreshStars();
  const { message = 0, ref = "" } = asked;
  const started = await attempt(() => post("stars", { ...actor(), message, ref }));
  asked.busy = false;
  asked.checkout = started?.id;
  asked.shown = "";
  if (open === asked) refreshStars();
}

function buy(n, look) {
  return button({ class: look, testid: "stars-buy", text: t("buy_stars", { n: count(n) }), on: { click: () => attempt(() => post("buystars", { as: state.as, value: n })) } });
}

// starsOfWallet is the part of the wallet that holds Stars, payments and subscriptions.
export function starsOfWallet() {
  const v = state.view.stars;
  return h("section", { class: "stars-part" },
    h("div", { class: "stars-line" }, h("b", { testid: "stars-balance", text: stars(v.balance) }), buy(portion, "secondary small")),
    v.subscriptions.length > 0 && h("h3", { class: "label", text: t("subscriptions") }),
    v.subscriptions.length > 0 && h("ul", { class: "history" }, v.subscriptions.map(subscription)),
    v.payments.length > 0 && h("h3", { class: "label", text: t("stars_payments") }),
    v.payments.length > 0 && h("ul", { class: "history" }, v.payments.map(payment)));
}

function payment(p) {
  return h("li", { testid: "stars-entry" },
    h("span", { class: `way ${p.refunded ? "in" : "out"}` }, icon("in")),
    h("span", { class: "offer-words" }, h("b", { text: `${stars(p.stars)} · ${p.title}` }),
      h("small", { text: [format.dateAndTime(p.at), p.refunded && t("stars_back")].filter(Boolean).join(" · ") })));
}

// What can be done with a subscription in each state; it renews by hand alone.
const deeds = { active: ["renew", "fail", "cancel"], failed: ["renew"], canceled: ["resume"], bot_canceled: [] };

function subscription(s) {
  const act = (what) => attempt(() => post("subscription", { ...actor(), charge: s.charge, do: what }));
  return h("li", { class: "stacked", testid: "subscription", data: { state: s.state } },
    h("span", { class: "offer-words" }, h("b", { text: `${s.title} · ${stars(s.stars)}` }),
      h("small", { text: `${t(`sub_${s.state}`)} · ${t("until", { time: format.dateAndTime(s.until) })}` })),
    deeds[s.state].length > 0 && h("span", { class: "deeds" }, deeds[s.state].map((what) =>
      button({ class: "secondary small", testid: `sub-${what}`, text: t(`sub_${what}`), on: { click: () => act(what) } }))));
}
