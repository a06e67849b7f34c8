package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// measureLarge measures the largest history: the start and what the shop takes at rest, what a
// backup costs payments that come one by one, and how quickly it is written, beside a plain copy of
// the same file without payments.
func (b *bench) measureLarge(ctx context.Context) {
	s := instance{remote: b.remote, program: b.program, orders: b.orders[len(b.orders)-1]}
	s.column, s.database = fmt.Sprintf("%d orders", s.orders), filepath.Join(b.dir, "large.db")
	s.writeHistory(ctx)
	for range 2 * b.rounds {
		ready, _ := s.serve(ctx, anyPace, func(pid int) {
			b.put("start until ready: processor time, ms", s.column, processor(pid))
			time.Sleep(b.selling) // until it is at rest
			b.put("own memory at rest, MB", s.column, anonymous(pid))
		})
		b.put("start until ready: ms", s.column, milliseconds(ready))
	}
	s.payments = make([][]byte, b.copied)
	s.addKeys(ctx, len(s.payments))
	s.serve(ctx, anyPace, func(int) {
		together(buyers, len(s.payments), func(i int) {
			chat := s.open(newBuyer + s.ids.Add(1))
			s.payments[i] = chat.order()
			chat.leave()
		})
	})
	for range b.rounds {
		b.backUp(ctx, &s)
	}
}

// backUp measures one backup of a shop that sells.
func (b *bench) backUp(ctx context.Context, s *instance) {
	size := float64(must(os.Stat(s.database)).Size()) / 1e6
	copied := filepath.Join(b.dir, "backup.db")
	s.serve(ctx, anyPace, func(int) {
		time.Sleep(b.selling)
		b.payWhile(ctx, s, noBackup, func() { time.Sleep(2 * b.selling) })
		command, began := s.command(ctx, telegramPace, "backup", copied), time.Now()
		check(command.Start())
		b.payWhile(ctx, s, "while the copy is written", func() {
			whole := awaitWhole(filepath.Join(b.dir, ".backup.db.*.part"))
			b.put("backup: MB a second", "copy, payments meanwhile", size/whole.Sub(began).Seconds())
		})
		b.payWhile(ctx, s, "while the copy is checked", func() { check(command.Wait()) })
		b.put("backup: s", "copy and its check", time.Since(began).Seconds())
	})
	check(os.Remove(copied))
	began := time.Now()
	plainCopy(ctx, s.database, copied)
	b.put("backup: MB a second", "plain copy", size/time.Since(began).Seconds())
	check(os.Remove(copied))
}

// noBackup is the column that the others are compared with.
const noBackup = "without a backup"

// payWhile pays one order after another over one connection until do returns.
func (b *bench) payWhile(ctx context.Context, s *instance, column string, do func()) {
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	c := dial(ctx, s.addresses()[0])
	var times []float64
	for running := true; running && len(s.payments) > 0; s.payments = s.payments[1:] {
		sent := time.Now()
		post(c, s.payments[0])
		times = append(times, milliseconds(time.Since(sent)))
		select {
		case <-done:
			running = false
		case <-time.After(4 * time.Millisecond):
		}
	}
	<-done
	slices.Sort(times)
	b.put("a lone payment is acknowledged: half of them within, ms", column, median(times))
	b.put("a lone payment is acknowledged: 99 of 100 within, ms", column, times[len(times)*99/100])
	b.put("a lone payment is acknowledged: payments", column, float64(len(times)))
}

// plainCopy copies a file and flushes the copy.
func plainCopy(ctx context.Context, from, to string) {
	check(exec.CommandContext(ctx, "dd", "if="+from, "of="+to, "bs=1M", "conv=fsync", "status=none").Run())
}

// processor is the processor time that a process has taken, in ms. Linux counts it in 10 ms.
func processor(pid int) float64 {
	fields := strings.Fields(string(must(os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)))))
	return 10 * (must(strconv.ParseFloat(fields[13], 64)) + must(strconv.ParseFloat(fields[14], 64)))
}

// awaitWhole waits until a file that matches pattern is there and has not grown for a while, and
// returns when it grew last.
func awaitWhole(pattern string) (last time.Time) {
	for size := int64(-1); last.IsZero() || time.Since(last) < 200*time.Millisecond; time.Sleep(10 * time.Millisecond) {
		for _, name := range must(filepath.Glob(pattern)) {
			if info, err := os.Stat(name); err == nil && info.Size() != size {
				size, last = info.Size(), time.Now()
			}
		}
	}
	return last
}
