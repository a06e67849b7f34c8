package telegram

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"shopbot/internal/sandbox/emulate"
)

// apiError is an error answer in Telegram's own words.
type apiError struct {
	code        int
	description string
	retryAfter  int   // seconds; 0: not sent
	migratedTo  int64 // the supergroup that the chat has become; 0: not sent
}

func (e apiError) Error() string { return fmt.Sprintf("%d %s", e.code, e.description) }

func refusal(code int, text string) apiError {
	return apiError{code: code, description: http.StatusText(code) + ": " + text}
}

func badRequest(text string) apiError    { return refusal(http.StatusBadRequest, text) }
func forbidden(text string) apiError     { return refusal(http.StatusForbidden, text) }
func conflict(text string) apiError      { return refusal(http.StatusConflict, text) }
func internalError(text string) apiError { return refusal(http.StatusInternalServerError, text) }

func notFound() apiError { return apiError{code: http.StatusNotFound, description: "Not Found"} }

func tooLarge() apiError {
	return apiError{code: http.StatusRequestEntityTooLarge, description: "Request Entity Too Large"}
}

func flood(seconds int) apiError {
	seconds = max(seconds, 1)
	return apiError{code: http.StatusTooManyRequests, description: fmt.Sprintf("Too Many Requests: retry after %d", seconds), retryAfter: seconds}
}

func notModified() apiError {
	return badRequest("message is not modified: specified new message content and reply markup" +
		" are exactly the same as a current content and reply markup of the message")
}

func parseError(format string, args ...any) apiError {
	return badRequest("can't parse entities: " + fmt.Sprintf(format, args...))
}

// answer is the answer to a call.
type answer struct {
	status int
	envelope
}

type envelope struct {
	OK          bool                `json:"ok"`
	Result      any                 `json:"result,omitempty"`
	ErrorCode   int                 `json:"error_code,omitempty"`
	Description string              `json:"description,omitempty"`
	Parameters  *responseParameters `json:"parameters,omitempty"`
}

type responseParameters struct {
	RetryAfter int   `json:"retry_after,omitempty"`
	MigratedTo int64 `json:"migrate_to_chat_id,omitempty"`
}

// described is a result with a remark, as setWebhook returns it.
type described struct {
	result      any
	description string
}

func succeeded(result any) answer {
	if d, ok := result.(described); ok {
		return answer{http.StatusOK, envelope{OK: true, Result: d.result, Description: d.description}}
	}
	return answer{http.StatusOK, envelope{OK: true, Result: result}}
}

func failed(err error) answer {
	var refused apiError
	if !errors.As(err, &refused) {
		refused = internalError(err.Error())
	}
	a := answer{refused.code, envelope{ErrorCode: refused.code, Description: refused.description}}
	if refused.retryAfter > 0 || refused.migratedTo != 0 {
		a.Parameters = &responseParameters{refused.retryAfter, refused.migratedTo}
	}
	return a
}

func (a answer) write(w http.ResponseWriter) {
	if a.Parameters != nil && a.Parameters.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(a.Parameters.RetryAfter))
	}
	emulate.WriteJSON(w, a.status, a.envelope)
}
