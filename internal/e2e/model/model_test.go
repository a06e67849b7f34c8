// Package model compares the whole program with a reference model under random schedules.
package model

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var long = flag.Bool("long", false, "run 500 schedules instead of 10")

// The whole program and the reference model go through the same random schedules. After each step
// the test compares them as people see the shop: chats, wallets, invoices, transfers, the owner's
// reports. A failure prints the shortest schedule that was found to show it.
//
// -long runs 500 schedules, -rapid.checks=N runs N of them, and -rapid.seed=N repeats a run.
func TestTheShopBehavesLikeTheReferenceModel(t *testing.T) {
	if *long {
		setChecks(t, 500)
	} else {
		setChecks(t, 10)
	}
	schedules, counts := 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSchedule(rt)
		r, failure := runSchedule(t, s)
		schedules++
		for _, action := range r.done {
			counts[action]++
		}
		if failure != "" {
			rt.Fatalf("%s\n\nafter:\n%s", failure, strings.Join(r.history, "\n"))
		}
	})
	steps := 0
	for _, n := range counts {
		steps += n
	}
	t.Logf("%d schedules, %d steps: %v", schedules, steps, counts)
}

// setChecks sets how many schedules are run, unless the command line does.
func setChecks(t *testing.T, n int) {
	t.Helper()
	const name = "rapid.checks"
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	if given {
		return
	}
	was := flag.Lookup(name).Value.String()
	require.NoError(t, flag.Set(name, strconv.Itoa(n)))
	t.Cleanup(func() { require.NoError(t, flag.Set(name, was)) })
}

// schedule is what happens in a run, as data.
type schedule struct {
	seed  uint64 // of all random numbers of sandbox and shop
	steps []step
}

// step is an action, with the numbers by which it chooses a buyer, one of the orders or products
// that there are at that moment, and the rest.
type step struct {
	action        string
	who, which, n int
}

func drawSchedule(rt *rapid.T) schedule {
	var names []string
	for _, a := range actions() {
		for range a.weight {
			names = append(names, a.name)
		}
	}
	one := rapid.Custom(func(rt *rapid.T) step {
		return step{
			action: names[uniform(rt, 8)%len(names)], who: uniform(rt, 4), which: uniform(rt, 4), n: uniform(rt, 4),
		}
	})
	return schedule{
		seed:  uint64(uniform(rt, 10)),
		steps: rapid.SliceOfN(one, 25, 70).Draw(rt, "steps"),
	}
}

// uniform draws a number of so many bits, each with the same probability. Most of rapid's own
// numbers are small, so that a schedule would consist of the first actions.
func uniform(rt *rapid.T, bits int) int {
	n := 0
	for range bits {
		n *= 2
		if rapid.Bool().Draw(rt, "bit") {
			n++
		}
	}
	return n
}

// runSchedule runs a schedule in a bubble of its own and returns the failure, or "".
func runSchedule(t *testing.T, s schedule) (r *runner, failure string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		recorder := &failureRecorder{TB: t}
		failure = recorder.record(func() {
			r = newRunner(recorder, s.seed)
			defer r.abort()
			for _, next := range s.steps {
				r.do(next)
			}
			r.finish()
		})
	})
	return r, failure
}

// failureRecorder is a testing.TB that keeps the failure of a run instead of ending the test, so
// that rapid can look for a shorter schedule.
type failureRecorder struct {
	testing.TB

	failure string
}

// runFailed is the panic that ends a failed run.
type runFailed struct{}

// record calls run and returns its failure, or "".
func (f *failureRecorder) record(run func()) (failure string) {
	defer func() {
		if p := recover(); p != nil && p != (runFailed{}) {
			panic(p)
		}
		failure = f.failure
	}()
	run()
	return ""
}

func (f *failureRecorder) Errorf(format string, args ...any) {
	if f.failure == "" {
		f.failure = strings.TrimSpace(fmt.Sprintf(format, args...))
	}
}

func (f *failureRecorder) Error(args ...any)                 { f.Errorf("%s", fmt.Sprintln(args...)) }
func (f *failureRecorder) FailNow()                          { panic(runFailed{}) }
func (f *failureRecorder) Fatalf(format string, args ...any) { f.Errorf(format, args...); f.FailNow() }
func (f *failureRecorder) Failed() bool                      { return f.failure != "" }

// seededRand is a repeatable source of random bytes for many goroutines.
type seededRand struct {
	mu sync.Mutex
	io.Reader
}

func newSeededRand(seed uint64) *seededRand {
	var key [32]byte
	for i := range key {
		key[i] = byte(seed >> (i % 8 * 8))
	}
	return &seededRand{Reader: rand.NewChaCha8(key)}
}

func (r *seededRand) Read(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Reader.Read(b)
}
