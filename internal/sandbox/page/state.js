// The state of the window, and the actions that its parts share.

import { post } from "./api.js";
import { errorText } from "./words.js";

export const state = {
  as: "", // key of the user
  bot: "", // key of the bot; empty: none has called yet
  view: null, // the last view
  messages: new Map(), // id → message, in the order of ids
  pressed: new Set(), // buttons that wait for their answer, as pressKey
  mine: new Set(), // those that were pressed in this window
};

export const actor = () => ({ as: state.as, bot: state.bot });

export const pressKey = (message, data) => `${message} ${data}`;

export const me = () => state.view?.people.find((p) => p.key === state.as);

export const theBot = () => state.view?.bots.find((b) => b.key === state.bot);

// apply takes over a view.
export function apply(view) {
  if (view.whole) state.messages.clear();
  for (const id of view.gone) state.messages.delete(id);
  for (const m of view.messages) state.messages.set(m.id, m);
  state.view = view;
  state.as = view.as;
  state.bot = view.bot;
  state.pressed = new Set(view.pressed.map((p) => pressKey(p.message, p.data)));
}

// Functions of one module that others call: app.js sets them.
export const page = {
  become: () => {}, // (user, bot) shows another chat
  openInvoice: () => {}, // (ref)
  openCheck: () => {}, // (ref)
  openStars: () => {}, // ({message} or {ref})
  enter: () => {}, // (invite link)
  openGroups: () => {},
  openWallet: () => {},
  askInline: () => {}, // (query)
  toast: () => {}, // (text, options)
};

export const say = (text) => post("say", { ...actor(), text });

// attempt runs work and shows its error.
export async function attempt(work) {
  try {
    return await work();
  } catch (e) {
    page.toast(errorText(e), { bad: true });
    return undefined;
  }
}
