package shop

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// ErrBlocked says that the shop takes no orders of this buyer.
var ErrBlocked = errors.New("the buyer is blocked")

// MaxBlockReason is how long the reason of a block may be, in letters.
const MaxBlockReason = 200

// Block lets a person order no more. Orders that are there are paid and delivered as usual. by is
// the Telegram id of the one who decided it. changed is false if the person was blocked before:
// then that block and its reason stay.
func (s *Shop) Block(ctx context.Context, user, by int64, reason string) (changed bool, err error) {
	p, err := s.store.Person(ctx, user)
	if err != nil || !p.Blocked.At.IsZero() {
		return false, err
	}
	e := AuditEntry{Act: AuditBlocked, By: by, Reason: strconv.FormatInt(user, 10) + " " + reason}
	if err := s.store.Record(ctx, e); err != nil { // first, so every change is in the trail
		return false, err
	}
	_, err = s.store.ChangePerson(ctx, user, func(p *Person) bool {
		changed = p.Blocked.At.IsZero()
		if changed {
			p.Blocked = Block{At: now(), By: by, Reason: reason}
		}
		return changed
	})
	if err != nil {
		return false, fmt.Errorf("block %d: %w", user, err)
	}
	s.log.InfoContext(ctx, "buyer blocked", "user", user, "admin", by)
	return changed, nil
}

// Unblock lets a blocked person order again, and forgives all orders of theirs that lapsed so far,
// so that units are held for them. by is the Telegram id of the one who decided it.
func (s *Shop) Unblock(ctx context.Context, buyer, by int64) error {
	e := AuditEntry{Act: AuditUnblocked, By: by, Reason: strconv.FormatInt(buyer, 10)}
	if err := s.store.Record(ctx, e); err != nil { // first, so every change is in the trail
		return err
	}
	note := binary.BigEndian.AppendUint64(nil, uint64(now().UnixMilli()))
	if err := s.store.SetNote(ctx, pardonNote(buyer), note); err != nil {
		return fmt.Errorf("unblock %d: %w", buyer, err)
	}
	_, err := s.store.ChangePerson(ctx, buyer, func(p *Person) bool {
		changed := !p.Blocked.At.IsZero()
		p.Blocked = Block{}
		return changed
	})
	if err != nil {
		return fmt.Errorf("unblock %d: %w", buyer, err)
	}
	s.log.InfoContext(ctx, "buyer unblocked", "user", buyer, "admin", by)
	return nil
}
