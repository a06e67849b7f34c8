package main

import (
	"io"
	"log/slog"

	"shopbot/internal/telegram"
)

// newLogger logs to w as cfg says. The secrets of cfg are replaced in whatever is
// written, names and values, errors and groups alike: what a library may put
// into an error is not for us to foresee.
func newLogger(w io.Writer, cfg config) *slog.Logger {
	w = telegram.RedactingWriter(w, cfg.secrets()...)
	options := &slog.HandlerOptions{Level: slog.Level(cfg.LogLevel)}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
