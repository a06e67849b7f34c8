package shop

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestTheSameActIsTheSameOrder(t *testing.T) {
	key := []byte("secret")
	act := Origin{Chat: 7, User: 7, Act: "m1", At: noon}
	id := NewOrderID(key, act)
	require.Equal(t, id, NewOrderID(key, act))

	for name, other := range map[string]Origin{
		"another message": {Chat: 7, User: 7, Act: "m2", At: noon},
		"another person":  {Chat: 7, User: 8, Act: "m1", At: noon},
		"another chat":    {Chat: 8, User: 7, Act: "m1", At: noon},
		"another time":    {Chat: 7, User: 7, Act: "m1", At: noon.Add(time.Second)},
	} {
		require.NotEqual(t, id, NewOrderID(key, other), name)
	}
	require.NotEqual(t, id, NewOrderID([]byte("another shop"), act))
	require.NotEqual(t, NewRefundID(key, id, act), NewRefundID(key, "another", act))
	require.LessOrEqual(t, len(NewRefundID(key, id, act)), 64, "the longest spend_id")
}

func TestOrderIDsSortByTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64Range(0, 1<<34).Draw(t, "a")
		b := rapid.Int64Range(a+1, 1<<34+1).Draw(t, "b")
		act := rapid.String().Draw(t, "act")
		early := NewOrderID(nil, Origin{Act: act, At: time.Unix(a, 0)})
		late := NewOrderID(nil, Origin{Act: act + "x", At: time.Unix(b, 0)})
		require.Less(t, early, late)
		require.LessOrEqual(t, FirstOrderID(time.Unix(b, 0)), late)
		require.Greater(t, FirstOrderID(time.Unix(b, 0)), early)
	})
}

func TestOrderIDIsReadAsPeopleWriteIt(t *testing.T) {
	id := NewOrderID([]byte("secret"), Origin{Act: "m1", At: noon})
	require.Regexp(t, `^[0-9A-Z]{15}$`, id, "a phone breaks no line within it")
	id7, id8 := string(id[:timeChars]), string(id[timeChars:])
	for _, written := range []string{
		string(id), strings.ToLower(string(id)), " " + string(id) + "\n",
		strings.NewReplacer("0", "o", "1", "l").Replace(string(id)),
		id7 + "-" + id8, id7 + "–" + id8, id7 + "‑" + id8, id7 + " " + id8, id7 + "\u00a0" + id8,
		id7 + "-\u2060" + id8, "\u200e" + string(id) + "\ufeff", id7 + "−" + id8,
	} {
		read, err := ParseOrderID(written)
		require.NoError(t, err, written)
		require.Equal(t, id, read, written)
	}
	for _, wrong := range []string{"", "1", string(id) + "0", "../../etc/passwd", strings.Repeat("0", 1000), "UUUUUUUUUUUUUUU", id7 + "_" + id8, id7 + "ǅ" + id8[1:]} {
		_, err := ParseOrderID(wrong)
		require.ErrorIs(t, err, ErrBadOrderID, wrong)
	}
}

func FuzzParseOrderID(f *testing.F) {
	f.Add("1P8M2QX7KD93HWA")
	f.Add("1p8m2qx–7kd93hwa")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseOrderID(s)
		if err != nil {
			return
		}
		again, err := ParseOrderID(string(id))
		require.NoError(t, err)
		require.Equal(t, id, again)
	})
}
