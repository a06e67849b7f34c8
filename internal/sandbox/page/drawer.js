// The drawer with the fault switches. It is built once and then updated, so typed text stays.

import { post } from "./api.js";
import { button, byId, h, icon } from "./dom.js";
import * as format from "./format.js";
import { actor, attempt, me, page, state } from "./state.js";

const drawer = byId("drawer");
const wide = matchMedia("(min-width: 1180px)");
const updates = []; // functions that update a control from (faults, app)
let appKey = ""; // of the selected app

const flip = (name, more) => attempt(() => post("break", { ...actor(), app: appKey, name, ...more }));

export function toggleDrawer() {
  if (drawer.open) drawer.close();
  else if (wide.matches) drawer.show();
  else drawer.showModal();
  drawer.querySelector("[data-testid=break-close]").focus();
  opened();
}

const opened = () => {
  document.body.classList.toggle("drawer-open", drawer.open);
  document.querySelector("[data-testid=break-open]").setAttribute("aria-expanded", drawer.open);
};
drawer.addEventListener("close", () => {
  opened();
  document.querySelector("[data-testid=break-open]").focus();
});
drawer.addEventListener("keydown", (e) => e.key === "Escape" && drawer.close());
drawer.addEventListener("click", (e) => {
  if (e.target === drawer && e.offsetX < 0) drawer.close();
});
wide.addEventListener("change", () => drawer.open && drawer.close());

// theApp is the app whose settings are shown.
const theApp = (faults) => faults.apps.find((a) => a.key === appKey) ?? faults.apps[0];

// broken counts the active faults.
export function broken(t) {
  const app = theApp(t);
  return [t.lose_webhooks, t.repeat_webhooks > 0, t.delay_webhooks > 0, t.flood, t.real_limits, t.frozen, t.gram, t.outage !== "", t.blocked, t.unstarted, app?.transfers_off]
    .filter(Boolean).length;
}

export function showDrawer() {
  const { faults } = state.view;
  const app = theApp(faults);
  appKey = app?.key ?? "";
  for (const update of updates) update(faults, app);
}

function toggle(name, label, hint, isOn) {
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", testid: `switch-${name}`, on: { change: () => flip(name, { on: input.checked }) } });
  const words = h("b");
  updates.push((t, app) => {
    input.checked = isOn(t, app);
    words.textContent = typeof label === "function" ? label() : label;
  });
  return h("label", { class: "setting" }, h("span", { class: "setting-words" }, words, h("small", { text: hint })), input);
}

function number(name, label, hint, valueOf, limit) {
  const input = h("input", { type: "number", min: "0", max: limit, step: "any", inputmode: "decimal", testid: `switch-${name}`, on: { change: () => flip(name, { value: Number(input.value) }) } });
  updates.push((t) => {
    if (document.activeElement !== input) input.value = valueOf(t);
  });
  return h("label", { class: "setting" }, h("span", { class: "setting-words" }, h("b", { text: label }), h("small", { text: hint })), input);
}

function outage() {
  const modes = [["", "Works"], ["down", "Down: every call is a 502"], ["mute", "Does the work, loses the answer"], ["revoked", "Token revoked: every call is a 401"]];
  return h("fieldset", { class: "setting modes" }, h("legend", { text: "Crypto Pay’s API" }), modes.map(([mode, text]) => {
    const input = h("input", { type: "radio", name: "outage", value: mode, testid: `outage-${mode || "none"}`, on: { change: () => flip("outage", { mode }) } });
    updates.push((t) => (input.checked = t.outage === mode));
    return h("label", {}, input, h("span", { text }));
  }));
}

function appChoice() {
  const select = h("select", { testid: "app", "aria-label": "App", on: { change: () => { appKey = select.value; showDrawer(); } } });
  const box = h("div", { class: "setting", hidden: true }, select);
  updates.push((t) => {
    box.hidden = t.apps.length < 2;
    select.replaceChildren(...t.apps.map((a) => h("option", { value: a.key, text: a.name })));
    select.value = appKey;
  });
  return box;
}

function webhook() {
  const input = h("input", { type: "url", id: "webhook-url", testid: "webhook-url", placeholder: "empty: the shop polls instead", spellcheck: "false", autocomplete: "off" });
  const off = h("p", { class: "hint bad", hidden: true });
  const save = (e) => {
    e.preventDefault();
    attempt(async () => {
      await post("webhook", { app: appKey, url: input.value.trim() });
      page.toast("Webhook address saved");
    });
  };
  updates.push((t, app) => {
    if (document.activeElement !== input) input.value = app?.webhook ?? "";
    off.hidden = !app?.off_reason;
    off.textContent = `Switched off by Crypto Pay: ${app?.off_reason}`;
  });
  return h("form", { class: "setting stacked", novalidate: true, on: { submit: save } },
    h("label", { for: "webhook-url" }, h("b", { text: "Webhook address" }), h("small", { text: "as typed into @CryptoBot" })),
    h("div", { class: "joined" }, input, h("button", { type: "submit", testid: "webhook-save", text: "Save" })), off);
}

function resend() {
  const el = button({ class: "secondary wide", testid: "resend", text: "Send the last webhook again", on: { click: () => attempt(() => post("resend", { app: appKey })) } });
  updates.push((t, app) => (el.disabled = !app?.paid));
  return el;
}

function attempts() {
  const box = h("ol", { class: "attempts" });
  updates.push((t, app) => {
    const list = app?.attempts ?? [];
    const key = JSON.stringify(list);
    if (box.dataset.shown === key) return;
    box.dataset.shown = key;
    box.replaceChildren(...(list.length ? list.map(attemptLine) : [h("li", { class: "hint", text: "No webhook has been sent yet." })]));
  });
  return box;
}

function attemptLine(a) {
  const fine = !a.error;
  return h("li", { testid: "delivery", class: fine ? "fine" : "bad" },
    h("span", { class: "attempt-status", text: a.status || (a.attempt ? "–" : "lost") }),
    h("span", { text: `Invoice ${a.invoice}${a.attempt > 1 ? `, attempt ${a.attempt}` : ""}` }),
    h("time", { text: format.timeWithSeconds(new Date(a.at)) }),
    a.error && a.attempt > 0 && !a.status && h("small", { text: a.error }));
}

// mend resets all faults of the user and the app.
async function mend() {
  for (const name of ["lose_webhooks", "flood", "real_limits", "frozen", "gram", "blocked", "unstarted", "transfers_off"]) {
    const input = drawer.querySelector(`[data-testid="switch-${name}"]`);
    if (input.checked) await flip(name, { on: false });
  }
  await flip("repeat_webhooks", { value: 0 });
  await flip("delay_webhooks", { value: 0 });
  await flip("outage", { mode: "" });
}

const name = () => me()?.name.split(" ")[0] ?? "This person";

drawer.append(
  h("header", { class: "sheet-head" }, h("h2", { id: "drawer-title" }, icon("bolt"), h("span", { text: "Break things" })),
    button({ class: "icon-button", testid: "break-close", "aria-label": "Close", on: { click: () => drawer.close() } }, icon("close"))),
  h("div", { class: "drawer-body" },
    h("section", {}, h("h3", { class: "label", text: "Webhooks of Crypto Pay" }),
      appChoice(), webhook(),
      toggle("lose_webhooks", "Lose webhooks", "payments are never announced", (t) => t.lose_webhooks),
      number("repeat_webhooks", "Repeat webhooks", "extra times, all at once", (t) => t.repeat_webhooks, "100"),
      number("delay_webhooks", "Delay webhooks", "seconds before the first attempt", (t) => t.delay_webhooks, "86400"),
      resend(), attempts()),
    h("section", {}, h("h3", { class: "label", text: "Telegram" }),
      toggle("flood", "Too many requests", "429 to everything that sends", (t) => t.flood),
      toggle("real_limits", "Real rate limits", "one message a second in a chat, short bursts", (t) => t.real_limits),
      toggle("frozen", "Bot frozen", "400 FROZEN_METHOD_INVALID to everything that sends", (t) => t.frozen),
      toggle("blocked", () => `${name()} blocks the bot`, "nothing can be sent to this person", (t) => t.blocked)),
    h("section", {}, h("h3", { class: "label", text: "Crypto Pay" }),
      outage(),
      toggle("gram", "TON is called GRAM", "as since June 2026, in every list and balance", (t) => t.gram),
      toggle("transfers_off", "Transfers disabled", "the app cannot send coins back", (t, app) => app?.transfers_off ?? false),
      toggle("unstarted", () => `${name()} never started @CryptoBot`, "transfers cannot find this person", (t) => t.unstarted)),
    button({ class: "secondary wide", testid: "mend", text: "Mend everything", on: { click: mend } })),
);
