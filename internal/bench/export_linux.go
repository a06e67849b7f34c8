package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// measureExports measures how quickly all orders of the largest history are written as CSV, and how
// much memory the shop takes for it above rest: beside the running shop, and from the file alone.
// The program to compare with reads the same database.
func (b *bench) measureExports(ctx context.Context) {
	s := instance{remote: b.remote, program: b.program, orders: b.orders[len(b.orders)-1]}
	s.database = filepath.Join(b.dir, "exports.db")
	s.writeHistory(ctx)
	type subject struct {
		column, program string
		args            []string
	}
	subjects := []subject{{"export orders", b.program, []string{"export", "orders"}}, {"orders --csv", b.program, []string{"orders", "--csv"}}}
	if b.against != "" {
		subjects = append(subjects, subject{"other program, orders --csv", b.against, []string{"orders", "--csv"}})
	}
	what := fmt.Sprintf("CSV of %d orders", s.orders)
	for range b.rounds {
		for _, of := range subjects {
			s.program = of.program
			took, cpu := s.export(ctx, of.args)
			b.put(what+" from the file: s", of.column, took.Seconds())
			b.put(what+" from the file: processor time, s", of.column, cpu.Seconds())
			var command time.Duration
			var above float64
			_, shop := s.serve(ctx, telegramPace, func(pid int) {
				time.Sleep(b.selling) // until it is at rest
				rest, stop := anonymous(pid), make(chan struct{})
				most := make(chan float64)
				go func() {
					high := rest
					for {
						select {
						case <-stop:
							most <- high
							return
						case <-time.After(20 * time.Millisecond):
							high = max(high, anonymous(pid))
						}
					}
				}()
				took, command = s.export(ctx, of.args)
				close(stop)
				above = <-most - rest
			})
			b.put(what+" beside the shop: s", of.column, took.Seconds())
			b.put(what+" beside the shop: processor time of both, s", of.column, (command + shop).Seconds())
			b.put(what+" beside the shop: its memory above rest, MB", of.column, above)
		}
	}
}

// export runs a command that writes a table, and returns how long that and its processor took.
func (s instance) export(ctx context.Context, args []string) (took, cpu time.Duration) {
	cmd := s.command(ctx, telegramPace, args...)
	cmd.Stdout = io.Discard
	began := time.Now()
	check(cmd.Run())
	return time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// anonymous is the memory of a process in MB that is not pages of a file.
func anonymous(pid int) float64 {
	return float64(number(must(os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))), "RssAnon:")) * 1024 / 1e6
}
