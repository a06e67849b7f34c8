// Inline keyboards.

import { post } from "./api.js";
import { h, icon } from "./dom.js";
import { classify, follow } from "./links.js";
import { actor, attempt, page, pressKey, state } from "./state.js";
import { copy } from "./text.js";
import { t } from "./words.js";

export function keyboard(message) {
  const buttons = message.buttons ?? (message.content?.invoice && [[{ text: t("pay_stars", { n: message.content.invoice.total_amount }), pay: true }]]);
  if (!buttons) return null;
  const rows = buttons.map((row) => h("div", { class: "row" }, row.map((b) => keyButton(message.id, b))));
  return h("div", { class: "keyboard", role: "group", "aria-label": t("buttons") }, rows);
}

function keyButton(id, b) {
  const { kind, sign } = nature(b);
  const props = {
    type: "button", class: `key ${b.style ?? ""}`, testid: "button", data: { kind }, disabled: b.disabled, title: b.text,
    on: { click: () => press(id, b) },
  };
  if (kind === "callback") props.data.press = pressKey(id, b.data);
  return h("button", props, h("span", { text: b.text }), sign && icon(sign));
}

function nature(b) {
  if (b.disabled) return { kind: "disabled" };
  if (b.data) return { kind: "callback" };
  if (b.pay) return { kind: "stars" };
  if (b.copy) return { kind: "copy", sign: "copy" };
  if (b.inline ?? b.inline_in) return { kind: "inline", sign: "find" };
  const address = b.url ?? b.web_app;
  const to = address && classify(address);
  if (to?.kind === "stars") return { kind: "stars" };
  if (to?.kind === "invoice" || to?.kind === "check") return { kind: to.kind, sign: "wallet" };
  return { kind: address ? "url" : "other", sign: "out" };
}

function press(id, b) {
  if (b.data) return tap(id, b.data);
  if (b.pay) return page.openStars({ message: id });
  if (b.copy) return copy(b.copy);
  if (b.url ?? b.web_app) return follow(b.url ?? b.web_app);
  if (b.inline_in) return page.askInline(b.inline_in.slice(1));
  if (b.inline) {
    page.askInline(b.inline.slice(1));
    return page.toast(t("chat_choice"));
  }
  return page.toast(t("no_effect"), { bad: true });
}

async function tap(message, data) {
  const key = pressKey(message, data);
  if (state.pressed.has(key)) return;
  state.pressed.add(key);
  state.mine.add(key);
  markWaiting();
  await attempt(async () => {
    try {
      await post("tap", { ...actor(), message, data });
    } catch (e) {
      state.pressed.delete(key);
      state.mine.delete(key);
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
