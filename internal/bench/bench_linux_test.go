package main

import (
	"fmt"
	"log"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/storage/postgres/pgtest"
)

// TestMain lets the binary of the tests be the handler that the shop is compared with.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "bound" {
		log.Fatal(serveBound(os.Args[2]))
	}
	os.Exit(m.Run())
}

// The figures of so short a run are worth nothing. What counts is that a real shop sells to the
// people of this program.
func TestEveryFigureIsMeasured(t *testing.T) {
	var out strings.Builder
	b := bench{rounds: 1, selling: time.Second, bursts: []burst{{1, 20}, {8, 100}}, keys: 1000, orders: []int{20}}
	b.measure(t.Context(), t.TempDir(), &out)
	t.Log(out.String())
	for figure, subjects := range map[string]int{
		"whole sales a second": 1, "processor time of the shop": 1, "over 1: acknowledged": 2, "over 8: acknowledged": 2,
		"over 8: 99": 2, "over 1: half": 3, "by command": 1, "by chat": 1, "/orders": 1, "start until ready": 1,
	} {
		row := regexp.MustCompile(`.*` + figure + `.* [|] [0-9.]*[1-9][0-9.]* [|].*`)
		require.Len(t, row.FindAllString(out.String(), -1), subjects, figure)
	}
}

// measureBroadcast measures a broadcast and returns the table.
func measureBroadcast(tb testing.TB, b bench) string {
	tb.Helper()
	var out strings.Builder
	b.setUp(tb.Context(), tb.TempDir())
	defer b.Close()
	b.measureBroadcast(tb.Context(), "no broadcast")
	b.print(&out, "no broadcast")
	return out.String()
}

func TestABroadcastIsMeasured(t *testing.T) {
	out := measureBroadcast(t, bench{people: 200, sales: 6, selling: time.Millisecond})
	t.Log(out)
	for _, figure := range []string{"99 of 100 within, ms", "memory of the shop, MB", "peak memory of the shop, MB"} {
		require.Regexp(t, figure+`.* [|] [0-9.]*[1-9][0-9.]* [|]`, out)
	}
}

// BenchmarkBroadcast prints a table. It takes about four minutes.
func BenchmarkBroadcast(b *testing.B) {
	for b.Loop() {
		fmt.Println("\n" + measureBroadcast(b, bench{people: 100_000, sales: 180, selling: 10 * time.Second})) // a log would be cut
	}
}

// measurePostgres measures shops on a server of their own, which flushes what it commits, and returns
// the table.
func measurePostgres(tb testing.TB, b bench, pgbench time.Duration) string {
	tb.Helper()
	server := pgtest.New(tb, "fsync=on", "full_page_writes=on", "shared_buffers=256MB", "max_wal_size=4GB")
	server.Run(tb)
	b.setUp(tb.Context(), tb.TempDir())
	defer b.Close()
	output := func(args ...string) string {
		out, err := pgtest.Command(tb, "pgbench", args...).CombinedOutput()
		require.NoError(tb, err, string(out))
		return string(out)
	}
	output("--initialize", "--quiet", "--scale=10", server.URL())
	b.measurePostgres(tb.Context(), server.URL(), func(url string) float64 {
		out := output("--builtin=simple-update", "--no-vacuum", "--client=32", "--jobs=2", fmt.Sprintf("--time=%.0f", pgbench.Seconds()), url)
		rate := regexp.MustCompile(`tps = ([0-9.]+)`).FindStringSubmatch(out)
		require.NotNil(tb, rate, out)
		return must(strconv.ParseFloat(rate[1], 64))
	})
	var out strings.Builder
	b.print(&out, oneReplica)
	return out.String()
}

func TestPostgresIsMeasured(t *testing.T) {
	out := measurePostgres(t, bench{rounds: 1, selling: time.Second, bursts: []burst{{32, 200}}, answers: 10}, time.Second)
	t.Log(out)
	for figure, subjects := range map[string]int{
		"whole sales a second": 4, "over 32: acknowledged": 5, "/orders: 99": 4, "one hot product": 3,
	} {
		row := regexp.MustCompile(`.*` + figure + `.* [|] [0-9.]*[1-9][0-9.]* [|].*`)
		require.Len(t, row.FindAllString(out, -1), subjects, figure)
	}
}

// BenchmarkPostgres prints a table. It takes about five minutes.
func BenchmarkPostgres(b *testing.B) {
	for b.Loop() {
		fmt.Println("\n" + measurePostgres(b, bench{
			rounds: 3, selling: 3 * time.Second, bursts: []burst{{1, 200}, {32, 2000}}, answers: 200,
		}, 5*time.Second))
	}
}

func TestEveryFigureOfExportsIsMeasured(t *testing.T) {
	var out strings.Builder
	b := bench{rounds: 1, orders: []int{20}, exports: true}
	b.measure(t.Context(), t.TempDir(), &out)
	t.Log(out.String())
	for _, figure := range []string{"CSV of 20 orders from the file: s", "from the file: processor", "beside the shop: s", "beside the shop: processor", "its memory above rest"} {
		require.Len(t, regexp.MustCompile(`.*`+figure+`.* [|] [0-9.]+ [|].*`).FindAllString(out.String(), -1), 2, figure)
	}
}

func TestEveryFigureOfALargeShopIsMeasured(t *testing.T) {
	var out strings.Builder
	b := bench{rounds: 1, orders: []int{20}, large: true, copied: 500, selling: 100 * time.Millisecond}
	b.measure(t.Context(), t.TempDir(), &out)
	t.Log(out.String())
	for figure, subjects := range map[string]int{
		"acknowledged: 99 of 100": 3, "acknowledged: half": 3, "acknowledged: payments": 3, "backup: MB a second": 2, "backup: s": 1,
		"start until ready: ms": 1, "start until ready: processor": 1, "own memory": 1,
	} {
		row := regexp.MustCompile(`.*` + figure + `.* [|] [0-9.]*[1-9][0-9.]* [|].*`)
		require.Len(t, row.FindAllString(out.String(), -1), subjects, figure)
	}
}

func TestRatiosAreThoseOfTheRounds(t *testing.T) {
	figures := table{figures: map[cell][]float64{}}
	for round, this := range []float64{10, 40, 3} {
		figures.put("speed", "this", this)
		figures.put("speed", "other", []float64{20, 10, 1}[round])
	}
	var out strings.Builder
	figures.print(&out, "this")
	require.Contains(t, out.String(), "| speed | other | 10.00 | 3.00 |\n")
}
