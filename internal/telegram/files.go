package telegram

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

// toChat returns a request that waits for the rate limit of a chat. The same chat may come as an
// int, an int64 or a string.
func toChat(method string, chat any) request { return request{method: method, chat: fmt.Sprint(chat)} }

// upload is a file of a call, and the offset to rewind it to; -1: it cannot be read again.
type upload struct {
	data  io.Reader
	start int64
}

// withFiles returns a request with files, each an upload, an id, a URL, or nil. It refuses what
// would make the library panic in a goroutine it starts.
func withFiles(method string, chat any, files ...models.InputFile) (request, error) {
	r := toChat(method, chat)
	for _, f := range files {
		if v := reflect.ValueOf(f); v.Kind() == reflect.Pointer && v.IsNil() {
			return r, badFile(method)
		}
		if f, ok := f.(*models.InputFileUpload); ok {
			if err := r.add(f.Data); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// withMedia is withFiles for methods that take a models.InputMedia.
func withMedia(method string, chat any, media models.InputMedia) (request, error) {
	r := toChat(method, chat)
	if v := reflect.ValueOf(media); v.Kind() != reflect.Pointer || v.IsNil() {
		return r, badFile(method)
	}
	if media.Attachment() == nil {
		if strings.HasPrefix(media.GetMedia(), attach) {
			return r, badFile(method)
		}
		return r, nil
	}
	err := r.add(media.Attachment())
	return r, err
}

// attach is the prefix of a medium that is uploaded with the call.
const attach = "attach://"

// badFile is the error for a mistake of the caller.
func badFile(method string) error {
	return &Error{Method: method, Description: "file without content, or whose reader is not a pointer", err: ErrBadRequest}
}

func (r *request) add(data io.Reader) error {
	if v := reflect.ValueOf(data); v.Kind() != reflect.Pointer || v.IsNil() {
		return badFile(r.method)
	}
	f := upload{data: data, start: -1}
	if s, ok := data.(io.Seeker); ok {
		if at, err := s.Seek(0, io.SeekCurrent); err == nil {
			f.start = at
		}
	}
	r.files = append(r.files, f)
	r.limit = uploadLimit
	return nil
}

// rewind makes files readable again. It returns false if one of them cannot be.
func rewind(files []upload) bool {
	for _, f := range files {
		s, ok := f.data.(io.Seeker)
		if !ok || f.start < 0 {
			return false
		}
		if _, err := s.Seek(f.start, io.SeekStart); err != nil {
			return false
		}
	}
	return true
}

// minimalMessage decodes only what a later edit needs. It returns nil if raw is not a message.
func minimalMessage(raw json.RawMessage) any {
	var m struct {
		ID   int `json:"message_id"`
		Date int `json:"date"`
		Chat struct {
			ID int64 `json:"id"`
		} `json:"chat"`
	}
	if err := json.Unmarshal(raw, &m); err != nil || m.ID == 0 {
		return nil
	}
	return &models.Message{ID: m.ID, Date: m.Date, Chat: models.Chat{ID: m.Chat.ID}}
}

// Download downloads a file that a user sent. Errors that a retry does not mend: ErrTooBig if the
// file has more than limit bytes, or more than the 20 MB that Telegram gives to bots
// (core.telegram.org/bots/api#getfile); ErrNoFile; ErrLocalFile.
func (c *Client) Download(ctx context.Context, fileID string, limit int64) ([]byte, error) {
	file, err := call(ctx, c, request{method: "getFile"}, func(ctx context.Context) (*models.File, error) {
		return c.bot.GetFile(ctx, &bot.GetFileParams{FileID: fileID})
	})
	if err != nil {
		return nil, asFileError(err)
	}
	if file.FileSize > limit {
		return nil, &Error{Method: "getFile", Description: tooBig(limit), err: ErrTooBig}
	}
	return call(ctx, c, request{method: "download", limit: uploadLimit}, func(ctx context.Context) ([]byte, error) {
		return c.wire.download(ctx, file.FilePath, limit)
	})
}

// asFileError says of a refusal that it is about a file.
func asFileError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && errors.Is(err, ErrBadRequest) {
		e.err = ErrNoFile
	}
	return err
}

// isOnDisk reports whether getFile's path is one on the server's own disk, of Unix or Windows.
func isOnDisk(filePath string) bool {
	return strings.HasPrefix(filePath, "/") || strings.Contains(filePath, `:\`)
}

func tooBig(limit int64) string { return fmt.Sprintf("file of more than %d bytes", limit) }

// download downloads a file by the path that getFile returned. A self-hosted server in local mode
// returns paths on its own disk, which it does not serve. They are not opened, even if they are on
// this machine: who answers in the server's place could have any file of ours read out.
func (w *wire) download(ctx context.Context, filePath string, limit int64) ([]byte, error) {
	const method = "download"
	switch {
	case filePath == "":
		return nil, &Error{Method: method, Description: "file without a path", err: ErrNoFile}
	case isOnDisk(filePath):
		return nil, &Error{Method: method, Description: "the Bot API server is in local mode and does not serve files", err: ErrLocalFile}
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
		e.err = ErrNoFile
	}
	return e
}
