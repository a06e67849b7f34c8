// The drawer with the fault switches: beside the chat or below it, so that a fault and what comes of
// it are seen together. It is built once for each language and then updated, so typed text stays.

import { post } from "./api.js";
import { button, byId, h, icon } from "./dom.js";
import * as format from "./format.js";
import { actor, attempt, me, page, state } from "./state.js";
import { onSpeak, t } from "./words.js";

const drawer = byId("drawer");
const updates = []; // functions that update a control from (faults, app)
let appKey = ""; // of the selected app

const flip = (name, more) => attempt(() => post("break", { ...actor(), app: appKey, name, ...more }));

export const toggleDrawer = () => (drawer.open ? drawer.close() : openDrawer());

export function openDrawer() {
  if (!drawer.open) drawer.show();
  drawer.querySelector("[data-testid=break-close]").focus();
  opened();
}

function opened() {
  document.body.classList.toggle("drawer-open", drawer.open);
  document.querySelector("[data-testid=break-open]")?.setAttribute("aria-expanded", drawer.open);
}
drawer.addEventListener("close", () => {
  opened();
  document.querySelector("[data-testid=break-open]").focus();
});
drawer.addEventListener("keydown", (e) => e.key === "Escape" && drawer.close());

// theApp is the app whose settings are shown.
const theApp = (faults) => faults.apps.find((a) => a.key === appKey) ?? faults.apps[0];

// broken counts the active faults.
export function broken(f) {
  const app = theApp(f);
  return [f.lose_webhooks, f.repeat_webhooks > 0, f.delay_webhooks > 0, f.flood, f.real_limits, f.frozen, f.lose_checkouts, f.delay_checkouts > 0, f.repeat_checkouts > 0, f.fail_payments,
    f.lose_payments, f.repeat_payments > 0, f.refund_days > 0, f.gram, f.outage !== "", f.blocked, f.unstarted, app?.transfers_off]
    .filter(Boolean).length;
}

export function showDrawer() {
  const { faults } = state.view;
  const app = theApp(faults);
  appKey = app?.key ?? "";
  for (const update of updates) update(faults, app);
}

// toggle is a switch; its texts are named as it is. They may hold the person's name.
function toggle(name, isOn) {
  const input = h("input", { type: "checkbox", role: "switch", class: "switch", testid: `switch-${name}`, on: { change: () => flip(name, { on: input.checked }) } });
  const words = h("b");
  updates.push((f, app) => {
    input.checked = isOn(f, app);
    words.textContent = t(name, { name: me()?.name.split(" ")[0] });
  });
  return h("label", { class: "setting" }, h("span", { class: "setting-words" }, words, h("small", { text: t(`${name}_words`) })), input);
}

function number(name, limit) {
  const input = h("input", { type: "number", min: "0", max: limit, step: "any", inputmode: "decimal", testid: `switch-${name}`, on: { change: () => flip(name, { value: Number(input.value) }) } });
  updates.push((f) => {
    if (document.activeElement !== input) input.value = f[name];
  });
  return h("label", { class: "setting" }, h("span", { class: "setting-words" }, h("b", { text: t(name) }), h("small", { text: t(`${name}_words`) })), input);
}

function outage() {
  return h("fieldset", { class: "setting modes" }, h("legend", { text: t("outage") }), ["", "down", "mute", "revoked"].map((mode) => {
    const input = h("input", { type: "radio", name: "outage", value: mode, testid: `outage-${mode || "none"}`, on: { change: () => flip("outage", { mode }) } });
    updates.push((f) => (input.checked = f.outage === mode));
    return h("label", {}, input, h("span", { text: t(`outage_${mode || "none"}`) }));
  }));
}

function appChoice() {
  const select = h("select", { testid: "app", "aria-label": t("app"), on: { change: () => { appKey = select.value; showDrawer(); } } });
  const box = h("div", { class: "setting", hidden: true }, select);
  updates.push((f) => {
    box.hidden = f.apps.length < 2;
    select.replaceChildren(...f.apps.map((a) => h("option", { value: a.key, text: a.name })));
    select.value = appKey;
  });
  return box;
}

function webhook() {
  const input = h("input", { type: "url", id: "webhook-url", testid: "webhook-url", placeholder: t("webhook_none"), spellcheck: "false", autocomplete: "off" });
  const off = h("p", { class: "hint bad", hidden: true });
  const save = (e) => {
    e.preventDefault();
    attempt(async () => {
      await post("webhook", { app: appKey, url: input.value.trim() });
      page.toast(t("saved"));
    });
  };
  updates.push((f, app) => {
    if (document.activeElement !== input) input.value = app?.webhook ?? "";
    off.hidden = !app?.off_reason;
    off.textContent = t("webhook_off", { reason: app?.off_reason });
  });
  return h("form", { class: "setting stacked", novalidate: true, on: { submit: save } },
    h("label", { for: "webhook-url" }, h("b", { text: t("webhook") }), h("small", { text: t("webhook_words") })),
    h("div", { class: "joined" }, input, h("button", { type: "submit", testid: "webhook-save", text: t("save") })), off);
}

function resend() {
  const el = button({ class: "secondary wide", testid: "resend", text: t("resend"), on: { click: () => attempt(() => post("resend", { app: appKey })) } });
  updates.push((f, app) => (el.disabled = !app?.paid));
  return el;
}

// attempts is the log of webhooks: it scrolls within itself and stands last, so the switches stay
// where they are.
function attempts() {
  const box = h("ol", { class: "attempts", tabindex: "0", "aria-label": t("log") });
  updates.push((f, app) => {
    const list = app?.attempts ?? [];
    const key = JSON.stringify(list);
    if (box.dataset.shown === key) return;
    box.dataset.shown = key;
    box.replaceChildren(...(list.length ? list.map(attemptLine) : [h("li", { class: "hint", text: t("no_log") })]));
  });
  return box;
}

function attemptLine(a) {
  const fine = !a.error;
  return h("li", { testid: "delivery", class: fine ? "fine" : "bad" },
    h("span", { class: "attempt-status", text: a.status || (a.attempt ? "–" : t("lost")) }),
    h("span", { text: t(a.attempt > 1 ? "log_again" : "log_invoice", { n: a.invoice, attempt: a.attempt }) }),
    h("time", { text: format.timeWithSeconds(new Date(a.at)) }),
    a.error && a.attempt > 0 && !a.status && h("small", { text: a.error }));
}

// mend resets all faults of the user and the app.
async function mend() {
  for (const name of ["lose_webhooks", "flood", "real_limits", "frozen", "lose_checkouts", "fail_payments", "lose_payments", "gram", "blocked", "unstarted", "transfers_off"]) {
    const input = drawer.querySelector(`[data-testid="switch-${name}"]`);
    if (input.checked) await flip(name, { on: false });
  }
  for (const name of ["repeat_webhooks", "delay_webhooks", "delay_checkouts", "repeat_checkouts", "repeat_payments", "refund_days"]) await flip(name, { value: 0 });
  await flip("outage", { mode: "" });
}

const section = (title, ...rows) => h("section", {}, h("h3", { class: "label", text: title }), rows);

onSpeak(() => {
  updates.length = 0;
  drawer.replaceChildren(
    h("header", { class: "sheet-head" }, h("h2", { id: "drawer-title" }, icon("bolt"), h("span", { text: t("break") })),
      button({ class: "secondary small", testid: "mend", text: t("mend"), on: { click: mend } }),
      button({ class: "icon-button", testid: "break-close", "aria-label": t("close"), on: { click: () => drawer.close() } }, icon("close"))),
    h("div", { class: "drawer-body" },
      section(t("webhooks"), appChoice(),
        toggle("lose_webhooks", (f) => f.lose_webhooks), number("repeat_webhooks", "100"), number("delay_webhooks", "86400"), resend()),
      section("Telegram",
        toggle("flood", (f) => f.flood), toggle("real_limits", (f) => f.real_limits), toggle("frozen", (f) => f.frozen),
        toggle("blocked", (f) => f.blocked)),
      section("Telegram Stars",
        toggle("lose_checkouts", (f) => f.lose_checkouts), number("delay_checkouts", "86400"), number("repeat_checkouts", "100"),
        toggle("fail_payments", (f) => f.fail_payments), toggle("lose_payments", (f) => f.lose_payments), number("repeat_payments", "100"), number("refund_days", "3650")),
      section("Crypto Pay", outage(),
        toggle("gram", (f) => f.gram), toggle("transfers_off", (f, app) => app?.transfers_off ?? false), toggle("unstarted", (f) => f.unstarted)),
      section(t("log"), webhook(), attempts())),
  );
});
