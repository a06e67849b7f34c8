package sandbox

import (
	"time"

	"shopbot/internal/sandbox/telegram"
)

// view is what one window shows: a user's chat with a bot, the lists of users and bots, the wallet,
// and the fault switches.
type view struct {
	Whole    bool                  `json:"whole"` // Messages are all of them
	As       string                `json:"as"`
	Bot      string                `json:"bot"` // empty: no bot has called yet
	People   []personView          `json:"people"`
	Bots     []botView             `json:"bots"`
	Messages []messageView         `json:"messages"` // new or changed, oldest first
	Gone     []int                 `json:"gone"`     // ids of messages that were deleted
	Pressed  []telegram.Alert      `json:"pressed"`  // buttons that wait for their answer
	Answers  []telegram.Alert      `json:"answers"`  // since the last view
	Commands []telegram.Command    `json:"commands"`
	Inline   telegram.InlineAnswer `json:"inline"`
	Blocked  bool                  `json:"blocked"`
	Wallet   walletView            `json:"wallet"`
	Stars    starsView             `json:"stars"`
	Groups   []groupView           `json:"groups"`
	Faults   faultsView            `json:"faults"`
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
	telegram.Message
	Mine   bool  `json:"mine"`
	Date   int64 `json:"date"` // Unix time in seconds
	Edited bool  `json:"edited,omitempty"`
	Size   int   `json:"size,omitempty"` // of the document, in bytes
}

func newMessageView(m telegram.Message) messageView {
	v := messageView{Message: m, Mine: !m.FromBot, Date: m.Date.Unix(), Edited: !m.EditDate.IsZero()}
	if m.Document != nil {
		v.Size = len(m.Document.Data)
	}
	return v
}

// unixMilli is 0 for the zero time.
func unixMilli(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
