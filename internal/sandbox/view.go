package sandbox

import (
	"time"

	"shopbot/internal/sandbox/telegram"
)

// view is what one window shows: a user's chat with a bot, the lists of users and bots, the wallet,
// and the fault switches.
type view struct {
	Whole    bool               `json:"whole"` // Messages are all of them
	As       string             `json:"as"`
	Bot      string             `json:"bot"` // empty: no bot has called yet
	People   []personView       `json:"people"`
	Bots     []botView          `json:"bots"`
	Messages []messageView      `json:"messages"` // new or changed, oldest first
	Gone     []int              `json:"gone"`     // ids of messages that were deleted
	Pressed  []telegram.Alert   `json:"pressed"`  // buttons that wait for their answer
	Answers  []telegram.Alert   `json:"answers"`  // since the last view
	Commands []telegram.Command `json:"commands"`
	Blocked  bool               `json:"blocked"`
	Wallet   walletView         `json:"wallet"`
	Faults   faultsView         `json:"faults"`
}

type personView struct {
	Key      string `json:"key"`
	Name     string `json:"name"`
	Username string `json:"username"`
	Language string `json:"language"`
	Owner    bool   `json:"owner"`
	Unread   int    `json:"unread"` // in all chats together
}

type botView struct {
	Key      string `json:"key"`
	Name     string `json:"name"`
	Username string `json:"username"`
	About    string `json:"about"`
	Last     string `json:"last"` // text of the last message
	Unread   int    `json:"unread"`
}

type messageView struct {
	ID             int                 `json:"id"`
	Mine           bool                `json:"mine"`
	Date           int64               `json:"date"` // Unix time in seconds
	Edited         bool                `json:"edited,omitempty"`
	Text           string              `json:"text"`
	Entities       []telegram.Entity   `json:"entities,omitempty"`
	Photo          *photoView          `json:"photo,omitempty"`
	Document       *fileView           `json:"document,omitempty"`
	Buttons        [][]telegram.Button `json:"buttons,omitempty"`
	Keyboard       [][]string          `json:"keyboard,omitempty"`
	RemoveKeyboard bool                `json:"remove_keyboard,omitempty"`
	ReplyTo        int                 `json:"reply_to,omitempty"`
	Forwarded      string              `json:"forwarded,omitempty"`
	Pinned         bool                `json:"pinned,omitempty"`
}

type photoView struct {
	ID      string `json:"id"`
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Spoiler bool   `json:"spoiler,omitempty"`
}

type fileView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Size int    `json:"size"`
}

// unixMilli is 0 for the zero time.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func newMessageView(m telegram.Message) messageView {
	v := messageView{
		ID: m.ID, Mine: !m.FromBot, Date: m.Date.Unix(), Edited: !m.EditDate.IsZero(), Text: m.Text,
		Entities: m.Entities, Buttons: m.Buttons, Keyboard: m.Keyboard, RemoveKeyboard: m.RemoveKeyboard,
		ReplyTo: m.ReplyTo, Forwarded: m.Forwarded, Pinned: m.Pinned,
	}
	if f := m.Photo; f != nil {
		v.Photo = &photoView{f.ID, f.Width, f.Height, m.Spoiler}
	}
	if f := m.Document; f != nil {
		v.Document = &fileView{f.ID, f.Name, len(f.Data)}
	}
	return v
}
