package storage

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// BenchmarkPaymentsDuringBackup compares how long a payment takes to be on disk while backups are
// written one after the other with how long it takes without, and a backup with a plain copy of the
// same file. Both ratios are of one run; the database has some 300 MB.
func BenchmarkPaymentsDuringBackup(b *testing.B) {
	db, payments := prepared(b, 2*b.N)
	for i := range 300 {
		require.NoError(b, db.SetNote(b.Context(), fmt.Sprint("ballast", i), bytes.Repeat([]byte{byte(i)}, 1<<20)))
	}
	dir := b.TempDir()
	percentile := func(payments []shop.IncomingPayment) time.Duration {
		var took []time.Duration
		for _, p := range payments {
			begun := time.Now()
			_, err := db.RecordPayment(b.Context(), p, applyPayment(p))
			require.NoError(b, err)
			took = append(took, time.Since(begun))
			time.Sleep(time.Millisecond) // payments come one by one
		}
		slices.Sort(took)
		return took[len(took)*99/100]
	}
	alone := percentile(payments[:b.N])

	ctx, cancel := context.WithCancel(b.Context())
	done, copies, copying := make(chan struct{}), 0, time.Duration(0)
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			begun, copied := time.Now(), time.Duration(0)
			_, err := WriteBackup(ctx, []string{db.file.path}, filepath.Join(dir, "copy"), true, func(w io.Writer) error {
				err := db.Backup(ctx, w)
				copied = time.Since(begun)
				return err
			})
			if err == nil {
				copies, copying = copies+1, copying+copied
			}
		}
	}()
	during := percentile(payments[b.N:])
	cancel()
	<-done
	b.ReportMetric(float64(alone.Microseconds()), "p99-alone-µs")
	b.ReportMetric(float64(during)/float64(alone), "p99-ratio")
	begun := time.Now()
	require.NoError(b, WriteFile(filepath.Join(dir, "plain"), func(w io.Writer) error {
		from, err := os.Open(db.file.path)
		if err != nil {
			return err
		}
		defer func() { _ = from.Close() }()
		_, err = io.Copy(struct{ io.Writer }{w}, from)
		return err
	}))
	if copies > 0 {
		b.ReportMetric(float64(time.Since(begun))/float64(copying/time.Duration(copies)), "speed-ratio")
		b.ReportMetric(float64(copies), "backups")
	}
}
