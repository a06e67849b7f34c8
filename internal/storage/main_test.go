package storage

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// childVariable makes this test binary another process that has the database open.
const childVariable = "STORAGE_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		if err := sellForever(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// child is another process that opens the database at path and sells from it, until it is killed.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	output *bufio.Scanner
}

func startChild(t *testing.T, path string) *child {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program)
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	cmd.Stderr = os.Stderr
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	c := &child{t: t, cmd: cmd, output: bufio.NewScanner(output)}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return c
}

// lines reads up to n lines of what the child says.
func (c *child) lines(n int) []string {
	c.t.Helper()
	var lines []string
	for len(lines) < n && c.output.Scan() {
		lines = append(lines, c.output.Text())
	}
	return lines
}

// kill ends the child as a power cut would, and returns what it still had to say.
func (c *child) kill() []string {
	c.t.Helper()
	require.NoError(c.t, c.cmd.Process.Kill())
	rest := c.lines(1 << 30)
	require.Error(c.t, c.cmd.Wait())
	return rest
}
