package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// rest measures the shop while nobody comes, with the settings that it has by itself.
func (s *round) rest(ctx context.Context, column int, database string) error {
	if err := s.starting(ctx, column, database); err != nil {
		return err
	}
	if info, err := os.Stat(s.program); err == nil {
		s.table.put(column, "binary", room(float64(info.Size())))
	}
	return s.start(ctx, database, settings{}, func(p *process) error {
		time.Sleep(min(s.quiet, 2*time.Second)) // what belongs to the start is over by then
		before, err := wakeUps(p.cmd.Process.Pid)
		if err != nil {
			return err
		}
		time.Sleep(s.quiet)
		after, err := wakeUps(p.cmd.Process.Pid)
		if err != nil {
			return err
		}
		s.table.put(column, "at rest: wake-ups", rate((after-before)/s.quiet.Seconds()))
		goroutines, err := metric(ctx, p, "go_goroutines")
		if err != nil {
			return err
		}
		s.table.put(column, "at rest: goroutines", count(goroutines))
		return s.memory(column, p, "at rest")
	})
}

// starting measures from the start of the process until it says that it is ready.
func (s *round) starting(ctx context.Context, column int, database string) error {
	var r result
	for range s.starts {
		began := time.Now()
		err := s.start(ctx, database, settings{}, func(*process) error {
			r.times = append(r.times, time.Since(began))
			return nil
		})
		if err != nil {
			return err
		}
	}
	sortTimes(r.times)
	s.table.put(column, "start to /readyz", lasting(r.quantile(0.5)))
	return nil
}

// memory notes what the shop holds now.
func (s *round) memory(column int, p *process, when string) error {
	m, err := memoryOf(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	s.table.put(column, when+": memory · its own · mapped from files", room(m.all), room(m.own), room(m.file))
	return nil
}

// metric reads a figure without labels from /metrics.
func metric(ctx context.Context, p *process, name string) (float64, error) {
	_, body, err := p.get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(bytes.NewReader(body))
	for lines.Scan() {
		if value, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, fmt.Errorf("no %s in /metrics", name)
}
