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
// takes, at Telegram's pace: in two shops at the same time, so that they share whatever else this
// machine does. One of them sends a broadcast. Afterwards that shop sends a whole one, as fast as
// it can.
func (b *bench) measureBroadcast(ctx context.Context, column string) {
	const during = "during a broadcast"
	dir := filepath.Join(b.dir, "broadcast")
	check(os.Mkdir(dir, 0o700))
	other := newRemote(dir)
	defer other.Close()
	quiet := instance{remote: b.remote, column: column, program: b.program, database: filepath.Join(b.dir, "quiet.db")}
	busy := instance{remote: other, column: during, program: b.program, database: filepath.Join(dir, "busy.db")}
	var mu sync.Mutex
	together(2, 2, func(i int) {
		s := []instance{quiet, busy}[i]
		s.writePeople(ctx, b.people)
		s.addKeys(ctx, b.sales)
		s.serve(ctx, telegramPace, func(pid int) {
			if s.column == during {
				s.startBroadcast()
			}
			times := s.deliver(ctx, b.sales)
			mu.Lock()
			defer mu.Unlock()
			b.put("goods after the payment: half of them within, ms", s.column, median(times))
			b.put("goods after the payment: 99 of 100 within, ms", s.column, times[len(times)*99/100])
			b.put("memory of the shop, MB", s.column, resident(pid))
		})
		s.forget(ctx)
	})
	busy.writePeople(ctx, b.people)
	busy.serve(ctx, anyPace, func(pid int) {
		time.Sleep(b.selling)
		before, began := resident(pid), time.Now()
		busy.startBroadcast()
		busy.awaitEnd()
		b.put(fmt.Sprintf("a whole broadcast to %d people: memory of the shop before it, MB", b.people), column, before)
		b.put(fmt.Sprintf("a whole broadcast to %d people: peak memory of the shop, MB", b.people), column, memory(pid, "VmHWM:"))
		b.put(fmt.Sprintf("a whole broadcast to %d people at no pace, s", b.people), column, time.Since(began).Seconds())
	})
	busy.forget(ctx)
}

// writePeople makes a database of people who have written to the bot.
func (s instance) writePeople(ctx context.Context, people int) {
	db := must(storage.Open(ctx, s.database))
	today := shop.DayOf(time.Now(), time.UTC)
	together(1024, people, func(i int) {
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
func (s instance) awaitEnd() {
	chat := s.open(owner)
	defer chat.leave()
	for call := range chat.calls {
		if bytes.Contains(call, []byte("✅")) {
			return
		}
	}
}

// deliver measures how long goods take from the payment on, with a few sales a second: fewer than
// Telegram takes messages for. The times are in ms, the shortest first.
func (s instance) deliver(ctx context.Context, sales int) (times []float64) {
	const sellers = 3
	var mu sync.Mutex
	together(sellers, sellers, func(int) {
		c := dial(ctx, s.public[0])
		for range sales / sellers {
			began := time.Now()
			chat := s.open(newBuyer + s.ids.Add(1))
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
	return times
}

func resident(pid int) float64 { return memory(pid, "VmRSS:") }

// memory is a line of a process's status, in MB.
func memory(pid int, line string) float64 {
	return float64(number(must(os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))), line)) * 1024 / 1e6
}
