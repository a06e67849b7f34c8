// The message field: text, files, commands, and the bot's reply keyboard.

import { fileURL, post, upload } from "./api.js";
import { byId, button, h, icon, same } from "./dom.js";
import * as format from "./format.js";
import { follow } from "./links.js";
import { actor, attempt, page, say, state, theBot } from "./state.js";
import { lang, onSpeak, t } from "./words.js";

const box = byId("composer");
const drop = byId("drop");
let attached = null; // the File to send with the next message
let kind = "document"; // what it is sent as

const field = h("textarea", {
  id: "text", testid: "composer", rows: "1", autocomplete: "off", enterkeyhint: "send", dir: "auto",
});
const picker = h("input", { type: "file", testid: "attach-input", hidden: true, tabindex: "-1" });
const chip = h("div", { class: "chip", hidden: true, testid: "attachment" });
const menu = h("div", { class: "menu", id: "menu", role: "group", hidden: true, testid: "commands-menu" });
const slash = button({ class: "icon-button", testid: "commands", "aria-expanded": "false", "aria-controls": "menu", on: { click: () => toggleMenu() } }, icon("slash"));
const clip = button({ class: "icon-button", testid: "attach", "aria-controls": "menu", on: { click: () => openAttachments() } }, icon("clip"));
const reply = h("div", { class: "reply", role: "group", hidden: true });
const sender = h("button", { type: "submit", class: "send", testid: "send" }, icon("send"));
const unblock = button({ class: "primary wide", testid: "unblock", hidden: true, on: { click: () => attempt(() => post("break", { ...actor(), name: "blocked", on: false })) } });
const line = h("form", { class: "line", on: { submit: send } },
  slash,
  h("div", { class: "field" }, field),
  clip, picker,
  sender);

box.append(menu, chip, line, unblock, reply);

onSpeak(() => {
  field.placeholder = t("message");
  unblock.textContent = t("unblock");
  for (const [el, name] of [[field, "message"], [menu, "commands"], [slash, "commands"], [clip, "attach"], [reply, "answers"], [sender, "send"]]) {
    el.setAttribute("aria-label", t(name));
  }
});

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
  chip.replaceChildren(icon("file"), h("span", { class: "chip-words" }, h("b", { text: file.name }), h("small", { text: `${t(attachments[kind])}, ${format.size(file.size)}` })),
    button({ class: "icon-button", "aria-label": t("remove", { name: file.name }), on: { click: () => { attach(null); field.focus(); } } }, icon("close")));
  field.focus();
}

field.addEventListener("input", () => {
  grow();
  const typed = /^\/\w*$/.test(field.value);
  if (typed && state.view?.commands.length) openMenu(field.value.slice(1));
  else if (inlineQuery() === null) closeMenu();
  if (inlineQuery() !== null) showInline();
  askSoon();
});

// Inline queries: "@bot what to find".

let asking; // the timer of the next query

function inlineQuery() {
  const name = `@${theBot()?.username} `;
  return field.value.toLowerCase().startsWith(name.toLowerCase()) ? field.value.slice(name.length) : null;
}

// typed is the query as the bot gets it.
const typed = () => [...(inlineQuery() ?? "")].slice(0, 256).join("");

function askSoon() {
  clearTimeout(asking);
  if (inlineQuery() === null) return;
  asking = setTimeout(() => attempt(() => post("inline", { ...actor(), text: inlineQuery() ?? "" })), 250);
}

// askInline types a query for the user, as a button of a message may ask.
export function askInline(query) {
  field.value = `@${theBot()?.username} ${query}`;
  grow();
  field.focus();
  showInline();
  askSoon();
}

// showInline offers the bot's answer to the query in the field.
function showInline() {
  if (inlineQuery() === null) return;
  const { query, asked, answered, results, button: above, more } = state.view.inline;
  const loading = !asked || !answered || query !== typed();
  if (loading && menu.querySelector(".result") && !menu.hidden) return; // the old list stays until the new one is here
  menu.hidden = false;
  if (same(menu, [loading, results, above, lang()])) return;
  menu.replaceChildren(
    above ? button({ class: "command above", testid: "inline-button", on: { click: () => pressAbove(above) } }, h("b", { text: above.text })) : "",
    ...results.map(result),
    loading || (results.length === 0 && !above) ? h("p", { class: "menu-note", testid: loading ? "inline-loading" : "inline-none", text: t(loading ? "asking" : "nothing_found") }) : "",
  );
  if (more && menu.scrollHeight <= menu.clientHeight) askMore();
}

function result(r) {
  return button(
    { class: "command result", testid: "inline-result", on: { click: () => { clear(); attempt(() => post("choose", { ...actor(), data: r.id })); } } },
    picture(r),
    h("span", { class: "result-words" }, h("b", { text: r.title || t("photo") }), r.description && h("span", { text: r.description })));
}

// picture is what a result shows beside its words: a photo, a picture on this machine, or the first
// letter, since nothing else is fetched.
function picture(r) {
  const near = r.thumbnail && /^(localhost|127\.0\.0\.1)$/.test(new URL(r.thumbnail, location).hostname);
  const src = r.photo ? fileURL(r.photo.id, true) : near && r.thumbnail;
  if (!src) return h("span", { class: "result-picture", "aria-hidden": "true", text: [...r.title][0] ?? "" });
  return h("img", { class: "result-picture", src, alt: "", loading: "lazy", referrerpolicy: "no-referrer" });
}

function pressAbove(above) {
  clear();
  if (above.web_app) follow(above.web_app);
  else attempt(() => say(`/start ${above.start}`));
}

const askMore = () => attempt(() => post("more", actor()));

menu.addEventListener("scroll", () => {
  const atEnd = menu.scrollHeight - menu.scrollTop - menu.clientHeight < 80;
  if (atEnd && inlineQuery() !== null && state.view.inline.more) askMore();
}, { passive: true });

field.addEventListener("keydown", (e) => {
  if (e.isComposing) return;
  if (e.key === "Enter" && !e.shiftKey) send(e);
  if (!menu.hidden && (e.key === "ArrowUp" || e.key === "ArrowDown")) {
    e.preventDefault();
    [...menu.querySelectorAll("button")].at(e.key === "ArrowUp" ? -1 : 0)?.focus();
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

const attachments = { document: "file", photo: "photo", video: "video", voice: "voice", sticker: "sticker" };
const shares = ["location", "contact"];

function openAttachments() {
  if (!menu.hidden) return closeMenu();
  const entry = (name, click) => button({ class: "command", testid: "attachment-kind", on: { click: () => { closeMenu(); click(); } } }, h("b", { text: name }));
  fillMenu(
    ...Object.entries(attachments).map(([as, name]) => entry(t(name), () => { kind = as; picker.click(); })),
    ...shares.map((what) => entry(t(what), () => share(what))));
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

function fillMenu(...children) {
  delete menu.dataset.shown;
  menu.replaceChildren(...children);
}

function openMenu(prefix) {
  const fit = state.view.commands.filter((c) => c.command.startsWith(prefix));
  fillMenu(...fit.map((c) => button(
    { class: "command", testid: "command", on: { click: () => choose(c.command) } },
    h("b", { text: `/${c.command}` }), h("span", { text: c.description }))));
  menu.hidden = fit.length === 0;
  slash.setAttribute("aria-expanded", !menu.hidden);
}

function closeMenu() {
  menu.hidden = true;
  fillMenu();
  slash.setAttribute("aria-expanded", "false");
}

function choose(command) {
  clear();
  field.focus();
  attempt(() => say(`/${command}`));
}

menu.addEventListener("keydown", (e) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
  if (!step) return;
  e.preventDefault();
  const all = [field, ...menu.querySelectorAll("button")];
  all[(all.indexOf(document.activeElement) + step) % all.length]?.focus();
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
  if (e.dataTransfer.files.length > 1) page.toast(t("one_file"));
  attach(e.dataTransfer.files[0]);
});
