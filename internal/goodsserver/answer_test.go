package goodsserver

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

func TestAnAnswerIsGoodsOrAWait(t *testing.T) {
	for body, want := range map[string]answer{
		`{"text":"  Log in as anna\n"}`:              {Text: "Log in as anna"},
		`{"keys":["A-1"," B-2 "],"unknown":{"x":1}}`: {Keys: []string{"A-1", "B-2"}},
		`{"text":"Both","keys":["A","B"]}`:           {Text: "Both", Keys: []string{"A", "B"}},
		`{"file":{"url":"https://x.example/d/a.zip?t=1"}}`: {
			File: &file{URL: "https://x.example/d/a.zip?t=1", Name: "a.zip"},
		},
		`{"file":{"url":"https://x.example/1","name":"../../etc/\u202epass\u0000wd","size":3}}`: {
			File: &file{URL: "https://x.example/1", Name: "passwd", Size: 3},
		},
	} {
		a, err := parseAnswer([]byte(body), 2)
		require.NoError(t, err, body)
		require.Equal(t, want, a, body)
		require.True(t, a.goods(), body)
	}
}

func TestAServerThatHasNothingYetSaysWhenToAskAgain(t *testing.T) {
	for body, want := range map[string]time.Duration{
		`{"wait":60}`: time.Minute, `{"wait":2.5}`: 2500 * time.Millisecond, `{"wait":0}`: minWait, `{"wait":-7}`: minWait,
		`{"wait":1e300}`: maxWait, `{"wait":60,"text":""}`: time.Minute, `{"wait":5,"keys":[]}`: 5 * time.Second,
	} {
		a, err := parseAnswer([]byte(body), 1)
		require.NoError(t, err, body)
		require.False(t, a.goods(), body)
		require.Equal(t, want, a.wait(), body)
	}
}

func TestAnAnswerThatCannotBeReadIsAskedForAgainAndOneThatIsWrongIsNot(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	for body, want := range map[string]struct {
		kind faultKind
		says string
	}{
		``:                             {faultGarbage, "not one JSON object"},
		`<html>502 Bad Gateway</html>`: {faultGarbage, "not one JSON object"},
		`"KEY-SECRET"`:                 {faultGarbage, "is a string"},
		`{"keys":["KEY-SECRET"]} {}`:   {faultGarbage, "not one JSON object"},
		`{"keys":["KEY-SECRET`:         {faultGarbage, "not one JSON object"},
		`{"keys":"KEY-SECRET"}`:        {faultGarbage, "keys is a string"},
		`{"keys":[1,2]}`:               {faultGarbage, "keys is a number"},
		`{"text":{"a":"KEY-SECRET"}}`:  {faultGarbage, "text is a object"},
		`{"file":"KEY-SECRET"}`:        {faultGarbage, "file is a string"},
		"{\"text\":\"\xff\xfe\"}":      {faultGarbage, "UTF-8"},
		`{"text":"` + strings.Repeat("x", maxAnswer) + `"}`: {faultGarbage, "longer than"},
		`{}`:                          {faultUnusable, "neither"},
		`null`:                        {faultUnusable, "neither"},
		`{"error":"out of licences"}`: {faultUnusable, "neither"},
		`{"keys":[]}`:                 {faultUnusable, "neither"},
		`{"keys":["A"]}`:              {faultUnusable, "1 keys for 2 pieces"},
		`{"keys":["A","B","C"]}`:      {faultUnusable, "3 keys for 2 pieces"},
		`{"keys":["A",""]}`:           {faultUnusable, "key 2 is empty"},
		`{"keys":["A","A"]}`:          {faultUnusable, "key 2 is the same as key 1"},
		`{"keys":["A","b\u0000"]}`:    {faultUnusable, "key 2 holds a control character"},
		`{"keys":["A","` + strings.Repeat("x", shop.MaxUnitBytes+1) + `"]}`: {faultUnusable, "key 2 is longer"},
		`{"text":"` + strings.Repeat("x", 16001) + `"}`:                     {faultUnusable, "longer than 16000"},
		`{"text":"a\u001bb"}`:                                             {faultUnusable, "control character"},
		`{"file":{}}`:                                                     {faultUnusable, "url"},
		`{"file":{"url":"ftp://x.example/a"}}`:                            {faultUnusable, "url"},
		`{"file":{"url":"https://u:p@x.example/a"}}`:                      {faultUnusable, "url"},
		`{"file":{"url":"https://x.example/a","sha256":"abc"}}`:           {faultUnusable, "sha256"},
		`{"file":{"url":"https://x.example/a","sha256":"` + sum + `00"}}`: {faultUnusable, "sha256"},
		`{"file":{"url":"https://x.example/a","size":99999999}}`:          {faultUnusable, "20 MB"},
	} {
		_, err := parseAnswer([]byte(body), 2)
		f, is := errors.AsType[*RequestError](err)
		require.True(t, is, body)
		require.Equal(t, want.kind, f.kind, body)
		require.ErrorContains(t, err, want.says)
		require.NotContains(t, err.Error(), "KEY-SECRET", "an error goes into a log")
	}
}

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"text":"a"}`, `{"keys":["a","b"]}`, `{"wait":3}`, `{"wait":1e400}`, `null`, `[]`, "{\"keys\":[\"\u2028x\",\"y\"]}",
		`{"file":{"url":"https://a.example/b","name":"c"}}`,
	} {
		f.Add([]byte(seed), 2)
	}
	f.Fuzz(func(t *testing.T, body []byte, quantity int) {
		a, err := parseAnswer(body, quantity)
		if err != nil {
			_, is := errors.AsType[*RequestError](err)
			require.True(t, is)
			return
		}
		var plain map[string]any // an independent reading
		require.NoError(t, json.Unmarshal(body, &plain))
		if !a.goods() {
			require.GreaterOrEqual(t, a.wait(), minWait)
			require.LessOrEqual(t, a.wait(), maxWait)
			return
		}
		require.True(t, utf8.ValidString(a.Text))
		if len(a.Keys) > 0 {
			require.Len(t, a.Keys, quantity)
		}
		for _, key := range a.Keys {
			require.NotEmpty(t, key)
			require.False(t, strings.ContainsFunc(key, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' }))
		}
		if a.File != nil {
			require.NotEmpty(t, a.File.Name)
			require.NotContains(t, a.File.Name, "/")
			require.False(t, strings.ContainsFunc(a.File.Name, func(r rune) bool { return !unicode.IsPrint(r) }))
		}
	})
}
