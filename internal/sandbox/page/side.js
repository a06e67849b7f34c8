// The side: the users, the bots, and the buttons for wallet and drawer.

import { avatar, button, byId, h, icon, same } from "./dom.js";
import { toggleDrawer } from "./drawer.js";
import * as format from "./format.js";
import { toggleHints } from "./guide.js";
import { me, page, state, theBot } from "./state.js";
import { lang, languageName, t } from "./words.js";

// renew replaces the content of a box and moves the focus to the new version of the focused button.
function renew(box, children) {
  const focused = box.contains(document.activeElement) && document.activeElement.dataset.testid;
  box.replaceChildren(...children.filter(Boolean));
  if (focused) box.querySelector(`[data-testid="${focused}"]`)?.focus();
}

const badge = (n) => n > 0 && h("span", { class: "badge", testid: "unread", "aria-label": t("unread", { n }), text: n > 99 ? "99+" : n });

export function showPeople() {
  const { people } = state.view;
  const box = byId("people");
  if (same(box, [people, state.as, lang()])) return;
  renew(box, people.map((p) => button(
    {
      class: `person${p.owner ? " owner" : ""}`, testid: `people-${p.key}`, "aria-current": p.key === state.as ? "true" : false,
      title: `${p.name}, ${role(p)}`, on: { click: () => page.become(p.key, state.bot) },
    },
    avatar(p.key, p.name),
    h("span", { class: "person-words" }, h("b", { text: p.name }), h("small", { text: role(p) })),
    badge(p.unread),
  )));
  box.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const role = (p) => [t(p.owner ? "owner" : "buyer"), p.language && languageName(p.language)].filter(Boolean).join(" · ");

export function showBots() {
  const { bots } = state.view;
  const box = byId("bots");
  byId("bots-box").hidden = bots.length < 2;
  if (same(box, [bots, state.bot, lang()])) return;
  renew(box, bots.map((b) => button(
    { class: "person", testid: `bot-${b.key}`, "aria-current": b.key === state.bot ? "true" : false, on: { click: () => page.become(state.as, b.key) } },
    avatar(b.name, b.name),
    h("span", { class: "person-words" }, h("b", { text: b.name }), h("small", { text: b.last || `@${b.username}` })),
    badge(b.unread),
  )));
}

export function showTitle() {
  const unread = me()?.unread ?? 0;
  const name = theBot()?.name;
  document.title = `${unread ? `(${unread}) ` : ""}${name ? `${name} · ` : ""}Sandbox`;
}

export function showHead(connected) {
  const b = theBot();
  const status = connected ? (b ? `@${b.username}` : t("no_bot_yet")) : t("connecting");
  const box = byId("head");
  if (same(box, [b?.key, b?.name, status, state.as, lang()])) return;
  renew(box, [
    b ? avatar(b.name, b.name) : h("span", { class: "avatar none" }),
    h("div", { class: "head-words" }, h("h2", { text: b?.name ?? "Sandbox" }),
      h("p", {}, h("span", { testid: "status", class: connected ? "" : "offline", text: status }),
        h("span", { class: "as-whom", text: ` · ${t("as_whom", { name: me()?.name.split(" ")[0] ?? "" })}` }))),
    b && button({ class: "icon-button", testid: "groups-open", "aria-label": t("groups"), title: t("groups"), on: { click: () => page.openGroups() } }, icon("people")),
    button({ class: "icon-button", testid: "hints", "aria-label": t("show_hints"), title: t("show_hints"), on: { click: toggleHints } }, icon("hint")),
  ]);
}

// showTools draws the two buttons. broken is how many things are.
export function showTools(broken) {
  const [coin] = state.view.wallet.coins.filter((c) => c.amount !== "0");
  const box = byId("tools");
  const open = byId("drawer").open;
  if (same(box, [coin, broken, open, lang()])) return;
  const tool = (props, sign, name, about, ...more) => button({ class: "tool", title: name, ...props },
    icon(sign), h("span", { class: "tool-words" }, h("b", { text: name }), h("small", { text: about })), more);
  renew(box, [
    tool({ testid: "wallet-open", on: { click: () => page.openWallet() } }, "wallet", t("wallet"), coin ? `${format.amount(coin.amount)} ${coin.asset}` : t("empty")),
    tool({ testid: "break-open", "aria-expanded": String(open), "aria-controls": "drawer", on: { click: toggleDrawer } }, "bolt", t("break"),
      broken ? t("broken", { n: broken }) : t("all_works"), broken > 0 && h("span", { class: "badge warn", text: broken })),
  ]);
}
