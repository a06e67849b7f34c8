// The message field: text, files, commands, and the bot's reply keyboard.

import { post, upload } from "./api.js";
import { byId, button, h, icon } from "./dom.js";
import * as format from "./format.js";
import { actor, attempt, page, say, state, theBot } from "./state.js";

const box = byId("composer");
const drop = byId("drop");
let attached = null; // the File to send with the next message
let kind = "document"; // what it is sent as

const field = h("textarea", {
  id: "text", testid: "composer", rows: "1", placeholder: "Message", "aria-label": "Message", autocomplete: "off", enterkeyhint: "send", dir: "auto",
});
const picker = h("input", { type: "file", testid: "attach-input", hidden: true, tabindex: "-1" });
const chip = h("div", { class: "chip", hidden: true, testid: "attachment" });
const menu = h("div", { class: "menu", id: "menu", role: "group", "aria-label": "Commands", hidden: true, testid: "commands-menu" });
const slash = button({ class: "icon-button", testid: "commands", "aria-label": "Commands", "aria-expanded": "false", "aria-controls": "menu", on: { click: () => toggleMenu() } }, icon("slash"));
const clip = button({ class: "icon-button", testid: "attach", "aria-label": "Attach", "aria-controls": "menu", on: { click: () => openAttachments() } }, icon("clip"));
const reply = h("div", { class: "reply", role: "group", "aria-label": "Suggested answers", hidden: true });
const unblock = button({ class: "primary wide", testid: "unblock", hidden: true, text: "Unblock the bot", on: { click: () => attempt(() => post("break", { ...actor(), name: "blocked", on: false })) } });
const line = h("form", { class: "line", on: { submit: send } },
  slash,
  h("div", { class: "field" }, field),
  clip, picker,
  h("button", { type: "submit", class: "send", testid: "send", "aria-label": "Send" }, icon("send")));

box.append(menu, chip, line, unblock, reply);

// showComposer updates everything from the view.
export function showComposer() {
  const { commands, blocked } = state.view;
  line.hidden = blocked;
  unblock.hidden = !blocked;
  slash.hidden = commands.length === 0;
  if (slash.hidden) closeMenu();
  showReplies();
  showInline();
}

export function focusComposer() {
  if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
}

async function send(e) {
  e?.preventDefault();
  const text = field.value.trim();
  const file = attached;
  const as = kind;
  if (!text && !file) return;
  clear();
  const sent = await attempt(() => (file ? upload({ ...actor(), caption: text, kind: as }, file) : say(text)));
  if (sent || field.value || attached) return;
  field.value = text; // it was not sent, so it must not be lost
  attach(file, as);
  grow();
}

function clear() {
  field.value = "";
  attach(null);
  closeMenu();
  grow();
}

function grow() {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight, 160)}px`;
}

function attach(file, as = "document") {
  attached = file ?? null;
  kind = as;
  chip.hidden = !file;
  picker.value = "";
  if (!file) return;
  chip.replaceChildren(icon("file"), h("span", { class: "chip-words" }, h("b", { text: file.name }), h("small", { text: `${attachments[kind]}, ${format.size(file.size)}` })),
    button({ class: "icon-button", "aria-label": `Remove ${file.name}`, on: { click: () => { attach(null); field.focus(); } } }, icon("close")));
  field.focus();
}

field.addEventListener("input", () => {
  grow();
  const typed = /^\/\w*$/.test(field.value);
  if (typed && state.view?.commands.length) openMenu(field.value.slice(1));
  else closeMenu();
  askInline();
});

// Inline queries: "@bot what to find".

let asking; // the timer of the next query

function inlineQuery() {
  const name = `@${theBot()?.username} `;
  return field.value.toLowerCase().startsWith(name.toLowerCase()) ? field.value.slice(name.length) : null;
}

function askInline() {
  clearTimeout(asking);
  const text = inlineQuery();
  if (text !== null) asking = setTimeout(() => attempt(() => post("inline", { ...actor(), text })), 300);
}

// showInline offers the results of the query in the field.
function showInline() {
  const results = state.view.inline;
  if (inlineQuery() === null || results.length === 0) return;
  menu.replaceChildren(...results.map((r) => button(
    { class: "command", testid: "inline-result", on: { click: () => { clear(); attempt(() => post("choose", { ...actor(), data: r.id })); } } },
    h("b", { text: r.title }), r.description && h("span", { text: r.description }))));
  menu.hidden = false;
}

field.addEventListener("keydown", (e) => {
  if (e.isComposing) return;
  if (e.key === "Enter" && !e.shiftKey) send(e);
  if (!menu.hidden && (e.key === "ArrowUp" || e.key === "ArrowDown")) {
    e.preventDefault();
    (e.key === "ArrowUp" ? menu.lastElementChild : menu.firstElementChild)?.focus();
  }
});

// Some input methods still insert the line break.
field.addEventListener("keypress", (e) => {
  if (e.key === "Enter" && !e.shiftKey) e.preventDefault();
});

field.addEventListener("paste", (e) => {
  const [file] = e.clipboardData.files;
  if (!file) return;
  e.preventDefault();
  attach(file);
});

picker.addEventListener("change", () => attach(picker.files[0], kind));

// The menu of what can be sent.

const attachments = { document: "File", photo: "Photo", video: "Video", voice: "Voice message", sticker: "Sticker" };
const shares = { location: "Location", contact: "Contact" };

function openAttachments() {
  if (!menu.hidden) return closeMenu();
  const entry = (name, click) => button({ class: "command", testid: "attachment-kind", on: { click: () => { closeMenu(); click(); } } }, h("b", { text: name }));
  menu.replaceChildren(
    ...Object.entries(attachments).map(([as, name]) => entry(name, () => { kind = as; picker.click(); })),
    ...Object.entries(shares).map(([what, name]) => entry(name, () => share(what))));
  menu.hidden = false;
  return menu.firstElementChild.focus();
}

function share(what) {
  return attempt(() => post("share", { ...actor(), kind: what }));
}

// The menu of the bot's commands.

function toggleMenu() {
  if (!menu.hidden) return closeMenu();
  openMenu("");
  return menu.firstElementChild?.focus();
}

function openMenu(prefix) {
  const fit = state.view.commands.filter((c) => c.command.startsWith(prefix));
  menu.replaceChildren(...fit.map((c) => button(
    { class: "command", testid: "command", on: { click: () => choose(c.command) } },
    h("b", { text: `/${c.command}` }), h("span", { text: c.description }))));
  menu.hidden = fit.length === 0;
  slash.setAttribute("aria-expanded", !menu.hidden);
}

function closeMenu() {
  menu.hidden = true;
  slash.setAttribute("aria-expanded", "false");
}

function choose(command) {
  clear();
  field.focus();
  attempt(() => say(`/${command}`));
}

menu.addEventListener("keydown", (e) => {
  const to = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[e.key];
  if (!to) return;
  e.preventDefault();
  (document.activeElement[to] ?? field).focus();
});

box.addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || menu.hidden) return;
  e.stopPropagation();
  closeMenu();
  field.focus();
});

document.addEventListener("click", (e) => {
  if (!menu.contains(e.target) && !slash.contains(e.target) && !clip.contains(e.target) && e.target !== field) closeMenu();
});

// The reply keyboard of a bot.

function showReplies() {
  const last = [...state.messages.values()].findLast((m) => m.keyboard || m.remove_keyboard);
  const rows = last?.keyboard;
  reply.hidden = !rows || state.view.blocked;
  if (reply.dataset.shown === String(last?.id)) return;
  reply.dataset.shown = String(last?.id);
  reply.replaceChildren(...(rows ?? []).map((row) => h("div", { class: "row" },
    row.map((text) => button({ class: "key", testid: "reply", text, on: { click: () => press(text, last.keyboard_asks?.[text]) } })))));
}

// press sends the text of a key, or what it asks for.
function press(text, ask) {
  return ask ? share(ask) : attempt(() => say(text));
}

// Files dragged into the chat.

const chat = byId("chat");
let inside = 0; // dragenter less dragleave: children fire both
const carriesFile = (e) => e.dataTransfer?.types.includes("Files");

chat.addEventListener("dragenter", (e) => {
  if (!carriesFile(e)) return;
  inside++;
  drop.hidden = false;
});
chat.addEventListener("dragleave", (e) => {
  if (carriesFile(e) && --inside <= 0) drop.hidden = true;
});
chat.addEventListener("dragover", (e) => carriesFile(e) && e.preventDefault());
chat.addEventListener("drop", (e) => {
  if (!carriesFile(e)) return;
  e.preventDefault();
  inside = 0;
  drop.hidden = true;
  if (e.dataTransfer.files.length > 1) page.toast("One file at a time, please: took the first");
  attach(e.dataTransfer.files[0]);
});
