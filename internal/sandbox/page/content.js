// Messages that hold something else than text, a photo or a document.

import { fileURL } from "./api.js";
import { h, icon } from "./dom.js";
import * as format from "./format.js";

const names = { video: "Video", animation: "Animation", audio: "Audio", voice: "Voice message", video_note: "Video message" };

// content draws what a message holds, as the Bot API describes it.
export function content(c) {
  if (!c) return null;
  if (c.invoice) return card("⭐", c.invoice.title, `${c.invoice.description} · ⭐ ${c.invoice.total_amount}`, "invoice");
  if (c.successful_payment) return card("⭐", `${c.successful_payment.total_amount} Stars paid`, "", "stars-paid");
  if (c.refunded_payment) return card("⭐", `${c.refunded_payment.total_amount} Stars refunded`, "", "stars-refunded");
  if (c.sticker) return h("img", { class: "sticker", src: fileURL(c.sticker.file_id, true), alt: `Sticker ${c.sticker.emoji ?? ""}`, testid: "sticker" });
  const kind = Object.keys(names).find((name) => c[name]);
  if (kind) return media(c[kind], names[kind]);
  if (c.venue) return card("📍", c.venue.title, c.venue.address, "location");
  if (c.location) return card("📍", `${c.location.latitude}, ${c.location.longitude}`, "Location", "location");
  if (c.contact) return card("👤", [c.contact.first_name, c.contact.last_name].filter(Boolean).join(" "), c.contact.phone_number, "contact");
  if (c.dice) return card(c.dice.emoji, String(c.dice.value), "", "dice");
  if (c.poll) return poll(c.poll);
  return null;
}

function media(f, name) {
  const about = [f.title ?? f.file_name, f.duration && `${f.duration} s`, format.size(f.file_size)].filter(Boolean).join(", ");
  return h("a", { class: "file", href: fileURL(f.file_id), download: f.file_name ?? name, testid: "media" },
    h("span", { class: "file-icon" }, icon("file")),
    h("span", { class: "file-words" }, h("b", { text: name }), h("small", { text: about })),
    h("span", { class: "file-save" }, icon("save")));
}

function card(sign, title, about, testid) {
  return h("div", { class: "file", testid }, h("span", { class: "sign", "aria-hidden": "true", text: sign }),
    h("span", { class: "file-words" }, h("b", { text: title }), about && h("small", { text: about })));
}

function poll(p) {
  return h("div", { class: "poll", testid: "poll" }, h("b", { text: p.question }), h("small", { text: p.is_closed ? "Closed poll" : "Poll" }),
    h("ul", {}, p.options.map((o) => h("li", { text: o.text }))));
}

// contentName is what a list or a quotation calls it.
export function contentName(c) {
  if (!c) return "Photo";
  const other = { sticker: "Sticker", venue: "Location", location: "Location", contact: "Contact", dice: "Dice", poll: "Poll", invoice: "Invoice", successful_payment: "Payment" };
  return Object.entries({ ...names, ...other }).find(([name]) => c[name])?.[1] ?? "Message";
}
