// One message.

import { fileURL } from "./api.js";
import { content, contentName } from "./content.js";
import { byId, button, h, icon, openModal } from "./dom.js";
import * as format from "./format.js";
import { keyboard } from "./keyboard.js";
import { me, state, theBot } from "./state.js";
import { formatted } from "./text.js";
import { t } from "./words.js";

export function bubble(m) {
  const who = m.mine ? me()?.name : theBot()?.name;
  return h(
    "article",
    {
      class: `message ${m.mine ? "mine" : "theirs"}`, testid: "message",
      data: { id: m.id, from: m.mine ? "me" : "bot" },
      "aria-label": `${who ?? ""}, ${format.time(m.date * 1000)}`,
    },
    h("div", { class: `bubble${m.photo ? " has-photo" : ""}` }, forwarded(m), quoted(m), m.photo && photo(m.photo, m.spoiler), m.document && file(m.document, m.size), content(m.content), words(m), reactions(m)),
    keyboard(m),
  );
}

function reactions(m) {
  return m.reactions && h("div", { class: "reactions", testid: "reactions", text: m.reactions.join(" ") });
}

function words(m) {
  const meta = h("span", { class: "meta" },
    m.pinned && h("span", { title: t("pinned") }, icon("pin")),
    m.edited && h("span", { text: t("edited") }),
    h("time", { datetime: new Date(m.date * 1000).toISOString(), text: format.time(m.date * 1000) }));
  return h("div", { class: `words${m.text ? "" : " none"}`, dir: "auto" },
    m.text && h("span", { class: "text", testid: "text" }, formatted(m.text, m.entities)), meta);
}

function forwarded(m) {
  if (m.via_bot) return h("div", { class: "forwarded", text: t("via", { name: theBot()?.username }) });
  return m.forwarded && h("div", { class: "forwarded", text: t("forwarded", { name: m.forwarded }) });
}

function quoted(m) {
  const original = m.reply_to && state.messages.get(m.reply_to);
  if (!original) return null;
  const text = original.text || original.document?.name || contentName(original.content);
  return button({ class: "quoted", on: { click: () => reveal(m.reply_to) } }, icon("reply"), h("span", { text: text.slice(0, 120) }));
}

function reveal(id) {
  const el = document.querySelector(`.message[data-id="${id}"]`);
  el?.scrollIntoView({ block: "center" });
  el?.classList.add("flash");
  setTimeout(() => el?.classList.remove("flash"), 1500);
}

function photo(p, spoiler) {
  const img = h("img", { src: fileURL(p.id, true), width: p.width, height: p.height, alt: t("photo"), decoding: "async", testid: "photo" });
  const el = button({ class: `photo${spoiler ? " covered" : ""}`, "aria-label": t(spoiler ? "covered" : "enlarge") }, img);
  el.addEventListener("click", () => {
    if (el.classList.contains("covered")) el.classList.remove("covered");
    else enlarge(p);
  });
  return el;
}

function enlarge(p) {
  const viewer = byId("viewer");
  viewer.replaceChildren(
    h("img", { src: fileURL(p.id, true), alt: t("photo") }),
    button({ class: "icon-button", "aria-label": t("close"), on: { click: () => viewer.close() } }, icon("close")),
  );
  openModal(viewer);
}

function file(f, size) {
  return h("a", { class: "file", href: fileURL(f.id), download: f.name, testid: "document" },
    h("span", { class: "file-icon" }, icon("file")),
    h("span", { class: "file-words" }, h("b", { text: f.name }), h("small", { text: format.size(size) })),
    h("span", { class: "file-save" }, icon("save")));
}
