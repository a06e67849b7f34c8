package app

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/config"
)

func TestALogThatNobodyReadsDelaysNobody(t *testing.T) {
	for _, format := range []config.LogFormat{"text", "json"} {
		synctest.Test(t, func(t *testing.T) {
			cfg := config.Config{LogLevel: config.LogLevel(slog.LevelInfo), LogFormat: format}
			reader, writer := io.Pipe()
			log := NewLogger(writer, cfg)
			began := time.Now()
			for range 50 {
				log.Info("payment received")
			}
			require.Equal(t, time.Second, time.Since(began), "for the first line")

			var read bytes.Buffer
			go func() { _, _ = io.Copy(&read, reader) }()
			synctest.Wait()
			log.Info("order delivered")
			log.Info("order delivered")
			require.NoError(t, writer.Close())
			synctest.Wait()
			require.Equal(t, 1, strings.Count(read.String(), "payment received"))
			require.Equal(t, 2, strings.Count(read.String(), "order delivered"))
			require.Equal(t, 1, strings.Count(read.String(), "log lines dropped"), read.String())
			require.Contains(t, read.String(), "49")
		})
	}
}

func TestALogThatCannotBeWrittenDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, writer := io.Pipe()
		require.NoError(t, reader.Close())
		began := time.Now()
		NewLogger(writer, config.Config{}).Info("payment received")
		require.Zero(t, time.Since(began))
	})
}
