// Short notes that fade, and dialogs that wait for an OK.

import { byId, button, fill, h, icon, openModal } from "./dom.js";

const box = byId("notices");

// toast shows a note. options: bad for an error; action {text, testid, run} for a button, which keeps
// the note until it is used or closed.
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
      button({ class: "icon-button", "aria-label": "Close", on: { click: close } }, icon("close")),
    );
    el.addEventListener("keydown", (e) => e.key === "Escape" && close());
  }
  host().append(box);
  while (box.childElementCount >= 3) box.firstElementChild.remove();
  box.append(el);
  setTimeout(close, action ? 30_000 : 4000);
  return el;
}

// host is where notes are visible: in the topmost dialog, or else the chat.
const host = () => [...document.querySelectorAll("dialog:modal")].at(-1) ?? byId("chat");

document.addEventListener("close", () => host().append(box), true);

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
    button({ class: "primary", testid: "alert-ok", text: "OK", on: { click: () => dialog.close() } }),
  );
  openModal(dialog);
}

byId("alert").addEventListener("close", next);
