package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// backupPath belongs to the list in ops_api.go.
//
//	GET  /ops/backup              the whole database; cut off where it could not be read to its end
const backupPath = "/ops/backup"

// backupPatience is how long whoever takes a backup may keep the shop waiting with it, since
// what is freed meanwhile cannot be used again as long as it lasts.
const backupPatience = time.Minute

// snapshot writes a consistent copy of the database. (*storage.DB).Backup is one.
type snapshot func(ctx context.Context, w io.Writer) error

func (o ops) getBackup(w http.ResponseWriter, r *http.Request) {
	out := &patientWriter{to: w, connection: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "application/octet-stream")
	err := o.backup(r.Context(), out)
	switch {
	case err == nil:
	case out.begun:
		panic(http.ErrAbortHandler) // so that whoever asked sees that it is not whole
	default:
		answerText(w, statusOf(err), err.Error())
	}
}

// patientWriter gives each write the same time.
type patientWriter struct {
	to         io.Writer
	connection *http.ResponseController
	begun      bool
}

func (w *patientWriter) Write(p []byte) (int, error) {
	if err := w.connection.SetWriteDeadline(time.Now().Add(backupPatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	w.begun = true
	return w.to.Write(p)
}

// Backup copies the running shop's database to w.
func (s runningShop) Backup(ctx context.Context, w io.Writer) (err error) {
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
