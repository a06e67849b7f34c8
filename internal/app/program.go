package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"shopbot/internal/access"
	"shopbot/internal/backup"
	"shopbot/internal/bot"
	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/deeplink"
	"shopbot/internal/goodsserver"
	"shopbot/internal/https"
	"shopbot/internal/invite"
	"shopbot/internal/localize"
	"shopbot/internal/money"
	"shopbot/internal/ops"
	"shopbot/internal/payments"
	"shopbot/internal/payments/cryptopayrail"
	"shopbot/internal/shop"
	"shopbot/internal/starsrail"
	"shopbot/internal/storage"
	"shopbot/internal/systemd"
	"shopbot/internal/telegram"
	"shopbot/internal/trace"
	"shopbot/internal/web"
	"shopbot/internal/wish"
)

// program is the parts of a running shop.
type program struct {
	cfg      config.Config
	log      *slog.Logger
	sys      System
	texts    *localize.Texts
	leads    bool // else another process does the work, and this one takes in
	metrics  *metrics
	catalog  *catalog.Source
	db       Database
	pay      *payments.Client // nil if the shop takes Stars alone, like listener
	tg       *telegram.Client
	staff    *shop.Staff
	shop     *shop.Shop
	courier  *bot.Courier
	bot      *bot.Bot
	intake   *telegram.Intake
	listener *payments.Listener
	https    *https.Certificate // nil: plain HTTP
	tracer   *trace.Tracer      // nil: no traces

	servers    *goodsserver.Client
	broadcasts *broadcast.Service
	wishes     *wish.Service
	access     *access.Service
	backups    *backup.Keeper // nil: there are no scheduled ones

	run     run
	reloads []func(context.Context) // what else SIGHUP reads again; see reload

	pages    atomic.Pointer[web.Site] // nil while the pages are off
	username atomic.Pointer[string]   // the bot's; nil until Telegram has answered
	stopping atomic.Bool

	started time.Time
	recent  *recentLog // what the operator should look at
}

// build makes the parts and connects them. It makes no request.
func build(ctx context.Context, cfg config.Config, log *slog.Logger, sys System, db Database, source *catalog.Source, texts *localize.Texts, leads bool) (*program, error) {
	key, err := db.Secret(ctx)
	if err != nil {
		return nil, err
	}
	p := &program{started: time.Now(), cfg: cfg, log: log, sys: sys, texts: texts, leads: leads, metrics: newMetrics(), catalog: source, db: db}
	db.SetZone(func() *time.Location { return p.catalog.Current().Shop.Zone() })
	if p.tracer, err = trace.New(ctx, os.Getenv, log); err != nil {
		return nil, err
	}
	botAPI := cfg.Telegram(log, sys.Transport)
	botAPI.Observe = p.telegramCalled
	if p.tg, err = telegram.New(botAPI); err != nil {
		return nil, err
	}
	if p.staff, err = shop.NewStaff(ctx, p.db, cfg.Admins); err != nil {
		return nil, err
	}
	courier := bot.NewCourier(p.tg, texts, p.catalog.Current, p.db, p.staff, log)
	if err := courier.LoadGroup(ctx); err != nil {
		return nil, err
	}
	courier.PayWebhook = cfg.CryptoPayWebhookURL()
	p.courier = courier
	places := invite.New(p.tg, p.db, log)
	places.Moved, courier.Places = courier.TellMoved, places
	cryptoPay := cfg.CryptoPay(log, sys.Transport)
	cryptoPay.Rand, cryptoPay.Observe = sys.Rand, p.cryptoPayCalled
	rails, rates, err := p.rails(cryptoPay)
	if err != nil {
		return nil, err
	}
	servers := cfg.Goods(sys.Goods)
	servers.Key, servers.Files = key, p.db
	p.servers = goodsserver.New(servers)
	p.shop = p.newShop(rails, shop.Config{
		Catalog: p.catalog.Current, Key: key, InvoiceTTL: time.Duration(cfg.InvoiceTTL),
		SyncInterval: time.Duration(cfg.SyncInterval), MaxOpen: maxOpenOrders, Rates: rates, Standby: !leads,
		Rand: sys.Rand, Log: log,
		Ways: map[catalog.Kind]shop.Way{ //nolint:exhaustive // nothing else is made
			catalog.Invitation: {Make: places.Make}, catalog.FromServer: {Make: p.servers.Make},
		},
	})
	places.Orders = p.shop
	p.access = access.New(p.db, courier, map[catalog.Kind]access.Taker{ //nolint:exhaustive // nothing else is taken back
		catalog.Invitation: places.Withdraw, catalog.FromServer: p.servers.Withdraw,
	}, log)
	p.broadcasts = broadcast.New(broadcast.Config{Store: p.db, Sender: courier, Language: courier.LanguageOf, Log: log})
	p.wishes = wish.New(p.db, courier, p.catalog.Current, log)
	p.bot = bot.New(courier, p.shop, bot.Config{
		Catalog: source, Rates: rates, Broadcasts: p.broadcasts, Pace: float64(cfg.TelegramRateLimit),
		Key: key, Rand: sys.Rand, Link: p.link, Picture: p.picture, Log: log, Export: p.export, Health: p.health,
	})
	p.intake = p.newIntake()
	if p.listener, err = p.newListener(); err != nil {
		return nil, err
	}
	if p.https, err = https.New(ctx, cfg, log); err != nil {
		return nil, err
	}
	if p.https != nil {
		p.reloads = append(p.reloads, p.https.Reload)
	}
	return p, p.openBackups()
}

func (p *program) newIntake() *telegram.Intake {
	in := telegram.NewIntake(p.tg, p.db, p.bot.Handle, p.log)
	in.Overflow, in.Replaces = p.bot.Overflow, p.bot.Replaces
	in.PreCheckout, in.Payment = p.bot.AnswerPreCheckout, p.recordStars
	in.Shared = p.cfg.Database.IsPostgres()
	in.Quota = telegram.Quota{
		PerSecond: updatesPerSecond, Burst: updatesBurst,
		Exempt: func(chat int64) bool { return p.staff.Role(chat) != shop.RoleBuyer || p.courier.IsGroup(chat) },
	}
	return in
}

// newListener makes the listener for payment webhooks; nil if the shop takes Stars alone.
func (p *program) newListener() (*payments.Listener, error) {
	if p.pay == nil {
		return nil, nil //nolint:nilnil // there are no webhooks
	}
	webhooks := p.cfg.CryptoPayWebhook(p.log)
	webhooks.Record, webhooks.Observe, webhooks.Astray = p.recordPayment, p.metrics.webhook, p.shop.WebhookAstray
	return payments.NewListener(webhooks)
}

// newShop makes the shop, traced if traces are asked for.
func (p *program) newShop(rails []shop.Rail, cfg shop.Config) *shop.Shop {
	var store shop.Store = p.db
	var courier shop.Courier = p.courier
	if p.tracer != nil {
		store, courier = tracedStore{store, p.tracer}, tracedCourier{courier, p.tracer}
		for i := range rails {
			rails[i] = tracedRail{rails[i], p.tracer}
		}
	}
	return shop.New(store, rails, courier, cfg)
}

// rails are the ways of paying that the configuration has: Stars, and Crypto Pay if there is a token
// of it. Only Crypto Pay tells rates.
func (p *program) rails(cryptoPay payments.Config) (rails []shop.Rail, rates shop.Rates, err error) {
	rails, rates = []shop.Rail{starsrail.New(p.tg)}, noRates{}
	if !p.cfg.HasCryptoPay() {
		return rails, rates, nil
	}
	if p.pay, err = payments.New(cryptoPay); err != nil {
		return nil, nil, err
	}
	rail := cryptopayrail.New(p.pay, p.orderLink)
	return append(rails, rail), rail, nil
}

// noRates knows no rate.
type noRates struct{}

func (noRates) Rate(_, _ money.Currency) (money.Rate, bool) { return money.Rate{}, false }

// close frees what build made. The database is not its own.
func (p *program) close() {
	if p.pay != nil {
		p.pay.Close()
	}
}

// What one person may send: more than anybody needs, and too little to keep the shop busy.
const (
	updatesPerSecond = 2 // messages and presses together
	updatesBurst     = 10
)

// maxOpenOrders keeps one buyer from reserving the whole stock without paying.
const maxOpenOrders = 3

// orderLink is the link from a paid invoice back to its order in the chat. It is "" until the bot's
// name is known.
func (p *program) orderLink(id shop.OrderID) string { return p.link(deeplink.Order, string(id)) }

// link is the link that opens a thing in the chat with the bot; "" until the bot's name is known.
func (p *program) link(kind deeplink.Kind, id string) string {
	return deeplink.To(p.botName(), kind, id)
}

// botName is the bot's user name without its @; "" until Telegram has told it.
func (p *program) botName() string {
	if name := p.username.Load(); name != nil {
		return *name
	}
	return ""
}

// serve opens the listeners and runs all parts until ctx ends. The public listener closes first, so
// that the shop takes nothing in while its workers stop.
func (p *program) serve(ctx context.Context) error {
	public, err := p.sys.Listen(ctx, "tcp", p.cfg.Listen)
	if err != nil {
		return listenFault("SHOPBOT_LISTEN", err)
	}
	private, err := p.sys.Listen(ctx, "tcp", p.cfg.OpsListen)
	if err != nil {
		return errors.Join(listenFault("SHOPBOT_OPS_LISTEN", err), public.Close())
	}
	if unused := p.sys.UnusedSockets(); len(unused) > 0 {
		return errors.Join(config.Error{
			Where: "socket " + strings.Join(unused, ", "),
			What:  "systemd listens there for the shop, which does not: give ListenStream= and SHOPBOT_LISTEN the same port",
		}, public.Close(), private.Close())
	}
	commands := p.listenForCommands(ctx)
	if !p.leads {
		_, leader := p.role(ctx)
		p.log.InfoContext(ctx, "standing by for the replica that leads", "leader", leader)
	}
	p.log.InfoContext(ctx, "shop open", "listen", public.Addr().String(), "ops_listen", private.Addr().String(),
		"network", p.cfg.CryptoPayNetwork, "products", len(p.catalog.Current().Products))

	// What the operator is served closes last: until then /readyz says that the shop is shutting
	// down.
	opsCtx, closeOps := context.WithCancel(context.WithoutCancel(ctx))
	defer closeOps()
	g, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, func() { p.stopping.Store(true) })()
	opsEnded := make(chan error, 1)
	go func() { opsEnded <- p.serveOps(opsCtx, private, commands) }()
	g.Go(func() error {
		select {
		case err := <-opsEnded:
			opsEnded <- nil
			return err
		case <-ctx.Done():
			return nil
		}
	})
	g.Go(func() error { return p.servePublic(ctx, public) })
	for _, part := range p.parts() {
		g.Go(func() error { return part(ctx) })
	}
	p.sys.Serving(public.Addr(), private.Addr())
	role, _ := p.role(ctx)
	systemd.Ready(p.log, cmp.Or(string(role), "serving")+" at "+public.Addr().String())
	debug.FreeOSMemory() // a start leaves several times what it keeps
	err = g.Wait()
	closeOps()
	err = errors.Join(err, <-opsEnded)
	p.sendTraces(ctx)
	p.log.InfoContext(ctx, "shop closed")
	return err
}

// parts are what runs beside the listeners, each until its context ends.
func (p *program) parts() []func(context.Context) error {
	parts := []func(context.Context) error{p.introduce, p.watchCatalog, p.watchTexts, p.watchReload, p.keepAlive, p.learnRates}
	if p.https != nil {
		parts = append(parts, p.https.Run)
	}
	if !p.leads {
		return append(parts, p.intake.RunStandby)
	}
	return append(parts, p.shop.Run, p.intake.Run, p.broadcasts.Run, p.wishes.Run, p.access.Run, p.bot.Run,
		p.receiveUpdates, p.listenToHints, p.noteAlive, p.tellInterruption, p.keepBackups, p.logAuditHead, p.watchDatabaseFile, p.watchSleep, p.keepLog)
}

// listenToHints wakes the parts for which another process has taken something in.
func (p *program) listenToHints(ctx context.Context) error {
	return p.db.Hints(ctx, func(h storage.Hint) {
		switch h {
		case storage.HintWork:
			p.shop.Wake()
		case storage.HintInbox:
			p.intake.Wake()
		}
	})
}

// sendTraces sends what is left of the traces.
func (p *program) sendTraces(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := p.tracer.Close(ctx); err != nil {
		p.log.WarnContext(ctx, "send traces failed", "error", err)
	}
}

// serveOps serves the private listener, and the socket for commands unless it is nil.
func (p *program) serveOps(ctx context.Context, private, commands net.Listener) error {
	server := p.ops(private.Addr()) //nolint:contextcheck // a scrape has a time limit of its own
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		return serveUntilDone(ctx, p.server(ops.ForThisMachine(p.cfg.OpsListen, server.Handler(bool(p.cfg.OpsPprof)))), private, privateGrace, nil)
	})
	if commands != nil {
		g.Go(func() error { return serveUntilDone(ctx, p.server(server.Commands()), commands, privateGrace, nil) })
	}
	return g.Wait()
}

func (p *program) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelDebug),
	}
}

// The time that requests in flight have to finish at the end. The private listener closes after all
// else, and together they stay below the ten seconds that a stop may take.
const (
	publicGrace  = 5 * time.Second
	privateGrace = 2 * time.Second
)

// serveUntilDone serves until ctx ends, and gives the requests in flight some time to finish. busy
// reports whether there are connections with a request that is still to be answered; nil: it does
// not matter.
func serveUntilDone(ctx context.Context, server *http.Server, l net.Listener, grace time.Duration, busy func() bool) error {
	stopped := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(stopped)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if busy != nil {
			// From Shutdown on, a server closes a connection whose request it has just read, and answers
			// nothing. So what was accepted is answered before.
			server.SetKeepAlivesEnabled(false)
			_ = l.Close()
			for busy() && limited.Err() == nil {
				time.Sleep(5 * time.Millisecond)
			}
		}
		if err := server.Shutdown(limited); err != nil {
			_ = server.Close()
		}
	})()
	if err := server.Serve(l); ctx.Err() == nil {
		return fmt.Errorf("serve %s: %w", l.Addr(), err)
	}
	<-stopped
	return nil
}

// keepAlive tells systemd's watchdog that the program is alive: it can read its database.
func (p *program) keepAlive(ctx context.Context) error {
	return systemd.KeepAlive(ctx, p.log, func(ctx context.Context) { _, _ = p.db.AuditHead(ctx) })
}

// receiveUpdates takes in chat updates, by webhook if the bot has a public address, else by
// polling.
func (p *program) receiveUpdates(ctx context.Context) error {
	if p.cfg.PublicURL == "" {
		return p.intake.Poll(ctx)
	}
	return p.intake.RegisterWebhook(ctx, p.cfg.PublicURL+config.TelegramWebhookPath, p.cfg.TelegramWebhookSecret())
}

// introduce asks Telegram for the bot's name and, if this process leads, sets its commands, until both
// have worked. The shop serves meanwhile.
func (p *program) introduce(ctx context.Context) error {
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		err := p.introduceOnce(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			p.log.WarnContext(ctx, "set bot commands failed", "wait", wait, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}

func (p *program) introduceOnce(ctx context.Context) error {
	me, err := p.tg.GetMe(ctx)
	if err != nil {
		return err
	}
	first := p.username.Swap(&me.Username) == nil
	if !p.leads {
		return nil
	}
	if first {
		if err := p.offerOwnership(ctx); err != nil {
			return err
		}
	}
	return p.bot.SetMenus(ctx)
}

// offerOwnership prints the code that makes its sender the owner of a shop that has none. It gives
// ownership, so the log only tells that there is one.
func (p *program) offerOwnership(ctx context.Context) error {
	code, err := p.bot.OwnerCode()
	if err != nil || code == "" {
		return err
	}
	p.log.WarnContext(ctx, "the shop has no owner; the code that makes one is on standard output")
	_, err = fmt.Fprintf(p.sys.Out, `This shop has no owner yet. Become its owner: open

  %s

or send this code to @%s:

  %s

The first person to send it owns the shop, so show it to nobody. It works once, until the shop stops.
`, p.link(deeplink.Ownership, code), p.botName(), code)
	if err != nil {
		p.log.WarnContext(ctx, "print the code for the first owner failed", "error", err)
	}
	return nil
}

// learnRates fills the cache of exchange rates before the first buyer looks at a price. A price can
// also be shown without them, so a failure is only logged.
func (p *program) learnRates(ctx context.Context) error {
	if p.pay == nil {
		return nil
	}
	if _, err := p.pay.Rates(ctx); err != nil && ctx.Err() == nil {
		p.log.WarnContext(ctx, "get exchange rates failed", "error", err)
	}
	return nil
}

// catalogInterval is how often the catalog file is checked for changes.
const catalogInterval = 2 * time.Second

func (p *program) watchCatalog(ctx context.Context) error {
	report := func(err error) { p.reportCatalog(ctx, err) }
	if err := p.catalog.Trouble(); err != nil {
		p.refuseCatalog(ctx, err)
	} else {
		p.shop.CatalogFileTaken()
	}
	p.catalog.Watch(ctx, catalogInterval, report)
	return nil
}

// reportCatalog says how reading the catalog file again went.
func (p *program) reportCatalog(ctx context.Context, err error) {
	if err != nil {
		p.refuseCatalog(ctx, err)
		return
	}
	p.shop.CatalogFileTaken()
	p.log.InfoContext(ctx, "catalog reloaded", "products", len(p.catalog.Current().Products))
	p.setMenus(ctx)
}

func (p *program) refuseCatalog(ctx context.Context, err error) {
	if errors.Is(err, fs.ErrNotExist) && p.catalog.Current().Revision > 0 { // it may have been taken away for good
		p.log.WarnContext(ctx, "no catalog file, the newest revision is in force", "revision", p.catalog.Current().Revision, "error", err)
		return
	}
	p.log.ErrorContext(ctx, "new catalog refused, the old one stays", "error", err)
	p.shop.CatalogFileRefused(err)
}

func (p *program) setMenus(ctx context.Context) {
	if !p.leads {
		return
	}
	if err := p.bot.SetMenus(ctx); err != nil {
		p.log.WarnContext(ctx, "set command menus failed", "error", err)
	}
}

// headInterval is how often the head of the audit trail is logged.
const headInterval = 24 * time.Hour

// logAuditHead logs the head of the audit trail now, once a day, and when ctx ends. A log that is
// kept elsewhere shows whether somebody has written the whole trail anew.
func (p *program) logAuditHead(ctx context.Context) error {
	tick := time.NewTicker(headInterval)
	defer tick.Stop()
	for {
		head, err := p.db.AuditHead(context.WithoutCancel(ctx))
		switch {
		case err != nil:
			p.log.WarnContext(ctx, "read audit head failed", "error", err)
		case head.Number > 0:
			p.log.InfoContext(ctx, "audit head", "entry", head.Number, "hash", head.Hash)
		}
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
