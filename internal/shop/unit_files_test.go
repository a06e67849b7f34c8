package shop

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

func TestEachFileOfAZIPIsAUnitThatKeepsItsNameAndBytes(t *testing.T) {
	list, err := ReadFileUnits("goods.zip", zipped(t, "b/2.pdf", "%PDF\x00two", "b/", "", "__MACOSX/._2.pdf", "x", "a.png", "\x89PNG",
		"copy of 2.pdf", "%PDF\x00two"))
	require.NoError(t, err)
	require.Equal(t, 3, list.Len())
	require.True(t, list.HasFiles())
	var names []string
	bytesOf := map[string]string{}
	for unit := range list.All() {
		f, is := ParseFileUnit(unit)
		require.True(t, is)
		names = append(names, f.Name)
		require.Equal(t, unit, f.Unit())
	}
	require.Equal(t, []string{"2.pdf", "a.png", "copy of 2.pdf"}, names, "in the order of the archive")
	require.NoError(t, list.eachFile(func(f FileUnit, content []byte) error {
		bytesOf[f.Name] = string(content)
		require.Equal(t, NewFileUnit(f.Name, content), f)
		return nil
	}))
	require.Equal(t, "%PDF\x00two", bytesOf["2.pdf"])
	units := slices.Collect(list.All())
	require.Equal(t, CanonicalUnit(units[0]), CanonicalUnit(units[2]), "the same bytes are the same unit")
	require.NotEqual(t, CanonicalUnit(units[0]), CanonicalUnit(units[1]))
	require.Empty(t, list.Suspect())
	require.Equal(t, "2.pdf (8 B)", PlainUnit(units[0]))

	again, content, is := list.FileSource()
	require.True(t, is)
	same, err := ReadFileUnits(again, content)
	require.NoError(t, err, "as a running shop is told of it")
	require.Equal(t, units, slices.Collect(same.All()))
}

func TestAFileThatIsNoZIPIsOneUnit(t *testing.T) {
	list, err := ReadFileUnits("card.pdf", []byte("%PDF"))
	require.NoError(t, err)
	require.Equal(t, []string{NewFileUnit("card.pdf", []byte("%PDF")).Unit()}, slices.Collect(list.All()))
	_, err = ReadFileUnits("", []byte("KEY-1\n"))
	require.ErrorContains(t, err, "send each as a file, or all in a ZIP")
	two, err := ReadFileUnits("more.zip", zipped(t, "a", "1", "b", "2"))
	require.NoError(t, err)
	joined, err := JoinUnits([]UnitList{list, two})
	require.NoError(t, err)
	require.Equal(t, 3, joined.Len())
	n := 0
	require.NoError(t, joined.eachFile(func(FileUnit, []byte) error { n++; return nil }))
	require.Equal(t, 3, n)
	text, err := ParseUnits([]byte("KEY-1"), "")
	require.NoError(t, err)
	_, err = JoinUnits([]UnitList{list, text})
	require.ErrorIs(t, err, ErrBadUnits)
}

func TestAListOfKeysAmongFilesIsSuspected(t *testing.T) {
	for _, c := range []struct {
		name    string
		content string
		suspect bool
	}{
		{"keys.txt", "KEY-1\r\nKEY-2\r\n", true},
		{"KEYS.CSV", "key\nKEY-1\n", true},
		{"utf16.txt", "\xff\xfeA\x00\n\x00B\x00\n\x00", true},
		{"one.txt", "KEY-1\n", false},
		{"wg0.conf", "[Interface]\nPrivateKey = x\n", false},
		{"not-a-text.txt", "\x00\x01\n\x02\n", false},
		{"texts.zip", string(zipped(t, "a.txt", "KEY-1\nKEY-2\n", "b.txt", "KEY-3\nKEY-4\n")), false},
	} {
		list, err := ReadFileUnits(c.name, []byte(c.content))
		require.NoError(t, err)
		found := list.Suspect()
		require.Equal(t, c.suspect, len(found) == 1, "%s: %v", c.name, found)
		_, content, _ := list.FileSource()
		require.Equal(t, c.content, string(content), "it is loaded as it was sent")
		if c.suspect {
			require.Equal(t, SuspectTexts, found[0].Rule)
			require.Equal(t, slices.Collect(list.All())[0], found[0].Examples[0].Unit)
		}
	}
}

func TestAZIPOfFilesThatAsksForTooMuchIsRefused(t *testing.T) {
	blank := strings.Repeat("\x00", MaxBlob)
	var many, large []string
	for range maxFileUnits + 1 {
		many = append(many, "f", "x")
	}
	for range maxUnpacked/MaxBlob + 1 {
		large = append(large, "f", blank)
	}
	for name, c := range map[string]struct {
		files []string
		says  string
	}{
		"an empty file":           {[]string{"a.pdf", ""}, `file "a.pdf" of the ZIP: it is empty`},
		"a file that is too long": {[]string{"a.bin", blank + "x"}, "longer than 20 MB"},
		"too much when unpacked":  {large, "more than 200 MB together"},
		"too many files":          {many, "more than 10000 files"},
	} {
		_, err := ReadFileUnits("a.zip", zipped(t, c.files...))
		require.ErrorIs(t, err, ErrBadUnits, name)
		require.ErrorContains(t, err, c.says, name)
	}
	_, err := ReadFileUnits("a.zip", zipped(t, "a", "b")[:20])
	require.ErrorContains(t, err, "cannot be read")
}

func TestTheNameOfAFileIsSafe(t *testing.T) {
	for name, want := range map[string]string{
		"a.pdf": "a.pdf", "dir/sub/a.pdf": "a.pdf", `C:\Users\me\a.pdf`: "a.pdf", "../../etc/passwd": "passwd", "": "file", "/": "file",
		"..": "file", "a\nb.txt": "ab.txt", "\u202efdp.exe": "fdp.exe", `a"b<c>.txt`: "abc.txt", "Ключ 1.txt": "Ключ 1.txt", "\xff\xfe": "file",
		strings.Repeat("x", 300) + ".pdf": strings.Repeat("x", 96) + ".pdf",
	} {
		require.Equal(t, want, FileName(name), "%q", name)
	}
}

func FuzzFileUnits(f *testing.F) {
	f.Add("a.zip", []byte("PK\x03\x04"))
	f.Add("a.pdf", []byte("%PDF"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		list, err := ReadFileUnits(name, content)
		if err != nil {
			require.ErrorIs(t, err, ErrBadUnits)
			return
		}
		n := 0
		for unit := range list.All() {
			n++
			parsed, is := ParseFileUnit(unit)
			require.True(t, is)
			require.Equal(t, unit, parsed.Unit())
			require.NotEmpty(t, parsed.Name)
			require.False(t, strings.ContainsFunc(parsed.Name, func(r rune) bool { return r == '/' || !unicode.IsPrint(r) }))
		}
		require.Equal(t, list.Len(), n)
	})
}
