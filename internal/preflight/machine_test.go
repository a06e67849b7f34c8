package preflight

import (
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/machine"
	"shopbot/internal/shop"
	"shopbot/internal/status"
)

func TestADiskThatLosesOrRefusesTheDatabaseIsTold(t *testing.T) {
	const giga = 1 << 30
	for name, c := range map[string]struct {
		disk      machine.Disk
		container bool
		want      string
	}{
		"good":                      {machine.Disk{Free: 50 * giga}, false, "ok    disk           51200 MB are free"},
		"nearly full":               {machine.Disk{Free: 50 << 20}, false, "fail  disk           only 50 MB are free"},
		"little room":               {machine.Disk{Free: 500 << 20}, false, "warn  disk           500 MB are free"},
		"in memory":                 {machine.Disk{Free: giga * 2, Kind: machine.Memory}, false, "is lost when the machine restarts"},
		"in a container":            {machine.Disk{Free: giga * 2, Kind: machine.Layer}, true, "mount a volume there"},
		"a layer, but no container": {machine.Disk{Free: giga * 2, Kind: machine.Layer}, false, "ok    disk"},
		"over the network":          {machine.Disk{Free: giga * 2, Kind: machine.Network}, false, "on another machine's disk"},
	} {
		t.Run(name, func(t *testing.T) {
			checked := newCheck(config.Config{Database: config.Database(filepath.Join(t.TempDir(), "shop.db"))}, Options{})
			checked.diskOf = func(string) (machine.Disk, error) { return c.disk, nil }
			checked.container = c.container
			checked.checkDisk(t.Context())
			require.Contains(t, written(checked), c.want)
		})
	}
}

func TestABigDatabaseNeedsRoomForItsCopies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, f.Truncate(2<<30)) // sparse
	require.NoError(t, f.Close())
	c := newCheck(config.Config{Database: config.Database(path)}, Options{})
	c.diskOf = func(string) (machine.Disk, error) { return machine.Disk{Free: 3 << 30}, nil }
	c.checkDisk(t.Context())
	require.Contains(t, written(c), "may need up to 4096 MB")
}

func TestPrivateFilesThatOthersReachAreTold(t *testing.T) {
	dir := t.TempDir()
	database, list := filepath.Join(dir, "shop.db"), filepath.Join(dir, "catalog.yaml")
	require.NoError(t, os.WriteFile(database, nil, 0o600))
	require.NoError(t, os.WriteFile(list, nil, 0o600))
	cfg := config.Config{Database: config.Database(database), Catalog: list}
	found := func() string {
		c := newCheck(cfg, Options{})
		c.checkFiles()
		return written(c)
	}
	require.NoError(t, os.Chmod(list, 0o644)) //nolint:gosec // what is told
	require.Empty(t, found(), "a catalog may be read")
	require.NoError(t, os.Chmod(list, 0o646)) //nolint:gosec // what is told
	require.Contains(t, found(), "chmod o-w "+list)
	require.NoError(t, os.Chmod(database, 0o644)) //nolint:gosec // what is told
	require.Contains(t, found(), "chmod o-rwx "+database)
}

func TestCatalogAndStockAreCompared(t *testing.T) {
	c := newCheck(config.Config{}, Options{})
	c.catalog = &catalog.Catalog{Products: []catalog.Product{
		{SKU: "vpn", Deliver: catalog.Keys},
		{SKU: "game", Deliver: catalog.Keys},
		{SKU: "guide", Deliver: catalog.Content},
	}}
	c.stock = map[string]shop.Stock{"vpn": {Free: 3}, "game": {Sold: 7}, "guide": {Free: 1}, "old": {Free: 2}, "older": {Sold: 2}}
	c.checkStock()
	require.Equal(t, "warn  stock          sold out: game. Load more with /addstock or 'shopbot stock add'\n"+
		"warn  stock          there are units of guide, old, which the catalog does not sell from stock: put it back into the catalog, "+
		"or take them out with /removestock or 'shopbot stock remove'\n", written(c))
	c = newCheck(config.Config{}, Options{})
	c.catalog = &catalog.Catalog{Products: []catalog.Product{{SKU: "vpn", Deliver: catalog.Keys}}}
	c.stock = map[string]shop.Stock{"vpn": {Free: 3}}
	c.checkStock()
	require.Equal(t, "ok    stock          nothing is sold out; free units: 3\n", written(c))
}

func TestSleepOfTheLastDaysAndAlarmsAreTold(t *testing.T) {
	c := newCheck(config.Config{}, Options{})
	c.sleep = machine.Sleep{Last: time.Now().Add(-time.Hour), Minutes: 432, Times: 1}
	c.now = &status.Status{Alarms: []status.Alarm{{ID: "backup", Cause: "failed", Detail: "no room"}}}
	c.checkMachine()
	c.checkAlarms()
	require.Contains(t, written(c), "slept for 432 min")
	require.Contains(t, written(c), "fail  alarm          backup: failed: no room, since")
	c = newCheck(config.Config{}, Options{})
	c.sleep = machine.Sleep{Last: time.Now().Add(-30 * 24 * time.Hour), Minutes: 432}
	c.checkMachine()
	require.Empty(t, written(c))
}

func TestTheClockIsComparedWithTheServices(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for want, took := range map[string][3]time.Duration{ // before, after, the service's
		"ok    clock          right":                                            {0, 2 * time.Second, time.Second},
		"ok    clock          right, by":                                        {900 * time.Millisecond, 950 * time.Millisecond, 0},
		"warn  clock          the clock of the shop's machine is 29 s ahead":    {30 * time.Second, 31 * time.Second, 0},
		"fail  clock          the clock of the shop's machine is 3599 s behind": {0, time.Second, time.Hour},
	} {
		c := newCheck(config.Config{}, Options{})
		c.clocks.note(at.Add(took[0]), at.Add(took[1]), at.Add(took[2]))
		c.checkClock()
		require.Contains(t, written(c), want)
	}
	c := newCheck(config.Config{}, Options{})
	c.clocks.note(at.Add(time.Hour), at.Add(time.Hour), at)
	c.clocks.note(at, at.Add(time.Second), at)
	c.checkClock()
	require.Contains(t, written(c), "ok    clock", "an answer that was long on its way")
	c = newCheck(config.Config{}, Options{})
	c.checkClock()
	require.Empty(t, written(c), "nobody told the time")
}

// transport answers with a status and headers, or fails.
type transport struct {
	status int
	header http.Header
	err    error
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.err != nil {
		return nil, t.err
	}
	w := httptest.NewRecorder()
	maps.Copy(w.Header(), t.header)
	w.WriteHeader(t.status)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

func TestTheWebhookIsCalledAsCryptoPayDoes(t *testing.T) {
	const address = "https://shop.example.com/secret-path"
	for want, via := range map[string]transport{
		"ok    webhook        https://shop.example.com leads to this shop":                           {status: 405, header: http.Header{"Allow": {"POST"}}},
		"warn  webhook        shop.example.com answers 404 Not Found, not as this":                   {status: 404},
		"warn  webhook        shop.example.com answers 405 Method Not Allowed, not as this":          {status: 405},
		"warn  webhook        shop.example.com sends calls elsewhere (308 Permanent":                 {status: 308, header: http.Header{"Location": {"https://www.example.com/"}}},
		"warn  webhook        shop.example.com cannot be reached from the shop's machine (no route)": {err: errors.New("no route")},
	} {
		c := newCheck(config.Config{}, Options{Transport: via})
		u, err := url.Parse(address)
		require.NoError(t, err)
		c.callWebhook(t.Context(), u)
		require.Contains(t, written(c), want)
		require.NotContains(t, written(c), "secret-path")
	}
}
