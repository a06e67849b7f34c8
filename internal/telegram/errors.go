package telegram

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of errors. An Error wraps one of these, or the context's error if the call was given up
// before it was made, or a reader's error if an upload could not be read; in these two cases
// nothing was done.
var (
	// ErrFlood is a flood limit: see Error.RetryAfter. Nothing was done.
	ErrFlood error = &kind{"too many requests", "flood"}
	// ErrBlocked is a user who blocked the bot, is deactivated, or never wrote first. Nothing was
	// done, and a retry does not help.
	ErrBlocked error = &kind{"user cannot be written to", "blocked"}
	// ErrChatGone is a chat that does not exist, or not any more.
	ErrChatGone error = &kind{"no such chat", "chat_gone"}
	// ErrMessageGone is a message that cannot be edited: it does not exist, is too old, or of
	// another kind.
	ErrMessageGone error = &kind{"message cannot be changed", "message_gone"}
	// ErrTopicGone is a topic of a forum that does not exist, or not any more.
	ErrTopicGone error = &kind{"no such topic", "bad_request"}
	// ErrTooBig is a file that is larger than may be downloaded.
	ErrTooBig error = &kind{"file too big", "bad_request"}
	// ErrNoFile is a file that is not handed out: it is gone, or its id is not one of this bot's.
	ErrNoFile error = &kind{"file not handed out", "bad_request"}
	// ErrLocalFile is a file on the disk of a self-hosted server in local mode, which serves no
	// files.
	ErrLocalFile error = &kind{"file on the disk of a Bot API server in local mode", "bad_request"}
	// ErrBadRequest is a call that Telegram will never accept as it is.
	ErrBadRequest error = &kind{"refused", "bad_request"}
	// ErrUnauthorized is a token that does not, or no longer, belong to a bot.
	ErrUnauthorized error = &kind{"token refused", "unauthorized"}
	// ErrFrozen is a bot whose account Telegram has frozen: it may ask, and not write. That ends
	// when Telegram ends it, so the same call may succeed later. Nothing was done.
	ErrFrozen error = &kind{"bot is frozen", "frozen"}
	// ErrConflict is another program, or a webhook, that receives this bot's updates.
	ErrConflict error = &kind{"conflict", "conflict"}
	// ErrReplaced is a call that was given up, since a later update replaces the one that is being
	// handled; see Yielding. Nothing was done.
	ErrReplaced error = &kind{"replaced by a later update", "cancelled"}
	// ErrTemporary is a failure of the server or the network. The call may have been done.
	ErrTemporary error = &kind{"no usable answer", "temporary"}
)

// kind is a kind of errors, with its word for metrics.
type kind struct{ text, outcome string }

func (k *kind) Error() string { return k.text }

// Error is a call that failed. Use errors.Is with the kinds above. It never contains the token.
type Error struct {
	Method      string        // such as "sendMessage"
	Code        int           // Telegram's error_code or else the HTTP status; 0: no answer, or the call was not made
	Description string        // Telegram's, cut
	RetryAfter  time.Duration // with ErrFlood: when the call may be made again
	MigrateTo   int64         // with ErrChatGone: the new id of the group, which was upgraded; 0 for none
	err         error         // the kind; with ErrTemporary joined with the context's error if that ended
}

func (e *Error) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("telegram: %s: %s", e.Method, e.Description)
	}
	return fmt.Sprintf("telegram: %s: %d %s", e.Method, e.Code, e.Description)
}

func (e *Error) Unwrap() error { return e.err }

// kindOf returns the kind of an error code and its description. Telegram's codes are those of HTTP,
// so the description decides among the 400s.
func kindOf(code int, description string) error {
	switch {
	case containsAny(description, "FROZEN_METHOD_INVALID"): // a 420 of Telegram's own protocol, and no flood
		return ErrFrozen
	case code == 429 || code == 420:
		return ErrFlood
	case code == 403:
		return ErrBlocked
	case code == 401 || code == 404: // "Not Found" is what a malformed token gets
		return ErrUnauthorized
	case code == 409:
		return ErrConflict
	case code >= 400 && code < 500:
		return kindOfRefusal(description)
	default:
		return ErrTemporary
	}
}

func kindOfRefusal(description string) error {
	switch {
	case containsAny(description, "chat not found", "upgraded to a supergroup", "PEER_ID_INVALID", "USER_DEACTIVATED"):
		return ErrChatGone
	case containsAny(description, "message to edit not found", "message can't be edited", "in the message to edit",
		"MESSAGE_ID_INVALID"):
		return ErrMessageGone
	case containsAny(description, "message thread not found", "TOPIC_DELETED", "TOPIC_ID_INVALID"):
		return ErrTopicGone
	case containsAny(description, "file is too big"):
		return ErrTooBig
	default:
		return ErrBadRequest
	}
}

// refusedWith reports whether err is a 400 whose description contains one of words.
func refusedWith(err error, words ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == 400 && containsAny(e.Description, words...)
}

// unlessRefused is err, or nil if that is a 400 whose description contains one of words: what was asked
// for is so already.
func unlessRefused(err error, words ...string) error {
	if refusedWith(err, words...) {
		return nil
	}
	return err
}

// queryForgotten are the words for a query that Telegram has forgotten, or knows the answer of.
var queryForgotten = []string{"query is too old", "query ID is invalid", "QUERY_ID_INVALID"}

func containsAny(s string, words ...string) bool {
	s = strings.ToLower(s)
	for _, w := range words {
		if strings.Contains(s, strings.ToLower(w)) {
			return true
		}
	}
	return false
}
