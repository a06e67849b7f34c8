package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// bench is a measurement under way.
type bench struct {
	plan
	*site
	table
}

func (b *bench) wants(part string) bool { return strings.Contains(b.what, part) }

// stocked is a stopped shop of which each round gets a copy.
type stocked struct {
	build
	payments [][]byte // webhooks, one for each order that waits in it
}

// stock puts keys on sale in a shop and has as many orders made as the bursts of a round pay for.
func (b *bench) stock(ctx context.Context, shop build) (s stocked, err error) {
	n := 0
	for _, burst := range b.bursts {
		n += burst.payments
	}
	file := filepath.Join(b.dir, "stock.txt")
	if err := os.WriteFile(file, keyList(n+int(5000*b.selling.Seconds())), 0o600); err != nil {
		return s, err
	}
	if _, _, err := shop.run(ctx, "stock", "add", sku, file); err != nil {
		return s, err
	}
	err = shop.serve(ctx, noPace, func(process) (err error) {
		s = stocked{build: shop}
		s.payments, err = b.placeOrders(ctx, n)
		return err
	})
	return s, err
}

// The columns of the comparison.
const (
	measured = iota
	bound    // the least work that could do
	compared
)

// compare measures the programs in turns.
func (b *bench) compare(ctx context.Context, out io.Writer) error {
	b.table = table{
		heads: []string{"this program", "bound (this : bound)", "other program (this : other)"}[:1+len(b.programs)],
		ratio: func(first, other float64) float64 { return first / other },
	}
	defer b.write(out) // also what was measured until an error
	if err := b.startBaseline(ctx); err != nil {
		return err
	}
	shops := make([]stocked, len(b.programs))
	for i, program := range b.programs {
		var err error
		if shops[i], err = b.stock(ctx, b.newBuild(program)); err != nil {
			return err
		}
	}
	for round := range b.rounds {
		if err := b.bounds(ctx, shops[0].payments); err != nil {
			return err
		}
		for i := range shops {
			i = (i + round) % len(shops)
			if err := b.round(ctx, i*compared, shops[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// round measures one program.
func (b *bench) round(ctx context.Context, column int, s stocked) error {
	if b.wants("sales") {
		if err := b.sales(ctx, column, s); err != nil {
			return err
		}
	}
	if b.wants("payments") {
		err := s.copied(func(shop build) error {
			return shop.serve(ctx, telegramPace, func(process) error { return b.pay(ctx, column, b.public, s.payments) })
		})
		if err != nil {
			return err
		}
	}
	if b.wants("memory") {
		return b.memory(ctx, column, s.program)
	}
	return nil
}

// sales measures whole sales.
func (b *bench) sales(ctx context.Context, column int, s stocked) error {
	return s.copied(func(shop build) error {
		return shop.serve(ctx, noPace, func(p process) error {
			rate, cpu, err := b.sell(ctx, p, b.selling)
			b.put(fmt.Sprintf("whole sales a second, %d buyers at once", buyers), column, rate)
			b.put("processor time of the shop for a sale, ms", column, cpu*1000)
			return err
		})
	})
}

// pay measures how bursts of payments are acknowledged at an address.
func (b *bench) pay(ctx context.Context, column int, address string, payments [][]byte) error {
	time.Sleep(b.selling / 2) // a shop that has just started compares the open invoices
	for _, burst := range b.bursts {
		r, err := post(ctx, address, burst.conns, payments[:burst.payments])
		if err != nil {
			return err
		}
		payments = payments[burst.payments:]
		over := fmt.Sprintf("%d connections", burst.conns)
		b.put("payments acknowledged a second, "+over, column, r.rate)
		b.put("99 of 100 payments acknowledged within, ms, "+over, column, r.p99.Seconds()*1000)
		if burst.conns == 1 && column != bound {
			b.put("a lone payment acknowledged within, ms", column, r.p50.Seconds()*1000)
		}
	}
	return nil
}

// bounds measures what bounds the payments: a handler that verifies and decodes, and the disk.
func (b *bench) bounds(ctx context.Context, payments [][]byte) error {
	if !b.wants("payments") {
		return nil
	}
	if err := b.pay(ctx, bound, b.baseline, payments); err != nil {
		return err
	}
	commit, err := loneCommit(b.dir)
	b.put("a lone payment acknowledged within, ms", bound, commit.Seconds()*1000)
	return err
}
