// Where addresses lead: into the wallet, to a bot, into a group, or out of the page.

import { attempt, page, say, state } from "./state.js";
import { t } from "./words.js";

// classify returns what an address is: {kind: "invoice" or "check", ref}, {kind: "stars", url},
// {kind: "bot", bot, start}, {kind: "invite", url}, {kind: "web", url}, or null if it must not be
// followed.
export function classify(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  return wallet(url) ?? stars(url) ?? bot(url) ?? invite(url) ?? web(url);
}

function wallet(url) {
  if (!/^(t\.me|([a-z-]+\.)*send\.tg)$/.test(url.hostname)) return null;
  const [, kind, hash] = /(?:^|[=/-])((?:IV)|(?:CQ))([0-9A-Za-z]{10})\b/.exec(url.pathname + url.search) ?? [];
  if (!hash) return null;
  return { kind: kind === "IV" ? "invoice" : "check", ref: kind + hash };
}

function stars(url) {
  return url.hostname === "t.me" && /^\/(\$|invoice\/)/.test(url.pathname) ? { kind: "stars", url: url.href } : null;
}

function bot(url) {
  let name;
  if (url.protocol === "tg:") name = url.searchParams.get("domain");
  else if (url.hostname === "t.me") name = url.pathname.slice(1);
  const found = state.view?.bots.find((b) => b.username.toLowerCase() === name?.toLowerCase());
  return found ? { kind: "bot", bot: found.key, start: url.searchParams.get("start") } : null;
}

function invite(url) {
  return url.hostname === "t.me" && url.pathname.startsWith("/+") ? { kind: "invite", url: url.href } : null;
}

function web(url) {
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? { kind: "web", url: url.href } : null;
}

// follow opens the address of a button or a link.
export function follow(address) {
  const to = classify(address);
  if (!to) page.toast(t("no_link"), { bad: true });
  else if (to.kind === "invoice") page.openInvoice(to.ref);
  else if (to.kind === "check") page.openCheck(to.ref);
  else if (to.kind === "bot") visit(to);
  else if (to.kind === "stars") page.openStars({ ref: to.url });
  else if (to.kind === "invite") page.enter(to.url);
  else window.open(to.url, "_blank", "noopener,noreferrer");
}

function visit({ bot: key, start }) {
  if (key !== state.bot) page.become(state.as, key);
  if (start) attempt(() => say(`/start ${start}`));
}
