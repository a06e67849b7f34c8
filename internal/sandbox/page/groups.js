// Groups and channels: who is in them, and what their owner and their members can do.

import { post } from "./api.js";
import { avatar, button, byId, fill, h, icon, openModal } from "./dom.js";
import { closeButton } from "./stars.js";
import { actor, attempt, page, state } from "./state.js";
import { lang, t } from "./words.js";

const dialog = byId("groups");
let known = null; // what the user was in each group, by id; null: not seen yet
let whose = "";

const inside = (g) => g.mine !== "left" && g.mine !== "kicked" && g.bot !== "deleted";

export function openGroups() {
  draw(true);
  openModal(dialog);
}

// showGroups updates an open dialog, and tells who was removed.
export function showGroups() {
  const { groups } = state.view;
  if (dialog.open) draw(false);
  if (whose === state.as && known) {
    for (const g of groups.filter((one) => one.mine === "kicked" && known.get(one.id) && known.get(one.id) !== "kicked")) {
      page.toast(t("removed_from", { title: g.title }), { sign: "ban" });
    }
  }
  whose = state.as;
  known = new Map(groups.map((g) => [g.id, g.mine]));
}

// enter joins by an invite link, and shows where it has led.
export async function enter(ref) {
  const to = await attempt(() => post("enter", { as: actor().as, ref }));
  if (!to) return;
  page.toast(t("member_now"), { action: { text: t("groups"), testid: "group-show", run: openGroups }, sign: "check" });
}

const act = (id, what, more = {}) => attempt(() => post("ingroup", { ...actor(), id, do: what, ...more }));

function draw(anew) {
  const shown = JSON.stringify([state.as, state.view.groups, lang()]);
  if (!anew && dialog.dataset.shown === shown) return;
  dialog.dataset.shown = shown;
  const focused = dialog.contains(document.activeElement) && document.activeElement.dataset.key;
  const title = dialog.querySelector("input")?.value ?? "";
  fill(
    dialog,
    h("header", { class: "sheet-head" },
      h("span", { class: "sheet-brand" }, icon("people"), h("span", { id: "groups-title", text: t("groups") })), closeButton(dialog, "groups-close")),
    state.view.groups.length === 0 && h("p", { class: "hint", text: t("no_groups") }),
    ...state.view.groups.map(group),
    form(title),
  );
  if (focused) (dialog.querySelector(`[data-key="${focused}"]`) ?? dialog.querySelector(".icon-button")).focus();
}

function group(g) {
  return h("section", { class: "group", testid: "group", data: { mine: g.mine, bot: g.bot } },
    h("div", { class: "group-head" }, avatar(String(g.id), g.title),
      h("span", { class: "offer-words" }, h("b", { text: g.title }), h("small", { testid: "group-mine", text: `${t(`kind_${g.kind}`)} · ${t(g.bot === "deleted" ? "group_deleted" : `mine_${g.mine}`)}` }))),
    inside(g) && h("ul", { class: "group-members", "aria-label": t("members") }, h("li", {}, h("span", { text: t("the_bot") }), h("small", { text: t(`bot_${g.bot}`) })), g.members.map((m) => member(g, m))),
    inside(g) && h("div", { class: "deeds" }, deeds(g)));
}

function member(g, m) {
  const owner = g.mine === "creator" && m.status !== "creator";
  return h("li", { testid: "group-member", data: { who: m.key } }, h("span", { text: m.name }), h("small", { text: t(`member_${m.status}`) }),
    owner && deed(g, "remove", { member: m.key }));
}

function deeds(g) {
  if (g.mine !== "creator") return [deed(g, "leave")];
  const bot = { administrator: ["demote", "remove_bot"], member: ["promote", "remove_bot"] }[g.bot] ?? ["promote"];
  return [...bot, ...(g.kind === "group" ? ["migrate"] : []), "delete"].map((what) => deed(g, what));
}

function deed(g, what, more = {}) {
  return button({ class: "secondary small", testid: `group-${what}`, data: { key: `${g.id} ${what} ${more.member ?? ""}` }, text: t(`group_${what}`), on: { click: () => act(g.id, what, more) } });
}

function form(value) {
  const title = h("input", { id: "group-title", testid: "group-title", maxlength: "64", autocomplete: "off", data: { key: "title" } });
  title.value = value;
  const kind = h("select", { testid: "group-kind", "aria-label": t("group_kind") }, ["channel", "supergroup", "group"].map((k) => h("option", { value: k, text: t(`kind_${k}`) })));
  const make = async (e) => {
    e.preventDefault();
    if (!title.value.trim()) return title.focus();
    if (await attempt(() => post("group", { ...actor(), kind: kind.value, title: title.value.trim() }))) title.value = "";
  };
  return h("form", { class: "group-new", on: { submit: make } }, h("label", { class: "label", for: "group-title", text: t("group_new") }),
    h("div", { class: "joined" }, title, kind), h("button", { type: "submit", class: "secondary wide", testid: "group-make", text: t("group_make") }));
}
