package shop

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAUnitInAnyDisguiseIsOneUnit(t *testing.T) {
	for name, disguise := range map[string]string{
		"a byte order mark":        "\uFEFFAB-1 2",
		"zero-width spaces":        "A\u200BB-1 2\u200B",
		"joiners":                  "A\u200DB\u2060-1 2",
		"direction marks":          "\u202AAB-1 2\u202C\u200E",
		"isolates":                 "\u2066AB-1 2\u2069",
		"a soft hyphen":            "A\u00ADB-1 2",
		"a no-break space":         "AB-1\u00A02",
		"an ideographic space":     "\u3000AB-1\u30002",
		"a thin space":             "AB-1\u20092",
		"a tab":                    "AB-1\t2",
		"a braille blank":          "AB-1\u28002\u2800",
		"a Hangul filler":          "AB-1 2\u3164",
		"a variation selector":     "A\uFE0FB-1 2",
		"a combining joiner":       "A\u034FB-1 2",
		"a Mongolian separator":    "A\u180EB-1 2",
		"blanks around it":         " \u2003AB-1 2 ",
		"a carriage return":        "AB-1 2\r",
		"a mark before the blanks": "\uFEFF \u200BAB-1 2",
	} {
		require.Equal(t, "AB-1 2", CanonicalUnit(disguise), name)
	}
	require.Equal(t, CanonicalUnit("caf\u00e9"), CanonicalUnit("cafe\u0301"), "an accent composed or not")
	for _, other := range []string{"AB-12", "ab-1 2", "AB-1  2", "\u0410B-1 2", "AB\u20101 2"} {
		require.NotEqual(t, "AB-1 2", CanonicalUnit(other), "what can be seen stays")
	}
	for _, lines := range []string{"a\r\nb", "a\rb", "a\u2028b", "a\u2029b", "a\u0085b", "a  \nb\n", "\na\t\nb"} {
		require.Equal(t, "a\nb", CanonicalUnit(lines), "%q", lines)
	}
	require.NotEqual(t, CanonicalUnit("a\n b"), CanonicalUnit("a\nb"), "indentation can be seen")
}

func TestTheCanonicalFormIsItsOwnCanonicalForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("a \t\n\r\u200B\u00A0\u2028\u0301\uFEFF")))).Draw(t, "unit")
		once := CanonicalUnit(unit)
		require.Equal(t, once, CanonicalUnit(once))
	})
}

func TestLinesEndAsOnAnySystem(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"} {
		list, err := ParseUnits([]byte("\uFEFF A-1 "+end+end+"B 2"+end+"\u200B \u00A0"+end+"\u00A0C\u200E"), "")
		require.NoError(t, err)
		require.Equal(t, []string{"A-1", "B 2", "C"}, slices.Collect(list.All()), "%q", end)
		require.Equal(t, 3, list.Len())
		var lines []int
		for line := range list.Lines() {
			lines = append(lines, line)
		}
		require.Equal(t, []int{1, 3, 5}, lines, "%q", end)
	}
}

func TestAUnitIsShownAsItWasLoaded(t *testing.T) {
	list, err := ParseUnits([]byte("\uFEFF A\u00AD1\u00A0x \n"), "")
	require.NoError(t, err)
	require.Equal(t, []string{"A\u00AD1\u00A0x"}, slices.Collect(list.All()))
}

func TestUnitsOfSeveralLinesStandBetweenSeparators(t *testing.T) {
	text := "\n\n[Interface]\r\nKey = 1\r\n\r\n---\r\n---\n  host: a\n  port: 1  \n\t---\t\nlast\n"
	list, err := ParseUnits([]byte(text), "---")
	require.NoError(t, err)
	require.Equal(t, []string{"[Interface]\nKey = 1", "  host: a\n  port: 1", "last"}, slices.Collect(list.All()))
	var lines []int
	for line := range list.Lines() {
		lines = append(lines, line)
	}
	require.Equal(t, []int{3, 8, 11}, lines)

	again, err := ParseUnits(list.Text(), list.Separator())
	require.NoError(t, err)
	require.Equal(t, slices.Collect(list.All()), slices.Collect(again.All()))

	_, err = ParseUnits([]byte("ok\n---\n\na\nb\x00\n"), "---")
	require.ErrorContains(t, err, "line 5 holds a control character")
	_, err = ParseUnits([]byte("ok\n---\n"+strings.Repeat("long line\n", 300)), "---")
	require.ErrorContains(t, err, "begins in line 3")
}

func TestWhatAnOwnerSendsIsRead(t *testing.T) {
	inUTF16 := func(order binary.AppendByteOrder, text string) []byte {
		var out []byte
		for _, u := range utf16.Encode([]rune("\uFEFF" + text)) {
			out = order.AppendUint16(out, u)
		}
		return out
	}
	for name, c := range map[string]struct {
		content   []byte
		separator string
		units     []string
	}{
		"UTF-16 of Windows":     {inUTF16(binary.LittleEndian, "K-1\r\nключ 😀\r\n"), "", []string{"K-1", "ключ 😀"}},
		"UTF-16 the other way":  {inUTF16(binary.BigEndian, "K-1\r\nK-2"), "", []string{"K-1", "K-2"}},
		"a separator":           {[]byte("a\nb\n---\nc\n"), "", []string{"a\nb", "c"}},
		"a separator alone":     {[]byte("a\nb\n---\n"), "", []string{"a\nb"}},
		"the catalog's own":     {[]byte("a\nb\n***\nc\n---\n"), "***", []string{"a\nb", "c\n---"}},
		"dashes within a key":   {[]byte("a---b\nc\n"), "", []string{"a---b", "c"}},
		"logins and passwords":  {[]byte("alice:p1\nbob:p2\n\nuser:p3\n"), "", []string{"alice:p1", "bob:p2", "user:p3"}},
		"logins with blanks":    {[]byte("alice: p1\nbob: p2\nuser: p3\n"), "", []string{"alice: p1", "bob: p2", "user: p3"}},
		"addresses":             {[]byte("https://a/1\nhttps://a/2\n"), "", []string{"https://a/1", "https://a/2"}},
		"one label each":        {[]byte("Key: 1\n\nKey: 2\n"), "", []string{"Key: 1", "Key: 2"}},
		"JSON, a line each":     {[]byte("{\"a\":1}\n{\"a\":2}\n"), "", []string{`{"a":1}`, `{"a":2}`}},
		"a list with no ending": {[]byte("K-1"), "", []string{"K-1"}},
	} {
		list, err := ReadUnits(c.content, c.separator)
		require.NoError(t, err, name)
		require.Equal(t, c.units, slices.Collect(list.All()), name)
		require.Equal(t, len(c.units), list.Len(), name)
	}
	for name, c := range map[string]struct{ content, says string }{
		"PEM":                     {"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n", "PEM blocks"},
		"WireGuard":               {"[Interface]\nPrivateKey = x=\n[Peer]\nEndpoint = h:1\n", "WireGuard"},
		"OpenVPN":                 {"client\ndev tun\nremote vpn.example 1194 udp\n", "OpenVPN"},
		"fields":                  {"Login: a\nPassword: b\n\nLogin: c\nPassword: d\n2FA: e\n", "several fields"},
		"fields without gaps":     {"Login: a\nPassword: b\nLogin: c\nPassword: d\n", "several fields"},
		"fields of one account":   {"Login: a\nPassword: b\n", "several fields"},
		"fields of another kind":  {"Host: a\nPort: 1\n\nHost: b\nPort: 2\n", "several fields"},
		"fields without blanks":   {"Login:a\nPassword:b\n\nLogin:c\nPassword:d\n", "several fields"},
		"a JSON document":         {"[\n  {\"a\": 1},\n  {\"a\": 2}\n]\n", "JSON document"},
		"rich text":               {`{\rtf1\ansi K-1}`, "save it as plain text"},
		"a page":                  {"<!DOCTYPE html><p>K-1", "save it as plain text"},
		"UTF-16 without its mark": {"K\x00-\x001\x00", "save it as plain text in UTF-8"},
		"half of a UTF-16 letter": {"\xff\xfeK", "UTF-8"},
		"an old encoding":         {"\xea\xeb\xfe\xf7", "save it as UTF-8"},
	} {
		_, err := ReadUnits([]byte(c.content), "")
		require.ErrorIs(t, err, ErrBadUnits, name)
		require.ErrorContains(t, err, c.says, name)
	}
	_, err := ReadUnits([]byte("Login: a\nPassword: b\n"), "")
	require.ErrorContains(t, err, "put a line --- after each unit, or send a ZIP")
	list, err := ReadUnits([]byte("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"), "---")
	require.NoError(t, err, "the catalog says that its units have several lines")
	require.Equal(t, 1, list.Len())
}

// zipped makes a ZIP of pairs of names and contents.
func zipped(t *testing.T, files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for file := range slices.Chunk(files, 2) {
		f, err := w.Create(file[0])
		require.NoError(t, err)
		_, err = f.Write([]byte(file[1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestEachFileOfAZIPIsAUnit(t *testing.T) {
	list, err := ReadUnits(zipped(t, "b/2.conf", "[Interface]\r\nKey = 1\r\n---\r\n", "b/", "", "__MACOSX/._2.conf", "\x00\x01", "b/.DS_Store", "\x00",
		"a.txt", "\uFEFFone\n", "u16.txt", "\xff\xfeK\x00"), "")
	require.NoError(t, err)
	want := []string{"[Interface]\nKey = 1\n---", "one", "K"}
	require.Equal(t, want, slices.Collect(list.All()))
	again, err := ParseUnits(list.Text(), list.Separator())
	require.NoError(t, err)
	require.Equal(t, want, slices.Collect(again.All()), "as a running shop is told of it")
	for n, unit := range list.Lines() {
		require.Equal(t, want[n-1], unit, "numbered as files")
	}

	for name, c := range map[string]struct {
		files []string
		says  string
	}{
		"a picture":            {[]string{"a.png", "\x89PNG\x0d\x0a\x1a\x0a\x00"}, `file "a.png" of the ZIP: it is not a text file`},
		"an old encoding":      {[]string{"a.txt", "\xea\xeb"}, "save it as UTF-8"},
		"an empty file":        {[]string{"a.txt", " \n"}, "it is empty"},
		"a long file":          {[]string{"a.txt", strings.Repeat("x", MaxUnitBytes+1)}, "longer than 2000 bytes"},
		"a file that explodes": {[]string{"a.txt", strings.Repeat("x", 50<<20)}, "longer than 2000 bytes"},
		"a ZIP in a ZIP":       {[]string{"a.zip", string(zipped(t, "a", "b"))}, "goods that are files"},
		"a workbook":           {[]string{"[Content_Types].xml", "<xml/>"}, "Office document"},
		"a control character":  {[]string{"a.txt", "a\x1eb"}, "control character"},
	} {
		_, err := ReadUnits(zipped(t, c.files...), "")
		require.ErrorIs(t, err, ErrBadUnits, name)
		require.ErrorContains(t, err, c.says, name)
	}
	_, err = ReadUnits([]byte("PK\x03\x04 and no more"), "")
	require.ErrorContains(t, err, "the ZIP cannot be read")

	var many []string
	for i := range MaxListBytes/MaxUnitBytes + 1 {
		many = append(many, fmt.Sprint(i), strings.Repeat("x", MaxUnitBytes))
	}
	_, err = ReadUnits(zipped(t, many...), "")
	require.ErrorContains(t, err, "more than 20 MB together")
}

func FuzzReadUnits(f *testing.F) {
	f.Add([]byte("a\r\nb\n---\nc"), "")
	f.Add([]byte("\xff\xfea\x00"), "")
	f.Add([]byte("PK\x03\x04"), "x")
	f.Fuzz(func(t *testing.T, content []byte, separator string) {
		list, err := ReadUnits(content, separator)
		if err != nil {
			require.ErrorIs(t, err, ErrBadUnits)
			return
		}
		units := slices.Collect(list.All())
		require.Len(t, units, list.Len())
		for _, unit := range units {
			require.NotEmpty(t, CanonicalUnit(unit))
			require.LessOrEqual(t, len(unit), MaxUnitBytes)
		}
		list.Suspect()
		again, err := ParseUnits(bytes.Clone(list.Text()), list.Separator())
		require.NoError(t, err)
		require.Equal(t, units, slices.Collect(again.All()))
	})
}
