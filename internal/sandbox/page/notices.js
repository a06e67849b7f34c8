// Short notes that fade, and dialogs that wait for an OK.

import { byId, button, fill, h, icon, openModal } from "./dom.js";
import { t } from "./words.js";

const box = byId("notices");

// toast shows a note in the place of the one before, between the chat and the message field, so that
// it covers neither. options: bad for an error; action {text, testid, run} for a button, which keeps
// the note longer.
export function toast(text, { bad = false, action = null, sign = null } = {}) {
  const el = h("div", { class: `toast${bad ? " bad" : ""}`, testid: "toast" }, sign && icon(sign), h("span", { text }));
  const close = () => el.remove();
  if (action) {
    const act = () => {
      close();
      action.run();
    };
    el.append(
      button({ class: "toast-action", testid: action.testid, text: action.text, on: { click: act } }),
      button({ class: "icon-button", "aria-label": t("close"), on: { click: close } }, icon("close")),
    );
    el.addEventListener("keydown", (e) => e.key === "Escape" && close());
  }
  place();
  box.replaceChildren(el);
  setTimeout(close, action ? 30_000 : 4000);
  return el;
}

// place moves the notes to where they are visible: the end of the topmost dialog, or else the chat.
function place() {
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  if (dialog) dialog.append(box);
  else byId("composer").before(box);
}

document.addEventListener("close", place, true);

// clear removes the notes: their buttons belong to the previous user.
export const clear = () => box.replaceChildren();

const waiting = [];

// alertBox shows dialogs with an OK, one after another.
export function alertBox(text, from) {
  waiting.push({ text, from });
  next();
}

function next() {
  const dialog = byId("alert");
  if (dialog.open || waiting.length === 0) return;
  const { text, from } = waiting.shift();
  fill(
    dialog,
    h("h2", { text: from }),
    h("p", { id: "alert-text", text }),
    button({ class: "primary", testid: "alert-ok", text: t("ok"), on: { click: () => dialog.close() } }),
  );
  openModal(dialog);
}

byId("alert").addEventListener("close", next);
