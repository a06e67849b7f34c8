// Package sandbox is a small world to run a bot in: a Telegram Bot API, a Crypto
// Pay API, three people with wallets, and a chat page in which somebody at a
// browser is each of them. It serves the demo, whole-program tests, and any
// other bot or SDK.
//
// It knows nothing of shops: what it shows, it learned from the two APIs, as the
// real apps do. The one idea to keep in mind: all truth is in the two
// services; the page is a view of them, and may be opened in many windows.
//
//	/telegram/…   the Bot API, so that its base address ends in /telegram
//	/cryptopay/…  Crypto Pay, so that its base address ends in /cryptopay
//	/             the chat page; ?as=alice chooses the person, ?bot=1000 the bot,
//	              ?start=WORD sends "/start WORD" as a deep link does
//
// # The API of the page
//
// Everything under /ui/ is for the page and for scripts that play a person. A
// person is named by key ("alice") or Telegram id, a bot and an app by the
// digits of its token, so that no token ever reaches the page; left out, it is
// the first one that has called. Requests and answers are JSON; a refusal has a
// status from 400 and {"error": "what", "reason": "word"}.
//
//	GET  /ui/events?as=&bot=      server-sent events, below
//	GET  /ui/invoice?as=&ref=     an invoice (by id, hash or link), its offers, the person's coins
//	GET  /ui/check?as=&ref=       a check
//	GET  /ui/file?id=[&inline=1]  a file of a message
//	POST /ui/join      {id, name, language}           a new person, or another name for one who joined
//	POST /ui/say       {as, bot, text}
//	POST /ui/tap       {as, bot, message, data}       presses a button that calls back
//	POST /ui/upload?as=&bot=&name=&caption=           the body is the file
//	POST /ui/read      {as, bot, message}             all up to this message has been seen
//	POST /ui/pay       {as, ref, asset}
//	POST /ui/activate  {as, ref}                      takes the coins of a check
//	POST /ui/webhook   {app, url}                     as typed into the wallet's bot
//	POST /ui/resend    {app}                          the webhook of the last payment, once more
//	POST /ui/break     {as, bot, app, name, on, value}  one switch of the drawer; see switches
//
// The stream sends one kind of event, whose data is a view: the first one whole,
// the later ones with the messages that are new or changed and the ids of those
// that are gone. A stream that breaks begins anew with a whole view.
//
// Another site cannot use any of this: requests that a browser marks as coming
// from elsewhere are refused, and so is a host name other than localhost and
// those in Options.Hosts, whatever address it resolves to.
package sandbox
