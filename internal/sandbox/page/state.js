// What the window shows, and how its parts ask for something to be done.

import { post } from "./api.js";

export const state = {
  as: "", // key of the person
  bot: "", // key of the bot; empty: none has called yet
  view: null, // the last view
  messages: new Map(), // id → message, in the order of ids
  pressed: new Set(), // buttons that wait for their answer, as pressKey
};

export const actor = () => ({ as: state.as, bot: state.bot });

export const pressKey = (message, data) => `${message} ${data}`;

export const me = () => state.view?.people.find((p) => p.key === state.as);

export const theBot = () => state.view?.bots.find((b) => b.key === state.bot);

// apply takes a view in, and tells which messages are to be drawn anew.
export function apply(view) {
  if (view.whole) state.messages.clear();
  for (const id of view.gone) state.messages.delete(id);
  for (const m of view.messages) state.messages.set(m.id, m);
  state.view = view;
  state.as = view.as;
  state.bot = view.bot;
  state.pressed = new Set(view.pressed.map((p) => pressKey(p.message, p.data)));
}

// Parts of the page that others call: app.js fills these in.
export const page = {
  become: () => {}, // (person, bot) shows another chat
  openInvoice: () => {}, // (ref)
  openCheck: () => {}, // (ref)
  openWallet: () => {},
  toast: () => {}, // (text, options)
};

export const say = (text) => post("say", { ...actor(), text });

// attempt runs something and shows why it did not work.
export async function attempt(work) {
  try {
    return await work();
  } catch (e) {
    page.toast(words[e.reason] ?? e.message, { bad: true });
    return undefined;
  }
}

const words = {
  blocked: "You have blocked this bot",
  no_bot: "No bot has called yet",
  empty: "There is nothing to send",
  too_long: "That is too long for one message",
  no_message: "This message is gone",
  no_money: "There are not enough coins",
  already_paid: "This invoice has been paid already",
  expired: "This invoice has expired",
  not_found: "There is no such invoice any more",
  activated: "This check has been used already",
  pinned: "This check is for somebody else",
  not_paid: "Nothing has been paid yet",
  no_webhook: "The app has no webhook",
};
