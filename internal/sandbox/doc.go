// Package sandbox is a place to run a bot in: a Telegram Bot API, a Crypto Pay API, six users
// with wallets, and a chat page on which a person at a browser can be each of them. It serves the
// demo, whole-program tests, and any other bot or SDK.
//
// It knows nothing of shops: what it shows, it learns from the two APIs, as the real apps do. The
// one idea to keep in mind: all state is in the two services; the page is a view of them and may be
// open in many windows.
//
//	/telegram/…   the Bot API, so that its base address ends in /telegram
//	/cryptopay/…  Crypto Pay, so that its base address ends in /cryptopay
//	/bot…, /api/… the two APIs again, for clients that know only a host
//	/             the chat page; ?as=alice selects the user, ?bot=1000 the bot,
//	              ?start=WORD sends "/start WORD" as a deep link does
//
// # The API of the page
//
// Everything under /ui/ is for the page and for scripts that act as users. A user is named by key
// ("alice") or Telegram id, a bot and an app by the digits of its token, so no token ever reaches
// the page; the default is the first one that has called. Requests and answers are JSON; an error
// has a status from 400 and {"error": "text", "reason": "word"}.
//
//	GET  /ui/events?as=&bot=      server-sent events, below
//	GET  /ui/invoice?as=&ref=     an invoice (by id, hash or link), its offers, the user's coins
//	GET  /ui/check?as=&ref=       a check
//	GET  /ui/file?id=[&inline=1]  a file of a message
//	POST /ui/join      {id, name, language}           a new user, or another name for one who joined
//	POST /ui/say       {as, bot, text}
//	POST /ui/tap       {as, bot, message, data}       presses a button with callback data
//	POST /ui/upload?as=&bot=&name=&caption=&kind=     the body is the file; kind: document, photo, voice…
//	POST /ui/share     {as, bot, kind}                a location or the user's contact
//	POST /ui/inline    {as, bot, text}                an inline query
//	POST /ui/more      {as, bot}                      further results of it
//	POST /ui/choose    {as, bot, data}                sends a result of it, by its id
//	POST /ui/stars     {as, bot, message or ref}      pays an invoice in Stars; answers {id} of the checkout
//	POST /ui/buystars  {as, value}                    adds Stars to the wallet
//	POST /ui/subscription {as, bot, charge, do}       renew, fail, cancel or resume
//	POST /ui/group     {as, bot, kind, title}         a group, a supergroup or a channel; answers {id}
//	POST /ui/enter     {as, ref}                      joins by an invite link
//	POST /ui/ingroup   {as, bot, id, do, member}      leave; for owners remove, promote, demote, remove_bot, migrate, delete
//	POST /ui/read      {as, bot, message}             everything up to this message has been seen
//	POST /ui/pay       {as, ref, asset, comment, anonymous}
//	POST /ui/activate  {as, ref}                      takes the coins of a check
//	POST /ui/webhook   {app, url}                     as typed into the wallet's bot
//	POST /ui/resend    {app}                          sends the webhook of the last payment again
//	POST /ui/break     {as, bot, app, name, on, value, mode}  one fault switch; see flip
//
// The stream sends one kind of event, whose data is a view: first a whole one, later ones with the
// messages that are new or changed and the ids of those that are gone. A stream that breaks starts
// again with a whole view.
//
// Other sites cannot use any of this: requests that a browser marks as cross-site are refused, and
// so is a host name other than localhost and those in Options.Hosts, whatever address it resolves
// to.
package sandbox
