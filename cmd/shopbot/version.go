package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version tells which build this is, as the Go tool has noted it in the binary.
func version() string {
	number, commit := "(devel)", "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			number = info.Main.Version
		}
		commit = commitOf(info.Settings)
	}
	return fmt.Sprintf("shopbot %s, commit %s, %s %s/%s", number, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func commitOf(settings []debug.BuildSetting) string {
	commit, changed := "unknown", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	return commit + changed
}
