package ops

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// One more path of the operator's API, see server.go.
//
//	GET  /ops/backup              the whole database; the connection is cut if it cannot be read to its end
const backupPath = "/ops/backup"

// backupWriteTimeout is how long one write to the client may take. The pages that the shop frees
// during a backup cannot be used again before its end.
const backupWriteTimeout = time.Minute

func (s Server) getBackup(w http.ResponseWriter, r *http.Request) {
	out := &deadlineWriter{to: w, connection: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "application/octet-stream")
	err := s.Backup(r.Context(), out)
	switch {
	case err == nil:
	case out.begun:
		panic(http.ErrAbortHandler) // tells the client that the copy is not whole
	default:
		answerText(w, statusOf(err), err.Error())
	}
}

// deadlineWriter gives each write the same time limit.
type deadlineWriter struct {
	to         io.Writer
	connection *http.ResponseController
	begun      bool
}

func (w *deadlineWriter) Write(p []byte) (int, error) {
	if err := w.connection.SetWriteDeadline(time.Now().Add(backupWriteTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	w.begun = true
	return w.to.Write(p)
}

// Backup copies the running shop's database to w.
func (s Client) Backup(ctx context.Context, w io.Writer) (err error) {
	resp, err := s.request(ctx, http.MethodGet, backupPath, nil, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("copy from the running shop: %w", err)
	}
	return nil
}
