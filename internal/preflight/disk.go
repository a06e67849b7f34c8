package preflight

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"shopbot/internal/config"
	"shopbot/internal/machine"
	"shopbot/internal/storage"
)

func (c *check) checkDatabase() {
	const subject = "database"
	path := c.cfg.Database.Name()
	switch {
	case c.cfg.Faulty("DATABASE"):
		return
	case c.databaseErr != nil:
		c.failErr(subject, c.databaseErr)
	case len(c.breaches) > 0:
		for _, breach := range c.breaches {
			c.failErr(subject, withHint(errors.New(breach), "restore a backup, and report this as a bug"))
		}
	case c.Running != nil:
		c.ok(subject, "%s is open in the running shop, and answers", path)
	case c.there && c.cfg.Database.IsPostgres():
		c.ok(subject, "%s can be opened; 'shopbot check --database' examines all that it holds", path)
	case c.there:
		c.ok(subject, "%s can be opened, and all that it holds agrees", path)
	case c.cfg.Database.IsPostgres():
		c.ok(subject, "%s is empty; the shop will make its tables", path)
	default:
		c.checkDirectory(path)
	}
}

// checkDirectory checks that a database can be made, without making it.
func (c *check) checkDirectory(path string) {
	const subject = "database"
	target, err := storage.NewPath(path)
	if err != nil {
		c.failErr(subject, err)
		return
	}
	dir := filepath.Dir(target)
	probe, err := os.CreateTemp(dir, ".shopbot-check-*")
	if err != nil {
		c.failErr(subject, withHint(err, "make the directory "+dir+" and let the shop's user write there, or set SHOPBOT_DATABASE"))
		return
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	c.ok(subject, "%s is not there yet; the shop will make it", path)
}

// Bounds of the disk. A backup and 'shopbot compact' need room for another copy of the database.
const (
	megabyte  = 1 << 20
	leastRoom = 100 * megabyte
	goodRoom  = 1024 * megabyte
	slowFlush = 50 * time.Millisecond
)

// checkDisk looks at the disk that the database is on.
func (c *check) checkDisk(ctx context.Context) {
	const subject = "disk"
	switch {
	case c.cfg.Faulty("DATABASE"):
		return
	case c.cfg.Database.IsPostgres():
		c.checkServer(ctx)
		return
	}
	path := c.cfg.Database.Path()
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	dir := filepath.Dir(path)
	disk, err := c.diskOf(dir)
	if err != nil { // a directory that is not there is told with the database
		return
	}
	room, need := disk.Free/megabyte, uint64(goodRoom/megabyte)
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		need = max(need, 2*uint64(info.Size())/megabyte)
	}
	good := false
	switch {
	case disk.Free < leastRoom:
		c.fail(subject, "health_disk_full", "Free", int(room), "Directory", dir) //nolint:gosec // below 100
	case room < need:
		c.warn(subject, "health_disk_low", "Free", int(room), "Need", int(need), "Directory", dir) //nolint:gosec // megabytes
	default:
		good = true
	}
	switch {
	case disk.Kind == machine.Memory:
		c.fail(subject, "health_disk_memory", "Directory", dir)
	case disk.Kind == machine.Layer && c.container:
		c.warn(subject, "health_disk_layer", "Directory", dir)
	case disk.Kind == machine.Network:
		c.warn(subject, "health_disk_network", "Directory", dir)
	}
	switch flush, err := machine.FlushTime(dir); {
	case err != nil && c.Running == nil: // a shop that runs may be another user's
		c.fail(subject, "health_disk_unwritable", "Directory", dir, "Detail", err)
	case err != nil:
	case flush > slowFlush:
		c.warn(subject, "health_disk_slow", "Flush", int(flush.Milliseconds()), "Sale", int(6*flush.Milliseconds()), "Directory", dir)
	case good:
		c.ok(subject, "%d MB are free in %s, and a flush takes %s", room, dir, flush.Round(10*time.Microsecond))
	}
}

// inContainer reports whether the program runs in a container of Docker or Podman.
func inContainer() bool {
	return slices.ContainsFunc([]string{"/.dockerenv", "/run/.containerenv"}, func(mark string) bool {
		_, err := os.Stat(mark)
		return err == nil
	})
}

// checkFiles warns of private files that others on the machine can read or change. Secrets that a
// container gets are mounted readable for all, and nobody else is there.
func (c *check) checkFiles() {
	if runtime.GOOS == "windows" {
		return
	}
	for _, file := range c.cfg.PrivateFiles() {
		info, err := os.Stat(file)
		if err != nil || file == c.EnvFile || strings.HasPrefix(file, "/run/secrets/") || file == c.cfg.TLSKey && c.cfg.TLS == config.TLSFiles {
			continue // what is not there is told elsewhere, and so is the certificate's key
		}
		public := file == c.cfg.Catalog || file == c.cfg.TLSCert // to be read, and not to be changed
		switch mode := info.Mode().Perm(); {
		case mode&0o002 != 0:
			c.warn("files", "health_file_changeable", "File", file)
		case mode&0o004 != 0 && !public:
			c.warn("files", "health_file_readable", "File", file)
		}
	}
}

// lately is how long ago the machine may have slept to be told of.
const lately = 7 * 24 * time.Hour

// checkMachine warns of a machine that sleeps.
func (c *check) checkMachine() {
	if s := c.sleep; !s.Last.IsZero() && time.Since(s.Last) < lately {
		c.warn("machine", "health_slept", "Last", s.Last, "Minutes", s.Minutes)
	}
}

// checkAlarms tells of the trouble that the running shop knows of.
func (c *check) checkAlarms() {
	if c.now == nil {
		return
	}
	for _, a := range c.now.Alarms {
		c.fail("alarm", "health_alarm", "Alarm", a.Words(), "Since", a.Since)
	}
}
