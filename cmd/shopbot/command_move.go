package main

import (
	"context"
	"fmt"

	"shopbot/internal/config"
	"shopbot/internal/database"
	"shopbot/internal/storage"
)

type moveCommand struct {
	settingsFlags

	From string `placeholder:"DATABASE" help:"The database that holds the shop: a file or postgres://…; SHOPBOT_DATABASE where it is left out."`
	To   string `placeholder:"DATABASE" help:"The database to move it to, which must be empty; SHOPBOT_DATABASE where it is left out."`
}

// Help is what "shopbot move --help" adds.
func (moveCommand) Help() string {
	return `Moves the shop to another database: from a file to PostgreSQL, back, or to another server. The shop has to be stopped, with all its
replicas. All that is there is examined first, copied, compared by count and hash, and examined again. A move that was
stopped goes on where it was when the command is run again.

Afterwards the old database is as it was, but no shop starts on it any more: two shops would sell the same keys twice.
Leave the side with a password to SHOPBOT_DATABASE in the env file: others on this machine can read a command line.`
}

// Run moves the shop, and says what to do next.
func (c *moveCommand) Run(ctx context.Context, con *console) error {
	from, to, err := c.sides(con)
	if err != nil {
		return err
	}
	bar := con.progressOf("")
	defer bar.end()
	done, err := database.Move(ctx, from, to, bar.showMove)
	bar.end()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.stdout, `moved %s to %s: %s, %s, units of stock: %d free, %d reserved, %d sold, %s
Both sides were compared and are the same. No shop starts on the old one any more.
From now on name the new one as SHOPBOT_DATABASE.
`, from.Name(), to.Name(), plural(int(done.Entries), "record"), plural(done.Orders, "order"),
		done.Stock.Free, done.Stock.Reserved, done.Stock.Sold, plural(done.AuditEntries, "audit entry"))
	return err
}

// sides are the two databases, of which one may be that of the configuration.
func (c *moveCommand) sides(con *console) (from, to config.Database, err error) {
	if c.From == "" && c.To == "" {
		return "", "", config.Error{Where: "move", What: "from where and to where? Name one of them with --from or --to, and the other one as SHOPBOT_DATABASE or with the other flag"}
	}
	var named config.Database
	if c.From == "" || c.To == "" {
		cfg, err := con.loadFor(c.settingsFlags)
		if err != nil {
			return "", "", err
		}
		named = cfg.Database
	}
	if from, err = readSide("--from", c.From, named); err != nil {
		return "", "", err
	}
	if to, err = readSide("--to", c.To, named); err != nil {
		return "", "", err
	}
	if from == to {
		return "", "", config.Error{Where: "move", What: "both sides are " + from.Name() + "; name the other one with --from or --to"}
	}
	return from, to, nil
}

func readSide(flag, text string, otherwise config.Database) (d config.Database, err error) {
	if text == "" {
		return otherwise, nil
	}
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return "", config.Error{Where: flag, What: err.Error()}
	}
	return d, nil
}

// showMove draws how far a move is.
func (p *copyProgress) showMove(stage storage.MoveStage, done, total int64) {
	switch {
	case total > 0:
		p.say(fmt.Sprintf("%s %s %d of %d records", bar(done, total), stage, done, total))
	case done > 0:
		p.say(fmt.Sprintf("%s: %d records", stage, done))
	default:
		p.say(string(stage))
	}
}

// bar draws done of total in 20 characters, with the percentage.
func bar(done, total int64) string {
	const width = 20
	full := int(done * width / max(total, 1))
	line := make([]byte, width)
	for i := range line {
		if line[i] = '.'; i < full {
			line[i] = '#'
		}
	}
	return fmt.Sprintf("[%s] %3d %%", line, done*100/max(total, 1))
}
