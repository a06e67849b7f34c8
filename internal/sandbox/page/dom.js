// Building DOM nodes. Text from outside becomes text nodes only.

// h makes an element. In props, class, text and testid are short forms, on holds listeners, data
// holds data-* attributes, true sets an attribute without a value, and false, null and undefined omit
// it.
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) set(el, name, value);
  el.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return el;
}

function set(el, name, value) {
  if (value === false || value === null || value === undefined) return;
  if (name === "class") el.className = value;
  else if (name === "text") el.textContent = value;
  else if (name === "testid") el.dataset.testid = value;
  else if (name === "data") Object.assign(el.dataset, value);
  else if (name === "on") for (const [type, f] of Object.entries(value)) el.addEventListener(type, f);
  else el.setAttribute(name, value === true ? "" : value);
}

export const byId = (id) => document.getElementById(id);

// button makes a button that does not submit a form.
export function button(props, ...children) {
  return h("button", { type: "button", ...props }, ...children);
}

const paths = {
  wallet: "M4 7.5A2.5 2.5 0 0 1 6.5 5H17a2 2 0 0 1 2 2v1M4 7.500v9A2.5 2.5 0 0 0 6.5 19H18a2 2 0 0 0 2-2v-7a2 2 0 0 0-2-2H6.500M16 13.500h.01",
  bolt: "M13 3 5 13.500h6L10 21l8.5-11h-6.200z",
  send: "M4.5 12 20 4.5 15.5 20l-3.7-6.300zM11.8 13.7 20 4.5",
  clip: "m19 11-7.4 7.400a4.6 4.6 0 0 1-6.5-6.500l7.7-7.700a3 3 0 0 1 4.3 4.300l-7.6 7.600a1.5 1.5 0 0 1-2.1-2.100l6.9-6.9",
  slash: "M15 5 9 19",
  close: "M6 6l12 12M18 6 6 18",
  down: "m6 9.5 6 6 6-6",
  file: "M7 3.500h7l4.5 4.500v11A1.5 1.5 0 0 1 17 20.500H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.500zM13.5 4v4.500H18",
  save: "M12 4v11m0 0 4.5-4.500M12 15l-4.5-4.500M5 19.500h14",
  copy: "M9 9V5.500A1.5 1.5 0 0 1 10.5 4h8A1.5 1.5 0 0 1 20 5.500v8a1.5 1.5 0 0 1-1.5 1.500H15M5.5 9h8A1.5 1.5 0 0 1 15 10.500v8a1.5 1.5 0 0 1-1.5 1.500h-8A1.5 1.5 0 0 1 4 18.500v-8A1.5 1.5 0 0 1 5.5 9z",
  out: "M9 6h9v9M18 6 6.5 17.5",
  check: "m5 12.5 4.5 4.500L19 7.5",
  clock: "M12 7.500V12l3 2M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0z",
  ban: "M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0zM6 6l12 12",
  pin: "M9 4h6l-.8 6 2.8 3.500H7L9.8 10zM12 13.500V20",
  in: "M12 5v14m0 0 5.5-5.500M12 19l-5.5-5.5",
  people: "M9 11.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 19.500c0-3.500 2.700-5.500 6-5.500s6 2 6 5.500M15.500 5a3.500 3.500 0 0 1 0 6.500M17 14.300c2.400.7 4 2.500 4 5.200",
  hint: "M12 17.500v.01M9.2 9.500a2.8 2.8 0 1 1 4.2 2.400c-.9.5-1.4 1.100-1.4 2.100M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0z",
  find: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.500 20 20",
  reply: "M9.5 7 4.5 12l5 5M5 12h9a5 5 0 0 1 5 5v1",
};

// icon draws one of the outlines above, hidden from screen readers.
export function icon(name) {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const path = document.createElementNS(ns, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

// same reports whether nothing has changed since it was last asked, so that buttons keep the focus.
export function same(box, data) {
  const key = JSON.stringify(data);
  if (box.dataset.shown === key) return true;
  box.dataset.shown = key;
  return false;
}

// fill replaces the content of a dialog, but keeps the notes shown in it.
export function fill(dialog, ...children) {
  const notices = byId("notices");
  dialog.replaceChildren(...children.filter(Boolean), ...(dialog.contains(notices) ? [notices] : []));
}

const hues = { alice: 14, boris: 212, oksana: 48, carmen: 338, jonas: 150, olga: 276 };

// avatar is a disc with an initial, in a color derived from the key.
export function avatar(key, name, extra = "") {
  let hue = hues[key];
  if (hue === undefined) hue = [...key].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 360, 170);
  const el = h("span", { class: `avatar ${extra}`, "aria-hidden": "true", text: [...name.trim()][0] ?? "?" });
  el.style.setProperty("--hue", hue);
  return el;
}

// openModal shows a dialog. Escape, its close buttons and a click beside it close it, and the focus
// returns to where it was.
export function openModal(dialog) {
  if (dialog.open) return;
  if (!dialog.dataset.wired) {
    dialog.dataset.wired = "yes";
    dialog.addEventListener("click", (e) => {
      const box = dialog.getBoundingClientRect();
      const within = e.clientX >= box.left && e.clientX <= box.right && e.clientY >= box.top && e.clientY <= box.bottom;
      if (e.target === dialog && !within) dialog.close();
    });
  }
  dialog.showModal();
}
