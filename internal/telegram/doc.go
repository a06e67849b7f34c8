// Package telegram is the plumbing between a conversation and the Telegram Bot API
// (core.telegram.org/bots/api): calls that respect the rate limits and fail with typed errors, and
// an intake of updates that survives stops and crashes. It does not know what the conversation is
// about.
//
// Messages, keyboards and parameters are the types of github.com/go-telegram/bot. This package adds
// what that library leaves to its users: rate limits, flood limits, durable updates in order, and a
// token that never shows.
//
// The one idea to keep in mind: Telegram forgets an update once it is confirmed, so it is confirmed
// only after it is in the Inbox, and it leaves the Inbox only after it was handled. A crash in
// between repeats an update; none is lost.
//
//	client, err := telegram.New(telegram.Config{Token: token, APIURL: "https://api.telegram.org"})
//	intake := telegram.NewIntake(client, inbox, handle, log)
//	go intake.Run(ctx)  // handles updates
//	go intake.Poll(ctx) // receives them; or intake.RegisterWebhook and intake.Webhook
package telegram
