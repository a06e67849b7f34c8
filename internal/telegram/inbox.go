package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/go-telegram/bot/models"
)

// Inbox keeps updates on disk until they are done. An update is named by its
// update_id, which is positive; its raw JSON is kept as Telegram sent it.
//
// When a method returns nil, what it did survives a crash. When it fails, it may
// or may not have been done.
type Inbox interface {
	// KeepUpdates keeps those updates that it has not seen in the last two days,
	// done ones included, and returns their ids. Telegram repeats an update for a
	// day, and its ids are not always rising: after a week without updates they go
	// on from a random number (core.telegram.org/bots/api#update).
	KeepUpdates(ctx context.Context, updates map[int64][]byte) (fresh []int64, err error)
	// PendingUpdates lists at most limit updates that are kept and not done, of ids
	// above after, by rising id. The bytes belong to the caller.
	PendingUpdates(ctx context.Context, after int64, limit int) (ids []int64, raws [][]byte, err error)
	// UpdateDone ends updates. One that is not pending is passed over.
	UpdateDone(ctx context.Context, ids ...int64) error
	// PutAside keeps an update that nobody can handle, for a person to look at. It
	// need not have been kept before; the same id again replaces it. Whether that
	// ends it is the inbox's choice: UpdateDone follows where it was kept.
	PutAside(ctx context.Context, id int64, raw []byte, reason string) error
	// LastUpdate is the highest of the ids kept of late; 0 for none. It is for
	// monitors: Poll does not need it, see there.
	LastUpdate(ctx context.Context) (int64, error)
}

// Handler answers one update. After an error it is called again for the same
// update, as it is after a crash, so it must bear that. Its context ends after a
// minute, and not because the program stops.
type Handler func(ctx context.Context, u *models.Update) error

// allowedUpdates are the kinds of updates that are asked for: what people write and
// press, and that they block the bot.
var allowedUpdates = []string{
	models.AllowedUpdateMessage, models.AllowedUpdateCallbackQuery, models.AllowedUpdateMyChatMember,
}

// task is an update on its way to the handler.
type task struct {
	id     int64
	chat   int64 // whose lane it is in; 0: nobody's
	raw    []byte
	update *models.Update
	failed int // times that the handler has failed

	overflow bool // no update, but the answer to one too many
}

// newTask decodes an update. The error is of interest to whoever looks at what was put aside.
func newTask(id int64, raw []byte) (*task, error) {
	u, err := decodeUpdate(raw)
	if err != nil {
		return nil, err
	}
	return &task{id: id, chat: chatOf(u), raw: raw, update: u}, nil
}

var errNoID = errors.New("no update_id")

// updateID reads the one field without which nothing can be done with an update.
func updateID(raw []byte) (int64, error) {
	var u struct {
		ID json.Number `json:"update_id"`
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		return 0, fmt.Errorf("%w: %w", errNoID, err)
	}
	id, err := strconv.ParseInt(u.ID.String(), 10, 64)
	if err != nil || id <= 0 {
		return 0, errNoID
	}
	return id, nil
}

// decodeUpdate is json.Unmarshal with the library's types, whose own decoders
// refuse values that are newer than they are, and might panic.
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

// chatOf finds the lane of an update: its chat, which for a private one is the
// person's id, as is the sender of a press on a message that is gone.
func chatOf(u *models.Update) int64 {
	switch {
	case u.Message != nil:
		return u.Message.Chat.ID
	case u.CallbackQuery != nil:
		return chatOfPress(u.CallbackQuery)
	case u.MyChatMember != nil:
		return u.MyChatMember.Chat.ID
	default:
		return 0
	}
}

func chatOfPress(q *models.CallbackQuery) int64 {
	switch m := q.Message; {
	case m.Message != nil && m.Message.Chat.ID != 0:
		return m.Message.Chat.ID
	case m.InaccessibleMessage != nil && m.InaccessibleMessage.Chat.ID != 0:
		return m.InaccessibleMessage.Chat.ID
	default:
		return q.From.ID
	}
}
