package telegram

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// Download downloads a file that a user sent. It returns ErrTooBig if the file has more than limit
// bytes, or more than the 20 MB that Telegram gives to bots (core.telegram.org/bots/api#getfile).
func (c *Client) Download(ctx context.Context, fileID string, limit int64) ([]byte, error) {
	file, err := call(ctx, c, request{method: "getFile"}, func(ctx context.Context) (*models.File, error) {
		return c.bot.GetFile(ctx, &bot.GetFileParams{FileID: fileID})
	})
	if err != nil {
		return nil, err
	}
	if file.FileSize > limit {
		return nil, &Error{Method: "getFile", Description: tooBig(limit), err: ErrTooBig}
	}
	return call(ctx, c, request{method: "download", limit: uploadLimit}, func(ctx context.Context) ([]byte, error) {
		return c.wire.download(ctx, file.FilePath, limit)
	})
}

func tooBig(limit int64) string { return fmt.Sprintf("file of more than %d bytes", limit) }

// download downloads a file by the path that getFile returned. A self-hosted server in local mode
// returns paths on its own disk, which it does not serve.
func (w *wire) download(ctx context.Context, filePath string, limit int64) ([]byte, error) {
	const method = "download"
	if filePath == "" || strings.HasPrefix(filePath, "/") {
		return nil, &Error{Method: method, Description: "file is not served", err: ErrBadRequest}
	}
	address := w.base + (&url.URL{Path: "/file/bot" + w.token + "/" + filePath}).EscapedPath()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, w.broken(ctx, method, err)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, w.broken(ctx, method, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, errNotFile(method, resp)
	}
	content, err := readLimited(resp.Body, limit)
	switch {
	case errors.Is(err, ErrTooBig):
		return nil, &Error{Method: method, Description: tooBig(limit), err: ErrTooBig}
	case err != nil:
		return nil, w.broken(ctx, method, err)
	}
	return content, nil
}

// errNotFile decides by the status alone. Unlike that of a method, the 404 of a file does not mean
// that the token is wrong.
func errNotFile(method string, resp *http.Response) error {
	e := errNotAPI(method, resp)
	e.Description = http.StatusText(resp.StatusCode)
	if e.RetryAfter == 0 && resp.StatusCode >= 400 && resp.StatusCode < 500 {
		e.err = ErrBadRequest
	}
	return e
}
