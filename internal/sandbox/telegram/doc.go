// Package telegram is a Telegram that lives in memory: the Bot API for bots, and
// private chats in which people write, tap and send files. It serves the
// demo, tests, and anybody's bot that wants to be tried without an account.
//
// It refuses what Telegram refuses, in its words: limits, markup that does not
// parse, edits that change nothing, people who have not started the bot or have
// blocked it. It knows nothing of shops, and shares no code with the bots that
// use it. The one idea to keep in mind: any well-formed token is a bot of its
// own, and all chats are private chats of one bot and one person.
//
// A Service may be used from many goroutines. Inside a testing/synctest bubble it
// must be made by New inside the bubble, and closed there.
//
// # Where it differs
//
//   - There are no groups, channels, inline queries, payments or media other than
//     photos and documents. Their methods are unknown ones.
//   - A webhook and the address under a button may be on loopback, where the real
//     Telegram takes neither.
//   - A person who exists but has not started the bot is one whom the bot knows
//     from elsewhere: 403, not 400.
//   - A file is never fetched from an address: "failed to get HTTP URL content".
//   - The sizes of a photo all have the original's bytes.
//   - Limits of texts are counted in UTF-16 code units, those of the keyboard
//     (100 buttons) and of RealLimits are what bots see, as Telegram does not
//     publish them.
//   - sendMediaGroup and the like count as one message towards RealLimits.
package telegram
