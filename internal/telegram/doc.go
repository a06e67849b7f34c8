// Package telegram is the plumbing between a conversation and the Telegram Bot
// API (core.telegram.org/bots/api): calls that wait for their turn and fail with
// typed errors, and an intake of updates that survives stops and crashes. It
// knows nothing of what is talked about.
//
// Messages, keyboards and parameters are those of github.com/go-telegram/bot.
// What that library leaves to its users is done here: pacing, flood limits,
// durable updates in order, a token that never shows.
//
// The one idea to keep in mind: Telegram forgets an update once it is confirmed,
// so it is confirmed only after it is in the Inbox, and it leaves the Inbox only
// after its handler is done. A crash in between repeats an update; none is lost.
//
//	client, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.telegram.org"})
//	intake := telegram.NewIntake(client, inbox, handle, log)
//	go intake.Run(ctx)  // handles updates
//	go intake.Poll(ctx) // or intake.RegisterWebhook and intake.Webhook
package telegram
