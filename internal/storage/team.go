package storage

import (
	"context"
	"errors"
	"fmt"

	"shopbot/internal/shop"
)

func teamName() []byte { return []byte("staff") }

// Team implements shop.Teams.
func (db *DB) Team(ctx context.Context) (shop.Team, error) {
	return query(ctx, db, (*tx).team)
}

func (t *tx) team() (shop.Team, error) {
	record := t.get(bucketMeta, teamName())
	if record == nil {
		return shop.Team{}, t.failed
	}
	team, err := decode[shop.Team](record)
	if err != nil {
		return team, fmt.Errorf("staff: %w", err)
	}
	return team, nil
}

// ChangeTeam implements shop.Teams.
func (db *DB) ChangeTeam(ctx context.Context, rule shop.TeamRule) (team shop.Team, err error) {
	err = db.write(ctx, func(t *tx) error {
		var err error
		if team, err = t.team(); err != nil {
			return err
		}
		after := team.Clone()
		entry, err := rule(&after)
		switch {
		case errors.Is(err, shop.ErrUnchanged):
			return nil
		case err != nil:
			return err
		}
		t.putRecord(bucketMeta, teamName(), after)
		if entry.Act != "" {
			t.appendAudit(auditRecord{AuditEntry: entry})
		}
		team = after
		return t.failed
	})
	return team, err
}

func (c *checker) checkTeam() {
	team, err := c.team()
	if err == nil {
		err = team.Validate()
	}
	if err != nil {
		c.breach("staff: %v", err)
	}
}
