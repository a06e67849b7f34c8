package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"shopbot/configs"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/sandbox"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// The demo's tokens are good for the sandbox alone, so they are no secrets. Some libraries refuse a
// token whose shape is not that of a real one: 35 characters behind the colon.
const (
	demoBotToken = "1000:AA-demo-token-for-the-sandbox-alone" //nolint:gosec // no secret
	demoAppToken = "2000:AADemoTokenForTheSandboxAlone000000"
)

// Demo is a whole shop against the built-in sandbox.
type Demo struct {
	Listen  string // address of the sandbox and its page
	Catalog string // "" for the sample shop
	Data    string // directory of the database; "" for a temporary one
}

// Run serves the sandbox and a shop that uses it, by the same code as a real shop, until ctx ends.
// It prints to out what runs where.
func (d Demo) Run(ctx context.Context, out io.Writer, log *slog.Logger) (err error) {
	dir, clean, err := d.directory()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	input := d.input()
	sold, err := input.Load()
	if err != nil {
		return err
	}
	listener, err := listenForSandbox(ctx, d.Listen)
	if err != nil {
		return err
	}
	page := "http://" + listener.Addr().String()
	cfg, err := demoConfig(page, filepath.Join(dir, "shop.db"))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := fillStock(ctx, cfg.Database.Path(), sold, d.Catalog == ""); err != nil {
		return errors.Join(err, listener.Close())
	}

	world := sandbox.New(sandbox.Options{Log: log}) //nolint:contextcheck // it lives until Close
	if err := makeChannel(world); err != nil {
		return errors.Join(err, listener.Close())
	}
	world.CryptoPay().SetAppName(demoAppToken, sold.Shop.Name.In("en"))
	world.Telegram().SetBotName(demoBotToken, sold.Shop.Name.In("en"))
	var g errgroup.Group
	// If one of the two ends, so does the other. The sandbox serves until the shop has stopped.
	serving, stopSandbox := context.WithCancel(context.WithoutCancel(ctx))
	ctx, stopShop := context.WithCancel(ctx)
	g.Go(func() error {
		defer stopShop()
		return serveSandbox(serving, world, listener)
	})
	g.Go(func() error {
		defer stopSandbox()
		return Run(ctx, cfg, log, System{
			Catalog: &input, LocalSite: true, Goods: &demoGoods{asked: map[string]bool{}},
			Serving: func(public, ops net.Addr) {
				// The owner presses Start, since a bot cannot write to somebody who has not.
				if err := world.Telegram().Say(demoBotToken, sandbox.Olga, "/start"); err != nil {
					log.ErrorContext(ctx, "introduce owner failed", "error", err)
				}
				world.CryptoPay().SetWebhook(demoAppToken, "http://"+public.String()+cfg.CryptoPayWebhookPath)
				d.greet(out, page, public, ops, dir)
			},
		})
	})
	return g.Wait()
}

func (d Demo) directory() (dir string, clean func() error, err error) {
	if d.Data != "" {
		return d.Data, func() error { return nil }, os.MkdirAll(d.Data, 0o700)
	}
	dir, err = os.MkdirTemp("", "shopbot-demo-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

func (d Demo) input() catalog.Input {
	if d.Catalog != "" {
		return catalog.FileAt(d.Catalog)
	}
	return catalog.FileIn(demoShop{configs.FS}, configs.Catalog)
}

// demoShop is the sample shop with the products of the demo.
type demoShop struct{ fs.FS }

func (s demoShop) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || name != configs.Catalog {
		return f, err
	}
	more, err := fs.ReadFile(s.FS, configs.Demo)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return longerFile{f, io.MultiReader(f, strings.NewReader("\n"), bytes.NewReader(more))}, nil
}

// longerFile is a file with more behind it.
type longerFile struct {
	fs.File

	whole io.Reader
}

func (f longerFile) Read(b []byte) (int, error) { return f.whole.Read(b) }

// demoChannel is the id of the first channel of a sandbox, in which the demo sells places.
const demoChannel = -1_000_000_000_002

// makeChannel makes the channel in which the demo sells places.
func makeChannel(world *sandbox.World) error {
	id, err := world.Telegram().AddGroup(demoBotToken, sandbox.Olga, "channel", "Pixel Club")
	if err == nil && id != demoChannel {
		err = fmt.Errorf("the demo's channel is %d: want %d", id, demoChannel)
	}
	return err
}

// demoConfig is the configuration that an operator would write for the sandbox.
func demoConfig(page, database string) (config.Config, error) {
	return config.Load([]string{
		"SHOPBOT_TELEGRAM_TOKEN=" + demoBotToken,
		"SHOPBOT_TELEGRAM_API_URL=" + page + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + demoAppToken,
		"SHOPBOT_CRYPTOPAY_API_URL=" + page + "/cryptopay",
		"SHOPBOT_ADMINS=" + strconv.FormatInt(sandbox.Olga, 10),
		"SHOPBOT_DATABASE=" + database,
		"SHOPBOT_GOODS_SECRET=" + demoGoodsSecret,
		"SHOPBOT_LISTEN=127.0.0.1:0",
		"SHOPBOT_OPS_LISTEN=127.0.0.1:0",
	}, "")
}

// fillStock puts keys on sale: those of the sample shop, or made-up ones for another catalog. Keys
// that the database already has are skipped.
func fillStock(ctx context.Context, database string, c *catalog.Catalog, sample bool) (err error) {
	db, err := storage.Open(ctx, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, p := range c.Products {
		if !p.Deliver.FromStock() {
			continue
		}
		units, err := demoUnits(p.SKU, sample)
		if err != nil {
			return err
		}
		if _, err := db.AddStock(ctx, shop.StockLoad{SKU: p.SKU, Units: units.All()}); err != nil {
			return err
		}
	}
	return nil
}

func demoUnits(sku string, sample bool) (shop.UnitList, error) {
	if !sample {
		var list []byte
		for i := range 20 {
			list = fmt.Appendf(list, "DEMO-%s-%04d\n", strings.ToUpper(sku), i+1)
		}
		return shop.ParseUnits(list, "")
	}
	list, err := fs.ReadFile(configs.FS, "stock/"+sku+".txt")
	if errors.Is(err, fs.ErrNotExist) {
		return shop.UnitList{}, nil // sold out, to show what that looks like
	}
	if err != nil {
		return shop.UnitList{}, err
	}
	return shop.ParseUnits(list, "")
}

func (d Demo) greet(out io.Writer, page string, public, ops net.Addr, dir string) {
	data := dir
	if d.Data == "" {
		data += " (temporary; keep it with --data DIR)"
	}
	_, _ = fmt.Fprintf(out, `The demo is running. Open %[1]s in a browser.

  the chat page   %[1]s
  Telegram        %[1]s/telegram   (sandbox)
  Crypto Pay      %[1]s/cryptopay  (sandbox)
  the shop        http://%[2]s (its web pages, webhooks), http://%[3]s/metrics
  its data        %[4]s

What to try:
  - As Alice: press Start, choose something, Buy, Pay. The goods arrive in the chat.
  - As Борис, Оксана, Carmen or Jonas the same in Russian, Ukrainian, Spanish or German.
  - As Olga, the owner: /admin, then /staff to invite Alice or Борис, /stats, /stock, /addstock steam-10 with some keys, and /refund with an order's number.
  - Break things: lose a webhook, let Telegram answer 429, and see that nobody loses anything.

Ctrl-C ends it.
`, page, public, ops, data)
}
