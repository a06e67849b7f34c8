package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"shopbot/internal/localize"
	"shopbot/internal/storage"
)

type textsCommand struct {
	Dir string `arg:"" name:"dir" help:"The directory to write them to; it is made if it is not there."`
}

// Help is what "shopbot texts --help" adds.
func (textsCommand) Help() string {
	return `Writes a file for each language, such as en.yaml. Leave the texts that you change and delete the others, so that a newer
shopbot can say those better; then name the directory in SHOPBOT_TEXTS. No file that is there is overwritten.
docs/languages.md tells what the texts may hold.`
}

// Run writes the built-in texts.
func (c *textsCommand) Run(con *console) error {
	if err := os.MkdirAll(c.Dir, 0o750); err != nil {
		return err
	}
	files, err := localize.Files.ReadDir("texts")
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := c.write(f.Name()); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(con.stdout, "%s written to %s\n", plural(len(files), "file"), c.Dir)
	return err
}

func (c *textsCommand) write(name string) error {
	data, err := localize.Files.ReadFile("texts/" + name)
	if err != nil {
		return err
	}
	target := filepath.Join(c.Dir, name)
	err = storage.WriteFile(target, func(to io.Writer) error { _, err := to.Write(data); return err })
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already; name another directory, or move it away", target)
	}
	return err
}
