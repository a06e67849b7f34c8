// The message field: text, files, commands, and the bot's reply keyboard.

import { post, upload } from "./api.js";
import { byId, button, h, icon } from "./dom.js";
import * as format from "./format.js";
import { actor, attempt, page, say, state } from "./state.js";

const box = byId("composer");
const drop = byId("drop");
let attached = null; // the File to send with the next message

const field = h("textarea", {
  id: "text", testid: "composer", rows: "1", placeholder: "Message", "aria-label": "Message", autocomplete: "off", enterkeyhint: "send", dir: "auto",
});
const picker = h("input", { type: "file", testid: "attach-input", hidden: true, tabindex: "-1" });
const chip = h("div", { class: "chip", hidden: true, testid: "attachment" });
const menu = h("div", { class: "menu", id: "menu", role: "group", "aria-label": "Commands", hidden: true, testid: "commands-menu" });
const slash = button({ class: "icon-button", testid: "commands", "aria-label": "Commands", "aria-expanded": "false", "aria-controls": "menu", on: { click: () => toggleMenu() } }, icon("slash"));
const reply = h("div", { class: "reply", role: "group", "aria-label": "Suggested answers", hidden: true });
const unblock = button({ class: "primary wide", testid: "unblock", hidden: true, text: "Unblock the bot", on: { click: () => attempt(() => post("break", { ...actor(), name: "blocked", on: false })) } });
const line = h("form", { class: "line", on: { submit: send } },
  slash,
  h("div", { class: "field" }, field),
  button({ class: "icon-button", testid: "attach", "aria-label": "Attach a file", on: { click: () => picker.click() } }, icon("clip")), picker,
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
}

export function focusComposer() {
  if (matchMedia("(pointer: fine)").matches) field.focus({ preventScroll: true });
}

async function send(e) {
  e?.preventDefault();
  const text = field.value.trim();
  const file = attached;
  if (!text && !file) return;
  clear();
  const sent = await attempt(() => (file ? upload({ ...actor(), caption: text }, file) : say(text)));
  if (sent || field.value || attached) return;
  field.value = text; // it was not sent, so it must not be lost
  attach(file);
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

function attach(file) {
  attached = file ?? null;
  chip.hidden = !file;
  picker.value = "";
  if (!file) return;
  chip.replaceChildren(icon("file"), h("span", { class: "chip-words" }, h("b", { text: file.name }), h("small", { text: format.size(file.size) })),
    button({ class: "icon-button", "aria-label": `Remove ${file.name}`, on: { click: () => { attach(null); field.focus(); } } }, icon("close")));
  field.focus();
}

field.addEventListener("input", () => {
  grow();
  const typed = /^\/\w*$/.test(field.value);
  if (typed && state.view?.commands.length) openMenu(field.value.slice(1));
  else closeMenu();
});

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

picker.addEventListener("change", () => attach(picker.files[0]));

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
  if (!menu.contains(e.target) && !slash.contains(e.target) && e.target !== field) closeMenu();
});

// The reply keyboard of a bot.

function showReplies() {
  const last = [...state.messages.values()].findLast((m) => m.keyboard || m.remove_keyboard);
  const rows = last?.keyboard;
  reply.hidden = !rows || state.view.blocked;
  if (reply.dataset.shown === String(last?.id)) return;
  reply.dataset.shown = String(last?.id);
  reply.replaceChildren(...(rows ?? []).map((row) => h("div", { class: "row" },
    row.map((text) => button({ class: "key", testid: "reply", text, on: { click: () => attempt(() => say(text)) } })))));
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
