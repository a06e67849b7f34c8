// The line above the chat that says who you are and what to press next.

import { button, byId, h, icon, same } from "./dom.js";
import { broken, openDrawer } from "./drawer.js";
import { me, page, state, theBot } from "./state.js";
import { lang, t } from "./words.js";

const box = byId("guide");
const kept = "sandbox-hints"; // in the browser's storage: "off" once they were closed

export function hintsOff() {
  try {
    return localStorage.getItem(kept) === "off";
  } catch {
    return false;
  }
}

function setHints(on) {
  try {
    localStorage.setItem(kept, on ? "on" : "off");
  } catch {
    // they come back with the next page
  }
  box.dataset.off = on ? "" : "off";
  showGuide();
}

export const toggleHints = () => setHints(box.hidden);

// step is the next thing to try: {text, action}.
function step() {
  const name = me().name.split(" ")[0];
  const owner = state.view.people.find((p) => p.owner);
  if (broken(state.view.faults)) return { text: t("hint_broken"), action: [t("break"), openDrawer] };
  if (me().owner) return { text: t("hint_owner", { name }), action: [t("break"), openDrawer] };
  if (state.messages.size === 0) return { text: t("hint_start", { name }) };
  if (owner && (state.view.wallet.history.some((m) => !m.in) || state.view.stars.payments.length > 0)) {
    return { text: t("hint_paid", { owner: owner.name }), action: [t("be", { name: owner.name }), () => page.become(owner.key, state.bot)] };
  }
  return { text: t("hint_buy", { name }) };
}

export function showGuide() {
  if (box.dataset.off === undefined) box.dataset.off = hintsOff() ? "off" : "";
  box.hidden = !theBot() || !me() || box.dataset.off === "off";
  if (box.hidden) return;
  const { text, action } = step();
  if (same(box, [text, lang()])) return;
  box.replaceChildren(
    icon("hint"), h("p", { testid: "hint", text }),
    action ? button({ class: "guide-action", testid: "hint-action", text: action[0], on: { click: action[1] } }) : "",
    button({ class: "icon-button", testid: "hint-close", "aria-label": t("hide_hints"), title: t("hide_hints"), on: { click: () => setHints(false) } }, icon("close")),
  );
}
