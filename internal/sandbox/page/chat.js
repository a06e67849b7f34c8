// The list of messages: edits in place, stays at its end unless the user scrolls up, draws a long
// chat in portions.

import { post } from "./api.js";
import { bubble } from "./bubble.js";
import { avatar, button, byId, h, icon } from "./dom.js";
import * as format from "./format.js";
import { markWaiting } from "./keyboard.js";
import { actor, attempt, say, state, theBot } from "./state.js";
import { copyable } from "./text.js";
import { t } from "./words.js";

const portion = 120; // messages drawn at first, and added when scrolling to the top
const log = byId("log");
const list = byId("list");
const down = byId("down");

let first = 0; // id of the oldest message drawn
let stuck = true; // whether the end is visible, and should stay so
let fresh = 0; // messages that came while it was not visible
let read = 0; // id of the last message reported as read

// show draws the changes of a view.
export function show(view) {
  if (view.whole) return showAll();
  for (const id of view.gone) element(id)?.remove();
  for (const m of view.messages) if (m.id >= first) put(m);
  if (view.messages.some((m) => m.mine)) stuck = true;
  return settle();
}

function showAll() {
  const ids = [...state.messages.keys()];
  log.setAttribute("aria-busy", "true"); // screen readers skip a chat that is being opened
  first = ids.at(-portion) ?? 0;
  fresh = 0;
  read = 0;
  stuck = true;
  list.replaceChildren(...ids.filter((id) => id >= first).map((id) => bubble(state.messages.get(id))));
  settle();
  log.setAttribute("aria-busy", "false");
}

const element = (id) => list.querySelector(`.message[data-id="${id}"]`);

// put draws a message: in place of its old version, or last.
function put(m) {
  const old = element(m.id);
  const now = bubble(m);
  if (!old) {
    now.classList.add("arrives");
    list.append(now);
    if (!m.mine && !stuck) fresh++;
    return;
  }
  const focus = focusWithin(old);
  old.replaceWith(now);
  focus?.(now);
}

// focusWithin remembers which button of a message has the focus, so the same button gets it after an
// edit.
function focusWithin(old) {
  const kind = document.activeElement.closest(".keyboard") ? ".keyboard button" : "button, a";
  const place = [...old.querySelectorAll(kind)].indexOf(document.activeElement);
  if (place < 0) return null;
  const name = document.activeElement.textContent;
  return (now) => {
    const all = [...now.querySelectorAll(kind)];
    const next = all.find((el) => el.textContent === name) ?? all[Math.min(place, all.length - 1)] ?? log;
    next.focus({ preventScroll: true });
  };
}

// settle runs after every change of the list.
function settle() {
  days();
  empty();
  markWaiting();
  follow();
}

// days puts a line between messages of different days.
function days() {
  let before = "";
  for (const el of list.querySelectorAll(".day")) el.remove();
  for (const el of list.querySelectorAll(".message")) {
    const ms = state.messages.get(Number(el.dataset.id))?.date * 1000;
    if (format.dayKey(ms) !== before) el.before(h("div", { class: "day" }, h("span", { text: format.dayName(ms) })));
    before = format.dayKey(ms);
  }
}

function empty() {
  list.querySelector(".empty")?.remove();
  if (state.messages.size > 0) return;
  const b = theBot();
  list.append(b ? welcome(b) : waiting());
}

function welcome(b) {
  return h("div", { class: "empty" }, avatar(b.name, b.name, "big"), h("h3", { text: b.name }),
    h("p", { text: b.about || t("no_messages") }),
    button({ class: "primary", testid: "start", text: t("start"), on: { click: () => attempt(() => say("/start")) } }),
    h("p", { class: "what", text: `${t("brand")}. ${t("brand_words")}` }));
}

function waiting() {
  return h("div", { class: "empty" }, h("h3", { text: t("waiting") }),
    h("p", { text: t("waiting_words") }),
    h("dl", {}, h("dt", { text: "Telegram Bot API" }), h("dd", {}, copyable("code", `${location.origin}/telegram`)),
      h("dt", { text: "Crypto Pay" }), h("dd", {}, copyable("code", `${location.origin}/cryptopay`))));
}

// follow keeps the end visible, or shows that there are new messages.
function follow() {
  if (stuck) {
    log.scrollTop = log.scrollHeight;
    fresh = 0;
  }
  down.hidden = stuck;
  down.replaceChildren(icon("down"), fresh ? h("span", { class: "badge", text: fresh }) : "");
  down.setAttribute("aria-label", fresh ? t("new_messages", { n: fresh }) : t("to_end"));
  markRead();
}

// markRead reports that the user has seen all messages.
function markRead() {
  const last = [...state.messages.keys()].at(-1) ?? 0;
  if (!stuck || !state.bot || last <= read || document.visibilityState !== "visible") return;
  read = last;
  post("read", { ...actor(), message: last }).catch(() => (read = 0));
}

// older draws one more portion, and keeps the visible messages in place.
function older() {
  const ids = [...state.messages.keys()].filter((id) => id < first).slice(-portion);
  if (ids.length === 0) return;
  const height = log.scrollHeight;
  first = ids[0];
  list.prepend(...ids.map((id) => bubble(state.messages.get(id))));
  days();
  markWaiting();
  log.scrollTop += log.scrollHeight - height;
}

log.addEventListener("scroll", () => {
  stuck = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
  if (log.scrollTop < 200) older();
  if (stuck !== down.hidden) follow();
}, { passive: true });

down.addEventListener("click", () => {
  stuck = true;
  follow();
});

document.addEventListener("visibilitychange", markRead);

// Pictures that load, keyboards that appear and windows that shrink all move the end.
const size = new ResizeObserver(() => {
  if (stuck) log.scrollTop = log.scrollHeight;
});
size.observe(log);
size.observe(list);
