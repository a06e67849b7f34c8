package telegram

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What may be wrong with a call. An Error is one of these, or it is the context's
// own error where the call was given up before it was made, or a reader's where an
// upload could not be read; in these two cases nothing was done.
var (
	// ErrFlood means that it is too early: see Error.RetryAfter. Nothing was done.
	ErrFlood = errors.New("too many requests")
	// ErrBlocked means that the person does not want to hear from us, is deactivated,
	// or never wrote first. Nothing was done, and repeating will not help.
	ErrBlocked = errors.New("person cannot be written to")
	// ErrChatGone means that there is no such chat (any more).
	ErrChatGone = errors.New("no such chat")
	// ErrMessageGone means that the message to edit or delete is not there, is too
	// old for it, or is of another kind.
	ErrMessageGone = errors.New("message cannot be changed")
	// ErrTooBig means that a file is larger than may be downloaded.
	ErrTooBig = errors.New("file too big")
	// ErrBadRequest means that Telegram will never take this call as it is.
	ErrBadRequest = errors.New("refused")
	// ErrUnauthorized means that the token is not, or no longer, a bot's.
	ErrUnauthorized = errors.New("token refused")
	// ErrConflict means that somebody else takes this bot's updates.
	ErrConflict = errors.New("conflict")
	// ErrTemporary means a failing server or network: the call may or may not have
	// been done.
	ErrTemporary = errors.New("no usable answer")
)

// Error is a call that did not succeed. Use errors.Is with the sentinels above.
// It never holds the token.
type Error struct {
	Method      string        // such as "sendMessage"
	Code        int           // Telegram's error_code or else the HTTP status; 0: no answer, or not asked
	Description string        // Telegram's words, clipped
	RetryAfter  time.Duration // with ErrFlood: how long Telegram does not want to hear from us
	err         error         // what errors.Is finds; with ErrTemporary also the context's error, if that ended
}

func (e *Error) Error() string {
	if e.Code == 0 {
		return fmt.Sprintf("telegram: %s: %s", e.Method, e.Description)
	}
	return fmt.Sprintf("telegram: %s: %d %s", e.Method, e.Code, e.Description)
}

func (e *Error) Unwrap() error { return e.err }

// kindOf finds the sentinel for an error code and its description. Telegram has no
// finer codes than HTTP's, so the words decide among the 400s.
func kindOf(code int, description string) error {
	switch {
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
	case containsAny(description, "message to edit not found", "message to delete not found",
		"message can't be edited", "message can't be deleted", "in the message to edit", "MESSAGE_ID_INVALID"):
		return ErrMessageGone
	case containsAny(description, "file is too big"):
		return ErrTooBig
	default:
		return ErrBadRequest
	}
}

// isNotModified recognises the refusal of an edit that would change nothing.
func isNotModified(err error) bool {
	return refusedWith(err, "message is not modified")
}

// isTooLate recognises the refusal of an answer to a press that Telegram has
// forgotten, which it does after some minutes.
func isTooLate(err error) bool {
	return refusedWith(err, "query is too old", "query ID is invalid", "QUERY_ID_INVALID")
}

func refusedWith(err error, words ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Code == 400 && containsAny(e.Description, words...)
}

func containsAny(s string, words ...string) bool {
	s = strings.ToLower(s)
	for _, w := range words {
		if strings.Contains(s, strings.ToLower(w)) {
			return true
		}
	}
	return false
}
