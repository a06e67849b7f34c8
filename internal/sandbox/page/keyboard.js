// Inline keyboards.

import { post } from "./api.js";
import { h, icon } from "./dom.js";
import { classify, follow } from "./links.js";
import { actor, attempt, page, pressKey, state } from "./state.js";
import { copy } from "./text.js";

export function keyboard(message) {
  const buttons = message.buttons ?? (message.content?.invoice && [[{ text: `Pay ⭐ ${message.content.invoice.total_amount}`, pay: true }]]);
  if (!buttons) return null;
  const rows = buttons.map((row) => h("div", { class: "row" }, row.map((b) => keyButton(message.id, b))));
  return h("div", { class: "keyboard", role: "group", "aria-label": "Buttons of the message" }, rows);
}

function keyButton(id, b) {
  const { kind, sign } = nature(b);
  const props = {
    type: "button", class: `key ${b.style ?? ""}`, testid: "button", data: { kind }, disabled: b.disabled,
    on: { click: () => press(id, b) },
  };
  if (kind === "callback") props.data.press = pressKey(id, b.data);
  return h("button", props, h("span", { text: b.text }), sign && icon(sign));
}

function nature(b) {
  if (b.disabled) return { kind: "disabled" };
  if (b.data) return { kind: "callback" };
  if (b.pay) return { kind: "invoice" };
  if (b.copy) return { kind: "copy", sign: "copy" };
  const address = b.url ?? b.web_app;
  const to = address && classify(address);
  if (to?.kind === "invoice" || to?.kind === "check") return { kind: to.kind, sign: "wallet" };
  return { kind: address ? "url" : "other", sign: "out" };
}

function press(id, b) {
  if (b.data) return tap(id, b.data);
  if (b.pay) return attempt(() => post("stars", { ...actor(), message: id }));
  if (b.copy) return copy(b.copy);
  if (b.url ?? b.web_app) return follow(b.url ?? b.web_app);
  return page.toast("This button does nothing in the sandbox", { bad: true });
}

async function tap(message, data) {
  const key = pressKey(message, data);
  if (state.pressed.has(key)) return;
  state.pressed.add(key);
  markWaiting();
  await attempt(async () => {
    try {
      await post("tap", { ...actor(), message, data });
    } catch (e) {
      state.pressed.delete(key);
      markWaiting();
      throw e;
    }
  });
}

const pressTimeout = 20_000; // how long a button shows that it waits, as in the server

let timer;

// markWaiting marks the buttons that wait for their answer.
export function markWaiting() {
  for (const el of document.querySelectorAll("[data-press]")) {
    const waits = state.pressed.has(el.dataset.press);
    el.classList.toggle("waits", waits);
    el.setAttribute("aria-busy", waits);
  }
  clearTimeout(timer);
  if (state.pressed.size > 0) {
    timer = setTimeout(() => {
      state.pressed.clear();
      markWaiting();
    }, pressTimeout);
  }
}
