// Package telegram is a Telegram in memory: the Bot API for bots, and private chats in which users
// write, tap and send files. It serves the demo, tests, and any bot to be tried without an account.
//
// It refuses what Telegram refuses, in the same words: limits, markup that does not parse, edits
// that change nothing, users who have not started the bot or have blocked it. It knows nothing of
// shops and shares no code with the bots that use it. The one idea to keep in mind: any well-formed
// token is a bot of its own, and every chat is one bot's: with one user, or a group that it
// manages.
//
// A Service is safe for concurrent use. In a testing/synctest bubble, create and close it inside
// the bubble.
//
// # Differences
//
//   - There are no payments but in Stars, which cost nothing here. A subscription is renewed by
//     RenewSubscription, not by time.
//   - Inline queries are asked in the chat with the bot itself, and answered by articles with a
//     text, or by photos that were sent before. A message that was sent from a result cannot be
//     edited. Methods lists the methods that there are.
//   - In groups and channels, people join, leave, and are banned; they write in groups by SayIn
//     alone. Public names do not exist. A bot that was demoted in a channel stays a member of it.
//   - A file is of the kind that it is sent as, whatever it contains; only photos are looked at.
//   - Nobody votes in a poll, and a live location does not move.
//   - The account on Telegram's test servers (/test behind the token) is the same bot.
//   - A webhook and the address under a button may be on loopback; the real Telegram accepts
//     neither.
//   - A user who exists but has not started the bot is known to it: 403, not 400.
//   - A file is never fetched from an address: "failed to get HTTP URL content".
//   - The sizes of a photo all have the original's bytes.
//   - Limits of texts count UTF-16 code units. Those of the keyboard (100 buttons) and of
//     RealLimits are what bots observe, as Telegram does not publish them.
//   - sendMediaGroup and the like count as one message towards RealLimits.
package telegram
