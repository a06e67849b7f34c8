// Messages that hold something else than text, a photo or a document.

import { fileURL } from "./api.js";
import { h, icon } from "./dom.js";
import * as format from "./format.js";
import { t } from "./words.js";

const files = ["video", "animation", "audio", "voice", "video_note"];

// content draws what a message holds, as the Bot API describes it.
export function content(c) {
  if (!c) return null;
  if (c.invoice) return card("⭐", c.invoice.title, `${c.invoice.description} · ⭐ ${c.invoice.total_amount}`, "invoice");
  if (c.successful_payment) return card("⭐", t("stars_paid", { n: c.successful_payment.total_amount }), "", "stars-paid");
  if (c.refunded_payment) return card("⭐", t("stars_refunded", { n: c.refunded_payment.total_amount }), "", "stars-refunded");
  if (c.sticker) return h("img", { class: "sticker", src: fileURL(c.sticker.file_id, true), alt: `${t("sticker")} ${c.sticker.emoji ?? ""}`, testid: "sticker" });
  const kind = files.find((name) => c[name]);
  if (kind) return media(c[kind], t(kind));
  if (c.venue) return card("📍", c.venue.title, c.venue.address, "location");
  if (c.location) return card("📍", `${c.location.latitude}, ${c.location.longitude}`, t("location"), "location");
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
  return h("div", { class: "poll", testid: "poll" }, h("b", { text: p.question }), h("small", { text: t(p.is_closed ? "closed_poll" : "poll") }),
    h("ul", {}, p.options.map((o) => h("li", { text: o.text }))));
}

// contentName is what a list or a quotation calls it.
export function contentName(c) {
  if (!c) return t("photo");
  const other = { venue: "location", successful_payment: "payment", refunded_payment: "payment" };
  const kind = [...files, "sticker", "venue", "location", "contact", "dice", "poll", "invoice", "successful_payment", "refunded_payment"].find((name) => c[name]);
  return t(other[kind] ?? kind ?? "message");
}
