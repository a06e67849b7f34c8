package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"shopbot/internal/ops"
)

type statusCommand struct {
	settingsFlags

	JSON bool `name:"json" xor:"as" help:"Write JSON for programs."`
	Open bool `xor:"as" help:"Open the page of the running shop in the browser, by a link that works once."`
}

// Help is what "shopbot status --help" adds.
func (statusCommand) Help() string {
	return `Asks the running shop through the socket beside its database. The exit code is 1 if no shop is running, and also if it
is not ready. With --open it prints the link, which works once and within two minutes, and opens it if there is a
browser here. From another machine, first forward the port:

	ssh -L 9090:127.0.0.1:9090 HOST`
}

// Run prints how the running shop is.
func (c *statusCommand) Run(ctx context.Context, con *console) error {
	cfg, err := con.loadExisting(c.settingsFlags)
	if err != nil {
		return err
	}
	running, found := ops.Find(ctx, cfg)
	if !found {
		remedy := "start it with 'shopbot run'"
		if cfg.Database.IsPostgres() && cfg.Socket == "" {
			remedy += "; if it runs on this machine, go to its working directory, or name its socket as SHOPBOT_SOCKET"
		}
		return fmt.Errorf("no shop is running (none answers commands at %s); %s", ops.Socket(cfg), remedy)
	}
	if c.Open {
		link, err := running.OneTimeLink(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(con.stdout, "%s\n", link)
		if con.terminal {
			openBrowser(ctx, link)
		}
		return err
	}
	s, err := running.Status(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(con.stdout)
		out.SetIndent("", "  ")
		err = out.Encode(s)
	} else {
		err = s.WriteText(con.stdout)
	}
	if err == nil && !s.Ready {
		return fmt.Errorf("the shop is not ready")
	}
	return err
}

// openBrowser opens an address if this machine can. Where it cannot, the link on standard output is
// enough.
func openBrowser(ctx context.Context, address string) {
	name, args := "xdg-open", []string{address}
	switch {
	case runtime.GOOS == "darwin":
		name = "open"
	case runtime.GOOS == "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	case os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_ = exec.CommandContext(ctx, name, args...).Run() //nolint:gosec // our own link
}
