package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// describe prints when, on what and of which version the figures are.
func describe(ctx context.Context, w io.Writer, data string) {
	fmt.Fprintf(w, "%s, %s, %d processors, %s, %s/%s, files on %s, version %s\n\n",
		time.Now().UTC().Format("2006-01-02 15:04 MST"), processor(), runtime.NumCPU(), runtime.Version(),
		runtime.GOOS, runtime.GOARCH, output(ctx, "stat", "-f", "-c", "%T", data), output(ctx, "git", "describe", "--always", "--dirty"))
}

// processor is the name that the processor gives itself, where the system tells.
func processor() string {
	const unknown = "an unknown processor"
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return unknown
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "?"
	}
	return strings.TrimSpace(string(out))
}
