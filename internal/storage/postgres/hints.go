package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"shopbot/internal/storage"
)

// hintPause is how long a hint may be late if the server tells nothing.
const hintPause = 2 * time.Second

// Hints implements storage.Engine. It keeps a connection of its own.
func (e *Engine) Hints(ctx context.Context, hint func(storage.Hint)) error {
	for failed := false; ctx.Err() == nil; pause(ctx, hintPause) {
		hint(storage.HintWork)
		hint(storage.HintInbox)
		err := e.listen(ctx, hint, func() { failed = false })
		if err != nil && ctx.Err() == nil && !failed {
			e.log.WarnContext(ctx, "listen to the database failed", "error", e.withHint(err))
			failed = true
		}
	}
	return nil
}

func (e *Engine) listen(ctx context.Context, hint func(storage.Hint), connected func()) error {
	conn, err := pgx.ConnectConfig(ctx, e.config.ConnConfig.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	connected()
	for {
		limited, cancel := context.WithTimeout(ctx, hintPause)
		told, err := conn.WaitForNotification(limited)
		quiet := limited.Err() != nil
		cancel()
		switch {
		case err == nil:
			hint(storage.Hint(told.Payload))
		case ctx.Err() != nil:
			return nil
		case !quiet || conn.IsClosed():
			return err
		default:
			hint(storage.HintWork)
			hint(storage.HintInbox)
		}
	}
}
