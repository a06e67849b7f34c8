package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-telegram/bot/models"
)

// Handler handles one update. It is called again for the same update after it returned an error and
// after a crash, so it must be idempotent. Its context ends after a minute; a stop of the program
// does not cancel it.
type Handler func(ctx context.Context, u *models.Update) error

// allowedUpdates are the kinds of updates the bot subscribes to: messages, button presses, inline
// queries, being blocked or unblocked, people who join or leave a chat of the bot's, whether a
// payment may happen, and subscriptions.
var allowedUpdates = []string{
	models.AllowedUpdateMessage, models.AllowedUpdateCallbackQuery, models.AllowedUpdateInlineQuery,
	models.AllowedUpdateMyChatMember, models.AllowedUpdateChatMember, models.AllowedUpdatePreCheckoutQuery, allowedSubscription,
}

// allowedSubscription is a kind of updates that the library does not know: what becomes of a
// subscription between its payments (core.telegram.org/bots/api#botsubscriptionupdated).
const allowedSubscription = "subscription"

// task is one entry of a chat's queue.
type task struct {
	id     int64
	chat   int64 // 0 for an update that belongs to no chat
	raw    []byte
	update *models.Update
	// payer is whose payment, refund or subscription the update tells of; 0 if of none.
	payer  int64
	failed int // failed attempts

	overflow bool // not an update, but the notice that some were dropped

	replaced chan struct{} // closed once a later update makes what this one shows pointless
}

// newTask decodes an update. With an error, the task has only the raw bytes, and the id if that
// much can be read.
func newTask(raw []byte) (*task, error) {
	u, err := decodeUpdate(raw)
	if err != nil {
		return &task{id: updateID(raw), raw: raw}, err
	}
	if u.ID <= 0 {
		return &task{raw: raw}, errors.New("no update_id")
	}
	t := &task{id: u.ID, chat: chatOf(u), raw: raw, update: u, replaced: make(chan struct{})}
	if t.payer = payerOf(u, raw); t.payer != 0 {
		t.chat = paymentLane(t.payer)
	}
	return t, nil
}

// isKept reports whether the update is kept in the inbox until it is handled. An inline query is not:
// its answer is worth nothing after seconds, and the next letter asks again.
func (t *task) isKept() bool { return !t.overflow && t.update.InlineQuery == nil }

// updateID reads the id of an update that is otherwise unreadable. It returns 0 if there is none.
func updateID(raw []byte) int64 {
	var u struct {
		ID json.Number `json:"update_id"`
	}
	if json.Unmarshal(raw, &u) != nil {
		return 0
	}
	id, err := u.ID.Int64()
	if err != nil {
		return 0
	}
	return max(id, 0)
}

// decodeUpdate recovers panics, because the library's decoders are not made for hostile input. They
// return an error for enum values they do not know.
func decodeUpdate(raw []byte) (u *models.Update, err error) {
	defer func() {
		if p := recover(); p != nil {
			u, err = nil, fmt.Errorf("decode update: panic: %v", p)
		}
	}()
	u = &models.Update{}
	if err := json.Unmarshal(raw, u); err != nil {
		return nil, fmt.Errorf("decode update: %w", err)
	}
	return u, nil
}

// chatOf returns the chat whose queue an update belongs to. A private chat has its user's id, so
// the sender stands in for the chat of a button press whose message is gone.
func chatOf(u *models.Update) int64 {
	switch {
	case u.Message != nil:
		return u.Message.Chat.ID
	case u.MyChatMember != nil:
		return u.MyChatMember.Chat.ID
	case u.ChatMember != nil: // in the queue of who joins, since many join one chat
		if user := MemberOf(&u.ChatMember.NewChatMember); user != nil {
			return user.ID
		}
		return 0
	case u.InlineQuery != nil && u.InlineQuery.From != nil:
		return u.InlineQuery.From.ID
	case u.CallbackQuery == nil:
		return 0
	}
	switch m := u.CallbackQuery.Message; {
	case m.Message != nil && m.Message.Chat.ID != 0:
		return m.Message.Chat.ID
	case m.InaccessibleMessage != nil && m.InaccessibleMessage.Chat.ID != 0:
		return m.InaccessibleMessage.Chat.ID
	default:
		return u.CallbackQuery.From.ID
	}
}
