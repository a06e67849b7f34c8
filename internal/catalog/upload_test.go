package catalog

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFileFromTheChatKeepsWhatItIsCalled(t *testing.T) {
	for called, want := range map[string]string{
		"walls.zip": "walls.zip", "Обои (1).zip": "Обои-(1).zip", "../../etc/passwd": "passwd", `a\b: c.png`: "a-b--c.png",
		"": "file", "...": "file", ".jpg": "jpg", "\x00\u202e.txt": "txt",
	} {
		name := uploadName([]byte("content"), called)
		require.Equal(t, want, name[strings.LastIndex(name, "/")+1:], called)
		require.True(t, fs.ValidPath(name))
	}
	long := uploadName(nil, strings.Repeat("Ж", 200)+".zip")
	require.LessOrEqual(t, len(long), 130)
	require.True(t, strings.HasSuffix(long, "Ж.zip"), long)
	require.NotEqual(t, uploadName([]byte("a"), "x"), uploadName([]byte("b"), "x"))
}
