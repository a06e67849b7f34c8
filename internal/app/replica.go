package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
	"shopbot/internal/localize"
	"shopbot/internal/ops"
	"shopbot/internal/storage"
)

// replica is one process of a shop. It runs one program after another: while another process leads,
// one that stands by; once this one leads, one that does all work. What a program has in memory ends
// with it, so no role sees what the one before has read. Of a database that is a file there is one
// process, which leads from start to end.
type replica struct {
	cfg     config.Config
	log     *slog.Logger
	recent  *recentLog
	sys     System
	input   catalog.Input
	db      *storage.DB
	wrapped Database // what programs use of db
	before  time.Time
	built   bool // a program was built
	// texts returns those that the first program uses; later ones read them anew.
	texts func() (*localize.Texts, error)
}

// leadsSoon is how long a process waits for the lead before it stands by.
const leadsSoon = 500 * time.Millisecond

// run runs programs until ctx ends or one of them fails.
func (r *replica) run(ctx context.Context) error {
	if r.cfg.Database.IsPostgres() {
		lasts := &lasting{listen: r.sys.Listen}
		r.sys.Listen = lasts.Listen
		defer func() { _ = lasts.end() }()
		defer context.AfterFunc(ctx, func() { _ = lasts.end() })()
	}
	for ctx.Err() == nil {
		if err := r.term(ctx); err != nil {
			return err
		}
	}
	return nil
}

// term stands by until this process leads, and leads until it no longer does.
func (r *replica) term(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer r.db.StandBy()
	leading, err := r.standBy(ctx)
	if err != nil || leading == nil {
		return err
	}
	p, err := r.build(leading, true)
	if err != nil {
		if leading.Err() != nil {
			return nil // it reads nothing for another reason: the lead was lost
		}
		return err
	}
	defer p.close()
	p.beginRun(leading, r.before)
	p.loadLog(leading)
	defer func() { p.noteLog(context.WithoutCancel(ctx)) }()
	err = p.serve(leading)
	if leading.Err() == nil || ctx.Err() != nil { // else another replica leads, and has noted so
		p.endRun(ctx)
	}
	return err
}

// standBy waits until this process leads, and takes in meanwhile what others have to do. Its result
// is nil if ctx ends first.
func (r *replica) standBy(ctx context.Context) (leading context.Context, err error) {
	won := make(chan lead, 1)
	go func() {
		leading, err := r.db.Lead(ctx)
		won <- lead{leading, err}
	}()
	select {
	case l := <-won:
		return l.of(ctx)
	case <-time.After(leadsSoon):
	}
	standing, stop := context.WithCancel(ctx)
	defer stop()
	stood := make(chan error, 1)
	go func() { stood <- r.takeIn(standing) }()
	select {
	case l := <-won:
		stop()
		leading, err := l.of(ctx)
		return leading, errors.Join(err, <-stood)
	case err := <-stood: // ctx has ended, or it failed
		return nil, err
	}
}

// lead is the result of storage.DB.Lead.
type lead struct {
	ctx context.Context //nolint:containedctx // on its way to the program that leads
	err error
}

// of returns the context of the lead; nil if ctx has ended, which is no error.
func (l lead) of(ctx context.Context) (context.Context, error) {
	if ctx.Err() != nil {
		l = lead{} // whatever Lead says of it
	}
	if l.err != nil {
		return nil, fmt.Errorf("wait for the lead: %w", l.err)
	}
	return l.ctx, nil
}

// takeIn runs programs that stand by until ctx ends. What keeps a program from being built, such as a
// database that is away for a while, is tried again, except at the start of the process: then it may
// be a fault of the configuration.
func (r *replica) takeIn(ctx context.Context) error {
	for ctx.Err() == nil {
		p, err := r.build(ctx, false)
		switch {
		case err == nil:
			defer p.close()
			return p.serve(ctx)
		case ctx.Err() != nil:
			return nil
		case !r.built && !errors.Is(err, catalog.ErrNoRevision):
			return err
		}
		r.log.WarnContext(ctx, "stand by failed, will try again", "error", err)
		if err := r.refuse(ctx, err); err != nil {
			return err
		}
	}
	return nil
}

// build makes a program from what the database, the catalog file and the texts are now.
func (r *replica) build(ctx context.Context, leads bool) (*program, error) {
	texts, err := r.texts()
	if err != nil {
		return nil, err
	}
	r.texts = func() (*localize.Texts, error) { return localize.LoadWith(r.cfg.Texts) }
	open := catalog.Follow
	if leads {
		open = catalog.Open
	}
	source, err := open(ctx, r.input, r.wrapped)
	if err != nil {
		return nil, err
	}
	if err := r.cfg.CheckGoods(source.Current()); err != nil {
		return nil, err
	}
	p, err := build(ctx, r.cfg, r.log, r.sys, r.wrapped, source, texts, leads)
	if err != nil {
		return nil, err
	}
	p.recent, r.built = r.recent, true
	return p, nil
}

// refusalTime is how long a process that can neither lead nor stand by refuses everything before it tries
// again.
const refusalTime = time.Second

// refuse tells everybody who asks that the process lives and can take nothing in now, and why, for a
// moment or until ctx ends. A sender then tries another replica at once.
func (r *replica) refuse(ctx context.Context, why error) error {
	ctx, stop := context.WithTimeout(ctx, refusalTime)
	defer stop()
	answer := func(reason string) http.Handler {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /healthz", ops.Healthz)
		mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, reason, http.StatusServiceUnavailable) })
		return mux
	}
	g, ctx := errgroup.WithContext(ctx)
	for address, handler := range map[string]http.Handler{
		r.cfg.Listen: answer("try again"), r.cfg.OpsListen: ops.ForThisMachine(r.cfg.OpsListen, answer(why.Error())),
	} {
		l, err := r.sys.Listen(ctx, "tcp", address)
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		g.Go(func() error {
			return serveUntilDone(ctx, &http.Server{Handler: handler, ReadHeaderTimeout: refusalTime}, l, refusalTime, nil)
		})
	}
	return g.Wait()
}

// replicaName tells the processes of a shop apart for people: by their machine, and by their address
// on it.
func replicaName(cfg config.Config) string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return host + " " + cfg.Listen
}
