package main

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

// The whole program does random business, and an honest shopkeeper with a
// notebook does the same (keeper); after every move they are compared as people see the
// shop: chats, wallets, invoices, transfers, the owner's figures. A failure prints
// the shortest schedule of moves that was found to show it.
//
// -long plays 500 schedules, -rapid.checks=N so many, and -rapid.seed=N repeats one run.
func TestTheShopDoesWhatAnHonestShopkeeperWould(t *testing.T) {
	if *long {
		checks(t, 500)
	} else {
		checks(t, 10)
	}
	schedules, played := 0, map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSchedule(rt)
		p, failure := playOut(t, s)
		schedules++
		for _, done := range p.played {
			played[done]++
		}
		if failure != "" {
			rt.Fatalf("%s\n\nafter:\n%s", failure, strings.Join(p.story, "\n"))
		}
	})
	moves := 0
	for _, n := range played {
		moves += n
	}
	t.Logf("%d schedules, %d moves: %v", schedules, moves, played)
}

// checks sets how many schedules are played unless the command line says so.
func checks(t *testing.T, n int) {
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

// schedule is a play as data: what is done, and the numbers by which a move
// chooses among what is there at that moment.
type schedule struct {
	luck  uint64
	moves []move
}

type move struct {
	do            string
	who, which, n int
}

func drawSchedule(rt *rapid.T) schedule {
	var names []string
	for _, m := range moves() {
		for range m.often {
			names = append(names, m.name)
		}
	}
	one := rapid.Custom(func(rt *rapid.T) move {
		return move{
			do: names[fair(rt, 8)%len(names)], who: fair(rt, 4), which: fair(rt, 4), n: fair(rt, 4),
		}
	})
	return schedule{
		luck:  uint64(fair(rt, 10)),
		moves: rapid.SliceOfN(one, 25, 70).Draw(rt, "moves"),
	}
}

// fair draws a number of so many bits, each number as often as any other. (rapid's own
// numbers are small for the most part, and so the first moves would be nearly all.)
func fair(rt *rapid.T, bits int) int {
	n := 0
	for range bits {
		n *= 2
		if rapid.Bool().Draw(rt, "bit") {
			n++
		}
	}
	return n
}

// playOut plays a schedule in a bubble of its own, and says what went wrong; "" for nothing.
func playOut(t *testing.T, s schedule) (p *play, failure string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		stage := &stage{TB: t}
		failure = stage.play(func() {
			p = newPlay(stage, s.luck)
			defer p.dropCurtain()
			for _, m := range s.moves {
				p.make(m)
			}
			p.finish()
		})
	})
	return p, failure
}

// stage is a testing.TB on which a play may fail without ending the test, so
// that a shorter one can be looked for.
type stage struct {
	testing.TB

	failure string
}

// playEnded is how a failed play is left.
type playEnded struct{}

func (s *stage) play(do func()) (failure string) {
	defer func() {
		if left := recover(); left != nil && left != (playEnded{}) {
			panic(left)
		}
		failure = s.failure
	}()
	do()
	return ""
}

func (s *stage) Errorf(format string, args ...any) {
	if s.failure == "" {
		s.failure = strings.TrimSpace(fmt.Sprintf(format, args...))
	}
}

func (s *stage) Error(args ...any)                 { s.Errorf("%s", fmt.Sprintln(args...)) }
func (s *stage) FailNow()                          { panic(playEnded{}) }
func (s *stage) Fatalf(format string, args ...any) { s.Errorf(format, args...); s.FailNow() }
func (s *stage) Failed() bool                      { return s.failure != "" }

// chance is luck that can be had again, for many goroutines.
type chance struct {
	mu sync.Mutex
	io.Reader
}

func newChance(seed uint64) *chance {
	var key [32]byte
	for i := range key {
		key[i] = byte(seed >> (i % 8 * 8))
	}
	return &chance{Reader: rand.NewChaCha8(key)}
}

func (c *chance) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Reader.Read(b)
}
