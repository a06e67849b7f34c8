package ops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/config"
)

// Paths of the operator's API about the catalog, see server.go.
//
//	GET  /ops/catalog                the revision in force
//	GET  /ops/catalog/history        a page of revisions
//	GET  /ops/catalog/file?name=…    a file that was sent in the chat
//	POST /ops/catalog/preview?name=… tells what the file in the body would change
//	POST /ops/catalog/apply?base=…   makes it the next revision
//	POST /ops/catalog/undo?revision=…
const (
	catalogPath        = "/ops/catalog"
	catalogHistoryPath = catalogPath + "/history"
	catalogFilePath    = catalogPath + "/file"
	catalogPreviewPath = catalogPath + "/preview"
	catalogApplyPath   = catalogPath + "/apply"
	catalogUndoPath    = catalogPath + "/undo"
)

// Catalog is what commands do with the catalog; *catalog.Source documents the methods.
type Catalog interface {
	CatalogRevision(ctx context.Context) (catalog.Revision, error)
	CatalogHistory(ctx context.Context, before int64, limit int) ([]catalog.Revision, error)
	PreviewFile(ctx context.Context, name string, data []byte) (catalog.Proposal, error)
	ApplyFile(ctx context.Context, by, base int64, name string, data []byte) (catalog.Revision, error)
	UndoCatalog(ctx context.Context, by, revision int64) (catalog.Revision, error)
	KeptFile(ctx context.Context, name string) ([]byte, error)
}

// catalogAnswer is what a file did or would do, or why it is refused.
type catalogAnswer struct {
	Proposal catalog.Proposal        `json:"proposal"`
	Revision catalog.Revision        `json:"revision"`
	Faults   []catalog.Fault         `json:"faults,omitempty"`
	Stale    *catalog.StaleFileError `json:"stale,omitempty"`
}

// refuse puts an error into the answer, so that the client has its type.
func (a catalogAnswer) refuse(err error) (any, error) {
	if errors.As(err, &a.Stale) {
		return a, nil
	}
	a.Faults = catalog.Faults(err)
	if len(a.Faults) > 0 {
		err = nil
	}
	return a, err
}

// err is the error that was put in.
func (a catalogAnswer) err() error {
	if a.Stale != nil {
		return a.Stale
	}
	var all []error
	for _, f := range a.Faults {
		all = append(all, f)
	}
	return errors.Join(all...)
}

func (s Server) catalogAPI(mux *http.ServeMux) {
	mux.HandleFunc("GET "+catalogPath, answerJSON(func(r *http.Request) (any, error) { return s.Catalog.CatalogRevision(r.Context()) }))
	mux.HandleFunc("GET "+catalogHistoryPath, answerJSON(s.getCatalogHistory))
	mux.HandleFunc("GET "+catalogFilePath, s.getKeptFile)
	mux.HandleFunc("POST "+catalogPreviewPath, answerJSON(s.previewCatalog))
	mux.HandleFunc("POST "+catalogApplyPath, answerJSON(s.applyCatalog))
	mux.HandleFunc("POST "+catalogUndoPath, answerJSON(s.undoCatalog))
}

func (s Server) getKeptFile(w http.ResponseWriter, r *http.Request) {
	content, err := s.Catalog.KeptFile(r.Context(), r.URL.Query().Get("name"))
	if err != nil {
		answerText(w, statusOf(err), err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(content) //nolint:gosec // no page; if it fails, the client has gone
}

func (s Server) getCatalogHistory(r *http.Request) (any, error) {
	before, limit, err := queryPage(r, catalog.KeptRevisions)
	if err != nil {
		return nil, err
	}
	return s.Catalog.CatalogHistory(r.Context(), before, limit)
}

func (s Server) previewCatalog(r *http.Request) (any, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	proposal, err := s.Catalog.PreviewFile(r.Context(), r.URL.Query().Get("name"), data)
	return catalogAnswer{Proposal: proposal}.refuse(err)
}

func (s Server) applyCatalog(r *http.Request) (any, error) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the catalog: %w", err)
	}
	base, err := queryNumber(r, "base")
	if err != nil {
		return nil, err
	}
	made, err := s.Catalog.ApplyFile(r.Context(), ByCommandLine, base, r.URL.Query().Get("name"), data)
	return catalogAnswer{Revision: made}.refuse(err)
}

func (s Server) undoCatalog(r *http.Request) (any, error) {
	revision, err := queryNumber(r, "revision")
	if err != nil {
		return nil, err
	}
	return s.Catalog.UndoCatalog(r.Context(), ByCommandLine, revision)
}

// CatalogRevision asks the running shop for the revision in force.
func (s Client) CatalogRevision(ctx context.Context) (catalog.Revision, error) {
	return ask[catalog.Revision](ctx, s, http.MethodGet, catalogPath, nil, nil)
}

// CatalogHistory asks the running shop for a page of revisions.
func (s Client) CatalogHistory(ctx context.Context, before int64, limit int) ([]catalog.Revision, error) {
	q := url.Values{"before": {strconv.FormatInt(before, 10)}, "limit": {strconv.Itoa(limit)}}
	return ask[[]catalog.Revision](ctx, s, http.MethodGet, catalogHistoryPath, q, nil)
}

// KeptFile asks the running shop for a file that was sent in the chat.
func (s Client) KeptFile(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return s.call(ctx, http.MethodGet, catalogFilePath, url.Values{"name": {name}}, nil)
}

// PreviewFile asks the running shop what a file would change.
func (s Client) PreviewFile(ctx context.Context, name string, data []byte) (catalog.Proposal, error) {
	answer, err := ask[catalogAnswer](ctx, s, http.MethodPost, catalogPreviewPath, url.Values{"name": {name}}, bytes.NewReader(data))
	return answer.Proposal, errors.Join(err, answer.err())
}

// ApplyFile has the running shop make a file the next revision.
func (s Client) ApplyFile(ctx context.Context, _, base int64, name string, data []byte) (catalog.Revision, error) {
	q := url.Values{"name": {name}, "base": {strconv.FormatInt(base, 10)}}
	answer, err := ask[catalogAnswer](ctx, s, http.MethodPost, catalogApplyPath, q, bytes.NewReader(data))
	return answer.Revision, errors.Join(err, answer.err())
}

// UndoCatalog has the running shop take its newest revision back.
func (s Client) UndoCatalog(ctx context.Context, _, revision int64) (catalog.Revision, error) {
	q := url.Values{"revision": {strconv.FormatInt(revision, 10)}}
	return ask[catalog.Revision](ctx, s, http.MethodPost, catalogUndoPath, q, nil)
}

// source is the catalog of a shop that is not running. Like a start of the shop it takes a changed
// file in, unless the shop may be running elsewhere: then an old file that lies on this machine must
// not come into force.
func (c ClosedShop) source(ctx context.Context) (*catalog.Source, error) {
	if c.Shared {
		s, err := catalog.Follow(ctx, c.Catalog, c.DB)
		if !errors.Is(err, catalog.ErrNoRevision) {
			return s, err
		}
	}
	return catalog.Open(ctx, c.Catalog, c.DB)
}

// CatalogRevision implements Catalog. Photos and goods of a shared database may be on another machine,
// so they are not looked for.
func (c ClosedShop) CatalogRevision(ctx context.Context) (r catalog.Revision, err error) {
	if c.Shared {
		r, err := c.DB.CatalogRevision(ctx, 0)
		if !errors.Is(err, catalog.ErrNoRevision) {
			return r, err
		}
	}
	s, err := c.source(ctx)
	if err != nil {
		return r, err
	}
	return s.CatalogRevision(ctx)
}

// CatalogHistory implements Catalog.
func (c ClosedShop) CatalogHistory(ctx context.Context, before int64, limit int) ([]catalog.Revision, error) {
	return c.CatalogRevisions(ctx, before, limit)
}

// PreviewFile implements Catalog.
func (c ClosedShop) PreviewFile(ctx context.Context, name string, data []byte) (p catalog.Proposal, err error) {
	s, err := c.source(ctx)
	if err != nil {
		return p, err
	}
	return s.PreviewFile(ctx, name, data)
}

// ApplyFile implements Catalog.
func (c ClosedShop) ApplyFile(ctx context.Context, by, base int64, name string, data []byte) (r catalog.Revision, err error) {
	s, err := c.source(ctx)
	if err != nil {
		return r, err
	}
	return s.ApplyFile(ctx, by, base, name, data)
}

// KeptFile implements Catalog.
func (c ClosedShop) KeptFile(ctx context.Context, name string) ([]byte, error) {
	if c.Shared {
		return c.DB.KeptFile(ctx, name)
	}
	s, err := c.source(ctx)
	if err != nil {
		return nil, err
	}
	return s.KeptFile(ctx, name)
}

// UndoCatalog implements Catalog.
func (c ClosedShop) UndoCatalog(ctx context.Context, by, revision int64) (r catalog.Revision, err error) {
	s, err := c.source(ctx)
	if err != nil {
		return r, err
	}
	return s.UndoCatalog(ctx, by, revision)
}

// CurrentCatalog is the catalog in force: that of the running shop, if there is one, and else of its
// database; without a database that of the file. Its photos and goods cannot be read.
func CurrentCatalog(ctx context.Context, cfg config.Config, log *slog.Logger) (c *catalog.Catalog, err error) {
	if RequireDatabase(cfg) != nil {
		return cfg.CatalogFile().Load()
	}
	err = WithShop(ctx, cfg, log, func(s Shop) error {
		r, err := s.CatalogRevision(ctx)
		if err == nil {
			c, err = r.Catalog()
		}
		return err
	})
	return c, err
}
