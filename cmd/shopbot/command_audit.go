package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"shopbot/internal/config"
	"shopbot/internal/ops"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

type auditCommands struct {
	Verify auditVerifyCommand `cmd:"" help:"Follow the audit trail from its beginning and see that nothing in it was changed."`
	List   auditListCommand   `cmd:"" help:"Print the audit trail, or what it says of one order."`
}

type auditVerifyCommand struct {
	settingsFlags

	Head []string `placeholder:"NUMBER:HASH" help:"A head that was noted before and has to be in the trail; may be given several times."`
}

// Help is what "shopbot audit verify --help" adds.
func (auditVerifyCommand) Help() string {
	return `Each entry holds a hash of itself and of the entry before, so that a change is found at the entry that was changed. Who can
write the database can write all of the trail anew; note the head that is printed somewhere else now and then, and
give it with --head later. The shop also logs it when it starts and stops.`
}

// Run verifies the audit trail of the running shop if there is one, and else of the file.
func (c *auditVerifyCommand) Run(ctx context.Context, con *console) error {
	var noted []storage.AuditHead
	for _, text := range c.Head {
		head, err := ops.ParseHead(text)
		if err != nil {
			return config.Error{Where: "--head", What: err.Error()}
		}
		noted = append(noted, head)
	}
	return con.withShop(ctx, c.settingsFlags, func(trail ops.Shop) error {
		head, err := trail.VerifyAudit(ctx, noted...)
		if err != nil {
			return err
		}
		if head.Number == 0 {
			_, err = fmt.Fprintln(con.stdout, "the audit trail is empty")
			return err
		}
		_, err = fmt.Fprintf(con.stdout, "%s, none changed; the head is %s\n", plural(int(head.Number), "audit entry"), ops.FormatHead(head))
		return err
	})
}

type auditListCommand struct {
	settingsFlags

	Order string `arg:"" optional:"" name:"order" help:"This order alone."`
}

// Run prints a line for each entry.
func (c *auditListCommand) Run(ctx context.Context, con *console) error {
	id := shop.OrderID("")
	if c.Order != "" {
		var err error
		if id, err = shop.ParseOrderID(c.Order); err != nil {
			return config.Error{Where: "order", What: config.Quote(c.Order) + " is not an order number"}
		}
	}
	return con.withShop(ctx, c.settingsFlags, func(trail ops.Shop) error {
		if id != "" {
			entries, err := trail.TrailOf(ctx, id)
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			return printTrail(con, entries)
		}
		after := int64(0)
		for {
			entries, err := trail.AuditTrail(ctx, after, ops.AuditPage)
			if err != nil || len(entries) == 0 {
				return err
			}
			if err := printTrail(con, entries); err != nil {
				return err
			}
			after = entries[len(entries)-1].Number
		}
	})
}

func printTrail(con *console, entries []shop.AuditEntry) error {
	for _, e := range entries {
		if _, err := fmt.Fprintln(con.stdout, auditLine(e)); err != nil {
			return err
		}
	}
	return nil
}

// auditLine writes an entry as its number, its time, what was done, and the rest as name=value.
func auditLine(e shop.AuditEntry) string {
	words := []string{strconv.FormatInt(e.Number, 10), utc(e.At), string(e.Act)}
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+"="+value)
		}
	}
	count := func(name string, n int64) {
		if n != 0 {
			add(name, strconv.FormatInt(n, 10))
		}
	}
	add("order", string(e.Order))
	count("by", e.By)
	for _, m := range e.Stock {
		add("sku", m.SKU)
		count("units", int64(m.Units))
		count("reserved", int64(m.Reserved))
		add("keys", m.Goods)
	}
	if !e.Amount.IsZero() {
		add("amount", strings.ReplaceAll(e.Amount.String(), " ", "_"))
	}
	if !e.Fee.IsZero() {
		add("fee", strings.ReplaceAll(e.Fee.String(), " ", "_"))
	}
	add("reference", e.Reference)
	add("reason", e.Reason)
	count("batch", e.Batch)
	return strings.Join(words, " ")
}
