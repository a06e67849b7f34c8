// The chat page. Each module draws one part of it from the views that the server streams; this one
// connects them.
//
// Hooks for tests (data-testid), which must stay:
//
//   people-alice, people-boris and so on      the users; aria-current marks the selected one
//   bot-1000                                  a bot, by the digits of its token
//   unread                                    a badge within either
//   status                                    the bot's name, or "connecting…"
//   start, composer, send                     the start button, the text field
//   commands, commands-menu, command          the "/" button, its menu, a line of it
//   attach, attach-input, attachment          the button, the file input, what is attached
//   reply, unblock                            a suggested answer, unblocks the bot
//   message                                   data-id, data-from="me|bot"; within it
//   text, photo, document, code, button       (button: data-kind="callback|url|invoice|check|stars|copy")
//   down                                      back to the end of the chat
//   hint, hint-action, hint-close, hints      what to press next, its button; shows it again
//   inline-result, inline-button, inline-none the answer to an inline query
//   toast, alert, alert-ok                    a note that fades, a dialog with an OK
//   pay-sheet, pay-app, pay-amount            the sheet of an invoice or a check
//   offer-USDT, pay, verdict, activate        an asset, the button, the result, a check's button
//   paid-button, sheet-close                  back to the merchant
//   wallet-open, wallet, wallet-close         the wallet
//   coins-USDT, coins-amount, wallet-entry    its content; data-kind="payment|transfer|check"
//   stars-sheet, stars-amount, stars-pay      the sheet of an invoice in Stars
//   stars-short, stars-verdict, stars-close   too few Stars, why it was not paid
//   stars-balance, stars-buy, stars-entry     Stars in the wallet
//   subscription                              data-state; within it sub-renew, sub-fail, sub-cancel, sub-resume
//   groups-open, groups, groups-close         groups and channels
//   group, group-mine, group-member           data-mine, data-bot; what one is in it; data-who
//   group-leave, group-remove and so on       see inGroup in the server
//   group-title, group-kind, group-make       a new one
//   incoming                                  the button of a note about received coins
//   break-open, break, break-close, mend      the drawer with fault switches
//   switch-lose_webhooks and so on            see flip in the server; outage-none, -down, -mute, -revoked
//   app, webhook-url, webhook-save            the app's webhook
//   resend, delivery                          the log of webhooks

import * as chat from "./chat.js";
import { askInline, focusComposer, showComposer } from "./composer.js";
import { broken, showDrawer } from "./drawer.js";
import { showGuide } from "./guide.js";
import { enter, openGroups, showGroups } from "./groups.js";
import { Live } from "./live.js";
import { follow } from "./links.js";
import { alertBox, clear, toast } from "./notices.js";
import * as sheet from "./sheet.js";
import * as side from "./side.js";
import { openStars, refreshStars } from "./stars.js";
import { apply, attempt, me, page, pressKey, say, state, theBot } from "./state.js";
import { openWallet, showWallet } from "./wallet.js";
import { speak } from "./words.js";

const query = new URLSearchParams(location.search);
let deepLink = query.get("start"); // to send once, when there is a bot
let connected = false;

const live = new Live(show, (now) => {
  connected = now;
  if (state.view) side.showHead(connected);
});

function show(view) {
  apply(view);
  speak(me()?.language);
  side.showPeople();
  side.showBots();
  side.showTitle();
  side.showHead(connected);
  side.showTools(broken(view.faults));
  showGuide();
  chat.show(view);
  showComposer();
  showWallet();
  showDrawer();
  sheet.refresh();
  refreshStars();
  showGroups();
  for (const a of view.answers) answer(a);
  sendDeepLink();
}

// answer shows a bot's answer to a button that was pressed here, and not in another window.
function answer(a) {
  if (!state.mine.delete(pressKey(a.message, a.data))) return;
  if (a.url) follow(a.url);
  else if (a.modal) alertBox(a.text, theBot()?.name ?? "");
  else toast(a.text);
}

function sendDeepLink() {
  if (deepLink === null || !state.bot) return;
  const start = deepLink;
  deepLink = null;
  address();
  attempt(() => say(`/start ${start}`.trim()));
}

// address keeps the user and the bot in the address, so the page can be reloaded or opened twice.
function address() {
  const now = new URLSearchParams({ as: state.as });
  if (state.bot) now.set("bot", state.bot);
  if (deepLink !== null) now.set("start", deepLink);
  history.replaceState(null, "", `/?${now}`);
}

page.become = (as, bot) => {
  if (as !== state.as) clear();
  state.mine.clear();
  state.as = as;
  state.bot = bot;
  address();
  live.watch(as, bot);
  focusComposer();
};
page.openInvoice = sheet.openInvoice;
page.openCheck = sheet.openCheck;
page.openStars = openStars;
page.enter = enter;
page.openWallet = openWallet;
page.openGroups = openGroups;
page.askInline = askInline;
page.toast = toast;

page.become(query.get("as") || "alice", query.get("bot") || "");
