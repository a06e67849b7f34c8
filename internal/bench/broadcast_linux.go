package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// measureBroadcast measures how long buyers wait for their goods, and how much memory the shop
// takes, first without a broadcast and then during one, at Telegram's pace. A further shop sends a
// whole broadcast, as fast as it can.
func (b *bench) measureBroadcast(ctx context.Context, column string) {
	s := instance{remote: b.remote, column: column, program: b.program, database: filepath.Join(b.dir, "broadcast.db")}
	// The owner's chat is slower than the sales, so each part has a shop of its own that owes the
	// owner nothing.
	for _, during := range []bool{false, true} {
		b.writePeople(ctx, s.database)
		s.addKeys(ctx, b.sales)
		s.serve(ctx, telegramPace, func(pid int) {
			in := column
			if during {
				in = "during a broadcast"
				s.startBroadcast()
			}
			b.deliver(ctx, in)
			b.put("memory of the shop, MB", in, resident(pid))
		})
	}
	b.writePeople(ctx, s.database)
	s.serve(ctx, anyPace, func(pid int) {
		time.Sleep(b.selling)
		before, began := resident(pid), time.Now()
		s.startBroadcast()
		b.awaitEnd()
		b.put(fmt.Sprintf("a whole broadcast to %d people: memory of the shop before it, MB", b.people), column, before)
		b.put(fmt.Sprintf("a whole broadcast to %d people: peak memory of the shop, MB", b.people), column, memory(pid, "VmHWM:"))
		b.put(fmt.Sprintf("a whole broadcast to %d people at no pace, s", b.people), column, time.Since(began).Seconds())
	})
	s.forget(ctx)
}

// writePeople makes a database of people who have written to the bot.
func (b *bench) writePeople(ctx context.Context, database string) {
	for _, file := range must(filepath.Glob(database + "*")) {
		check(os.Remove(file))
	}
	db := must(storage.Open(ctx, database))
	today := shop.DayOf(time.Now(), time.UTC)
	together(1024, b.people, func(i int) {
		now := shop.Person{ID: int64(oldBuyer + i), Name: "Alice", Username: fmt.Sprintf("alice_%d", i), App: "en"}
		must(db.ChangePerson(ctx, now.ID, func(p *shop.Person) bool { return p.Meet(now, today) }))
	})
	check(db.Close())
}

// startBroadcast has the owner send a message to everybody.
func (s instance) startBroadcast() {
	chat := s.open(owner)
	chat.command("/broadcast")
	chat.press("cast:new")
	chat.say(`"text":"Spring sale: everything for half the price until Sunday."`)
	chat.press("cast:send")
	chat.press("cast:yes")
	chat.leave()
}

// awaitEnd waits until the owner is told that the broadcast is done.
func (b *bench) awaitEnd() {
	chat := b.open(owner)
	defer chat.leave()
	for call := range chat.calls {
		if bytes.Contains(call, []byte("✅")) {
			return
		}
	}
}

// deliver measures how long goods take from the payment on, with a few sales a second: fewer than
// Telegram takes messages for.
func (b *bench) deliver(ctx context.Context, column string) {
	const sellers = 3
	var mu sync.Mutex
	var times []float64
	together(sellers, sellers, func(int) {
		c := dial(ctx, b.public)
		for range b.sales / sellers {
			began := time.Now()
			chat := b.open(newBuyer + b.ids.Add(1))
			payment := chat.order()
			paid := time.Now()
			post(c, payment)
			chat.await("KEY-")
			took := milliseconds(time.Since(paid))
			chat.leave()
			mu.Lock()
			times = append(times, took)
			mu.Unlock()
			time.Sleep(time.Until(began.Add(time.Second)))
		}
	})
	slices.Sort(times)
	b.put("goods after the payment: half of them within, ms", column, median(times))
	b.put("goods after the payment: 99 of 100 within, ms", column, times[len(times)*99/100])
}

func resident(pid int) float64 { return memory(pid, "VmRSS:") }

// memory is a line of a process's status, in MB.
func memory(pid int, line string) float64 {
	return float64(number(must(os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))), line)) * 1024 / 1e6
}
