// Formatted text: entities become elements, the rest text nodes.

import { h, icon } from "./dom.js";
import * as format from "./format.js";
import { classify, follow } from "./links.js";
import { attempt, page, say } from "./state.js";
import { t } from "./words.js";

// formatted turns a text with its entities into nodes. Offsets count UTF-16 code units, as strings
// here do. Entities do not overlap, but may nest.
export function formatted(text, entities = []) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return nodes(text, sorted, 0, text.length);
}

function nodes(text, entities, begin, end) {
  const out = [];
  let at = begin;
  let before = ""; // type of the entity that ends at this place
  for (let i = 0; i < entities.length; ) {
    const e = entities[i];
    const stop = Math.min(e.offset + e.length, end);
    let next = i + 1;
    while (next < entities.length && entities[next].offset < stop) next++;
    if (e.offset >= at && stop > e.offset) {
      if (e.offset > at) out.push(between(text.slice(at, e.offset), blocks.has(before), blocks.has(e.type)));
      const inner = nodes(text, entities.slice(i + 1, next), e.offset, stop);
      out.push(element(e, inner, text.slice(e.offset, stop)));
      at = stop;
      before = e.type;
    }
    i = next;
  }
  if (at < end) out.push(between(text.slice(at, end), blocks.has(before), false));
  return out;
}

const blocks = new Set(["pre", "blockquote", "expandable_blockquote"]);

// between is a text without the line breaks that the blocks around it already make.
function between(text, afterBlock, beforeBlock) {
  const cut = afterBlock ? text.replace(/^\n/, "") : text;
  return beforeBlock ? cut.replace(/\n$/, "") : cut;
}

const plain = { bold: "b", italic: "i", underline: "u", strikethrough: "s", blockquote: "blockquote" };

function element(e, inner, text) {
  if (plain[e.type]) return h(plain[e.type], {}, inner);
  switch (e.type) {
    case "code":
      return copyable("code", text);
    case "pre":
      return h("div", { class: "pre" }, h("pre", {}, h("code", { text })), copier(text));
    case "text_link":
      return link(e.url, inner);
    case "url":
      return link(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`, inner);
    case "email":
      return link(`mailto:${text}`, inner);
    case "mention":
      return link(`https://t.me/${text.slice(1)}`, inner);
    case "bot_command":
      return h("button", { type: "button", class: "inline-link", on: { click: () => attempt(() => say(text)) } }, inner);
    case "spoiler":
      return spoiler(inner);
    case "expandable_blockquote":
      return h("blockquote", {}, h("details", {}, h("summary", { text: t("show_quote") }), h("div", {}, inner)));
    case "date_time": {
      const ms = e.unix_time * 1000;
      const shown = e.date_time_format ? format.inFormat(ms, e.date_time_format) : text;
      return h("time", { datetime: new Date(ms).toISOString(), title: format.dateAndTime(ms), text: shown });
    }
    default:
      return h("span", {}, inner);
  }
}

function link(address, inner) {
  const to = classify(address);
  if (!to) return h("span", {}, inner);
  const away = to.kind === "web";
  const a = h("a", { href: away ? to.url : address, rel: "noopener noreferrer", target: "_blank" }, inner);
  if (!away) {
    a.addEventListener("click", (e) => {
      e.preventDefault();
      follow(address);
    });
  }
  return a;
}

function spoiler(inner) {
  const el = h("span", { class: "spoiler", role: "button", tabindex: "0", "aria-label": t("hidden_text") }, inner);
  const show = (e) => {
    if (e.type === "keydown" && e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    el.replaceWith(h("span", { class: "revealed" }, ...el.childNodes));
  };
  el.addEventListener("click", show);
  el.addEventListener("keydown", show);
  return el;
}

// copyable is a text that a click copies.
export function copyable(cls, text) {
  return h("button", {
    type: "button", class: cls, testid: "code", title: t("copy"), text, "aria-label": `${text}, ${t("copy")}`,
    on: { click: () => copy(text) },
  });
}

function copier(text) {
  return h("button", { type: "button", class: "copier", testid: "code", title: t("copy"), "aria-label": t("copy"), on: { click: () => copy(text) } }, icon("copy"));
}

// copy puts a text on the clipboard, and shows that.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyOldWay(text)) return page.toast(t("no_copying"), { bad: true });
  }
  return page.toast(t("copied"), { sign: "check" });
}

// copyOldWay works without the clipboard API, which browsers offer only to secure origins.
function copyOldWay(text) {
  const field = h("textarea", { class: "offscreen", "aria-hidden": "true" });
  const before = document.activeElement;
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus();
  return done;
}
