package telegram

import (
	"fmt"
	"net/http"
)

// apiError is a refusal in Telegram's own words.
type apiError struct {
	code        int
	description string
	retryAfter  int // seconds; 0: not told
}

func (e apiError) Error() string { return fmt.Sprintf("%d %s", e.code, e.description) }

func badRequest(text string) apiError {
	return apiError{code: http.StatusBadRequest, description: "Bad Request: " + text}
}

func forbidden(text string) apiError {
	return apiError{code: http.StatusForbidden, description: "Forbidden: " + text}
}

func conflict(text string) apiError {
	return apiError{code: http.StatusConflict, description: "Conflict: " + text}
}

func notFound() apiError {
	return apiError{code: http.StatusNotFound, description: "Not Found"}
}

func tooLarge() apiError {
	return apiError{code: http.StatusRequestEntityTooLarge, description: "Request Entity Too Large"}
}

func flood(seconds int) apiError {
	seconds = max(seconds, 1)
	return apiError{
		code:        http.StatusTooManyRequests,
		description: fmt.Sprintf("Too Many Requests: retry after %d", seconds),
		retryAfter:  seconds,
	}
}

func notModified() apiError {
	return badRequest("message is not modified: specified new message content and reply markup" +
		" are exactly the same as a current content and reply markup of the message")
}

func parseError(format string, args ...any) apiError {
	return badRequest("can't parse entities: " + fmt.Sprintf(format, args...))
}
