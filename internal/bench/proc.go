package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// memory is what a process holds, in bytes: all of it, what is its own, and what of
// the database file the system keeps mapped for it and can drop at any time.
type memory struct{ all, own, file float64 }

// memoryOf reads /proc, so it works on Linux only.
func memoryOf(pid int) (memory, error) {
	fields, err := statusOf(fmt.Sprintf("/proc/%d/status", pid))
	m := memory{all: kilobytes(fields["VmRSS"]), own: kilobytes(fields["RssAnon"]), file: kilobytes(fields["RssFile"])}
	return m, err
}

func kilobytes(s string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(s, " kB"), 64)
	return n * 1024
}

// statusOf reads lines such as "VmRSS:	  1234 kB".
func statusOf(path string) (map[string]string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // of our own child
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		fields[name] = strings.TrimSpace(value)
	}
	return fields, lines.Err()
}

// wakeUps counts how often the threads of a process went to sleep by themselves: each
// time they had to be woken before.
func wakeUps(pid int) (n float64, err error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		return 0, errors.Join(err, os.ErrNotExist)
	}
	for _, t := range tasks {
		fields, err := statusOf(t)
		if errors.Is(err, os.ErrNotExist) {
			continue // it ended meanwhile
		}
		if err != nil {
			return 0, err
		}
		one, _ := strconv.ParseFloat(fields["voluntary_ctxt_switches"], 64)
		n += one
	}
	return n, nil
}

// tick is the unit of processor times in /proc on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// processorTime is what a process has used of the processors; nothing for pid 0.
func processorTime(pid int) (time.Duration, error) {
	if pid == 0 {
		return 0, nil
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: too short", pid)
	}
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, errors.Join(err, err2)
}
