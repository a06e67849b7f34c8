package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the tests' own binary serve the handlers that the shop is compared with.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == baselineCommand {
		if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// The figures of so short a run are worth nothing; that every case still runs
// through the real shop is what counts.
func TestEveryFigureIsMeasured(t *testing.T) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("memory is read from /proc")
	}
	p := plan{
		sizes: []int{20, 40}, stock: 2000, conns: []int{1, 4}, duration: 50 * time.Millisecond, burst: 200,
		single: 5, crowd: 10, quiet: 100 * time.Millisecond, starts: 1, sample: 50, data: t.TempDir(),
	}
	var out, progress bytes.Buffer
	require.NoError(t, measure(t.Context(), p, &out, &progress), progress.String())
	t.Log("\n" + out.String())
	for _, name := range []string{
		"valid over 1", "repeated over 4", "forged over 4", "valid beside as many forged over 4", "handler: decode over 4",
		"acknowledged → goods at Telegram, one payment at a time", "checkout, 10 buyers at once", "/stats all, one buyer at a time",
		"start to /readyz", "at rest: wake-ups", "backup to disk, and its size", "room of a delivered order: the file of 50, and 150 more · of these, what is in use",
	} {
		require.Contains(t, out.String(), "| "+name+" |")
	}
}

func TestOnlyPartsThatExistAreTaken(t *testing.T) {
	_, err := parsePlan([]string{"-only", "nonsense"}, &bytes.Buffer{})
	require.ErrorContains(t, err, "nonsense")
	_, err = parsePlan([]string{"-orders", "10,x"}, &bytes.Buffer{})
	require.Error(t, err)
	p, err := parsePlan([]string{"-quick", "-orders", "10, 20"}, &bytes.Buffer{})
	require.NoError(t, err)
	require.Equal(t, []int{10, 20}, p.sizes)
	require.Equal(t, quickPlan().burst, p.burst)
}

func TestTheClientFindsTheEndOfEveryAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status, _ := strconv.Atoi(string(body))
		w.WriteHeader(status)
		_, _ = w.Write(bytes.Repeat([]byte("x"), status))
	}))
	defer server.Close()
	c, err := dial(t.Context(), server.Listener.Addr().String())
	require.NoError(t, err)
	defer c.close()
	for _, want := range []int{200, 401, 503, 200, 404} {
		got, err := c.do(request("/", "", []byte(strconv.Itoa(want))))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestTheChatOfACallIsFoundInEitherForm(t *testing.T) {
	for _, body := range []string{
		`{"chat_id":123,"text":"7"}`, `{"text":"7","chat_id":"123"}`,
		"--x\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n123\r\n--x\r\n7",
	} {
		require.Equal(t, int64(123), chatOf([]byte(body)))
	}
	require.Zero(t, chatOf([]byte(`{"text":"7"}`)))
}

func TestNobodyMissesAnAnswerThatAnotherWaitsForToo(t *testing.T) {
	s := &services{waiting: map[int64][]chan time.Time{}}
	first, second := s.await(1), s.await(1)
	at := time.Now()
	s.arrived(1, at)
	s.arrived(1, at.Add(time.Second))
	s.arrived(2, at)
	require.Equal(t, at, <-first)
	require.Equal(t, at.Add(time.Second), <-second)
	require.Empty(t, s.waiting)
}

func TestFiguresAreWrittenForPeople(t *testing.T) {
	for want, got := range map[string]string{
		"1,234,568/s": perSecond.format(1234567.8), "999/s": perSecond.format(999), "2.5/s": perSecond.format(2.5),
		"12.5 ms": seconds.format(0.0125), "250 µs": seconds.format(0.00025), "1.50 s": seconds.format(1.5),
		"812 B": bytesOf.format(812), "12 KiB": bytesOf.format(12 << 10), "1.5 MiB": bytesOf.format(3 << 19),
	} {
		require.Equal(t, want, got)
	}
}

func TestTheTableTellsWhatGrows(t *testing.T) {
	table := table{columns: []string{"few", "many"}}
	table.put(0, "slower", lasting(time.Second))
	table.put(1, "slower", lasting(3*time.Second/2))
	table.compare(0, "fewer", "slower", rate(300), lasting(time.Second))
	table.compare(1, "fewer", "slower", rate(100), lasting(time.Second))
	var out bytes.Buffer
	table.write(&out)
	require.Contains(t, out.String(), "| slower | 1.00 s | 1.50 s | 1.50 |  |")
	require.Contains(t, out.String(), "| fewer | 300/s · 1.00 s | 100/s · 1.00 s | 3.00 · 1.00 | 300.00 · 66.67 of slower |")
}
