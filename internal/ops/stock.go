package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

// Paths of the operator's API about stock, see server.go.
//
//	GET  /ops/stock               the stock by SKU
//	POST /ops/stock?sku=…         puts the list in the body on sale
//	POST /ops/stock/preview?sku=… tells what that would do
//	GET  /ops/stock/batches?sku=… a page of a product's batches
//	POST /ops/stock/removable     tells which units could be removed
//	POST /ops/stock/remove        removes them
//	POST /ops/stock/undo?sku=…    takes a batch back
const (
	stockPath     = "/ops/stock"
	previewPath   = stockPath + "/preview"
	batchesPath   = stockPath + "/batches"
	removablePath = stockPath + "/removable"
	removePath    = stockPath + "/remove"
	undoPath      = stockPath + "/undo"
)

// Stockroom is what commands do with stock; *shop.Shop documents the methods.
type Stockroom interface {
	PreviewStock(ctx context.Context, sku string, list shop.UnitList) (shop.StockPreview, error)
	AddStock(ctx context.Context, sku string, list shop.UnitList, o shop.LoadOptions) (shop.StockAdded, error)
	Stock(ctx context.Context) (map[string]shop.Stock, error)
	Batches(ctx context.Context, sku string, before int64, limit int) ([]shop.Batch, error)
	RemovableUnits(ctx context.Context, sku string, units []string) (shop.Removable, error)
	RemovableOfBatch(ctx context.Context, sku string, batch int64) (shop.Removable, error)
	RemoveUnits(ctx context.Context, r shop.StockRemoval) error
	UndoBatch(ctx context.Context, sku string, batch, by int64) (shop.StockUndone, error)
}

// removableRequest asks what can be removed of a batch, or of units.
type removableRequest struct {
	SKU   string   `json:"sku"`
	Batch int64    `json:"batch,omitempty"` // 0: Units
	Units []string `json:"units,omitempty"`
}

// removeAnswer says whether units were removed; Moved if some were not for sale any more.
type removeAnswer struct {
	Moved bool `json:"moved,omitempty"`
}

func (s Server) stockAPI(mux *http.ServeMux) {
	mux.HandleFunc("GET "+stockPath, answerJSON(s.getStock))
	mux.HandleFunc("POST "+stockPath, answerJSON(s.addStock))
	mux.HandleFunc("POST "+previewPath, answerJSON(s.previewStock))
	mux.HandleFunc("GET "+batchesPath, answerJSON(s.getBatches))
	mux.HandleFunc("POST "+removablePath, answerJSON(s.getRemovable))
	mux.HandleFunc("POST "+removePath, answerJSON(s.removeUnits))
	mux.HandleFunc("POST "+undoPath, answerJSON(s.undoBatch))
}

func (s Server) getStock(r *http.Request) (any, error) { return s.Operator.Stock(r.Context()) }

// readList reads the list in the body. The client tells its length, so that it is held once.
func readList(r *http.Request) (shop.UnitList, error) {
	list := make([]byte, min(max(r.ContentLength, 0), shop.MaxListBytes+1))
	if _, err := io.ReadFull(r.Body, list); err != nil {
		return shop.UnitList{}, fmt.Errorf("read the keys: %w", err)
	}
	q := r.URL.Query()
	if q.Has("files") {
		return shop.ReadFileUnits(q.Get("files"), list)
	}
	return shop.ParseUnits(list, q.Get("separator"))
}

func (s Server) addStock(r *http.Request) (any, error) {
	units, err := readList(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	return s.Operator.AddStock(r.Context(), q.Get("sku"), units, shop.LoadOptions{
		By: ByCommandLine, Source: q.Get("source"), Again: q.Has("again"), Elsewhere: q.Has("elsewhere"),
	})
}

func (s Server) previewStock(r *http.Request) (any, error) {
	units, err := readList(r)
	if err != nil {
		return nil, err
	}
	return s.Operator.PreviewStock(r.Context(), r.URL.Query().Get("sku"), units)
}

func (s Server) getBatches(r *http.Request) (any, error) {
	before, limit, err := queryPage(r, OrdersPage)
	if err != nil {
		return nil, err
	}
	return s.Operator.Batches(r.Context(), r.URL.Query().Get("sku"), before, limit)
}

func (s Server) getRemovable(r *http.Request) (any, error) {
	var q removableRequest
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadQuery, err)
	}
	if q.Batch != 0 {
		return s.Operator.RemovableOfBatch(r.Context(), q.SKU, q.Batch)
	}
	return s.Operator.RemovableUnits(r.Context(), q.SKU, q.Units)
}

func (s Server) removeUnits(r *http.Request) (any, error) {
	var removal shop.StockRemoval
	if err := json.NewDecoder(r.Body).Decode(&removal); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadQuery, err)
	}
	removal.By = ByCommandLine
	err := s.Operator.RemoveUnits(r.Context(), removal)
	if errors.Is(err, shop.ErrStockMoved) {
		return removeAnswer{Moved: true}, nil
	}
	return removeAnswer{}, err
}

func (s Server) undoBatch(r *http.Request) (any, error) {
	batch, err := queryNumber(r, "batch")
	if err != nil {
		return nil, err
	}
	return s.Operator.UndoBatch(r.Context(), r.URL.Query().Get("sku"), batch, ByCommandLine)
}

// stockTimeout is how long loading the longest list may take.
const stockTimeout = 10 * time.Minute

// listRequest is how a list goes to the running shop: as a text, or as the file that it was read
// from if its units are files.
func listRequest(sku string, list shop.UnitList) (q url.Values, body []byte) {
	if name, content, is := list.FileSource(); is {
		return url.Values{"sku": {sku}, "files": {name}}, content
	}
	return url.Values{"sku": {sku}, "separator": {list.Separator()}}, list.Text()
}

// Stock asks the running shop for its stock.
func (s Client) Stock(ctx context.Context) (map[string]shop.Stock, error) {
	return ask[map[string]shop.Stock](ctx, s, http.MethodGet, stockPath, nil, nil)
}

// AddStock has the running shop load units.
func (s Client) AddStock(ctx context.Context, sku string, list shop.UnitList, o shop.LoadOptions) (shop.StockAdded, error) {
	q, body := listRequest(sku, list)
	q.Set("source", o.Source)
	if o.Again {
		q.Set("again", "")
	}
	if o.Elsewhere {
		q.Set("elsewhere", "")
	}
	return askFor[shop.StockAdded](ctx, s, stockTimeout, http.MethodPost, stockPath, q, bytes.NewReader(body))
}

// PreviewStock asks the running shop what loading a list would do.
func (s Client) PreviewStock(ctx context.Context, sku string, list shop.UnitList) (shop.StockPreview, error) {
	q, body := listRequest(sku, list)
	return askFor[shop.StockPreview](ctx, s, stockTimeout, http.MethodPost, previewPath, q, bytes.NewReader(body))
}

// Batches asks the running shop for a page of a product's batches.
func (s Client) Batches(ctx context.Context, sku string, before int64, limit int) ([]shop.Batch, error) {
	q := url.Values{"sku": {sku}, "before": {strconv.FormatInt(before, 10)}, "limit": {strconv.Itoa(limit)}}
	return ask[[]shop.Batch](ctx, s, http.MethodGet, batchesPath, q, nil)
}

// RemovableUnits asks the running shop which units can be removed.
func (s Client) RemovableUnits(ctx context.Context, sku string, units []string) (shop.Removable, error) {
	return post[shop.Removable](ctx, s, removablePath, removableRequest{SKU: sku, Units: units})
}

// RemovableOfBatch asks the running shop which units of a batch can be removed.
func (s Client) RemovableOfBatch(ctx context.Context, sku string, batch int64) (shop.Removable, error) {
	return post[shop.Removable](ctx, s, removablePath, removableRequest{SKU: sku, Batch: batch})
}

// RemoveUnits has the running shop remove units.
func (s Client) RemoveUnits(ctx context.Context, r shop.StockRemoval) error {
	answer, err := post[removeAnswer](ctx, s, removePath, r)
	if err == nil && answer.Moved {
		err = shop.ErrStockMoved
	}
	return err
}

// UndoBatch has the running shop take a batch back.
func (s Client) UndoBatch(ctx context.Context, sku string, batch, _ int64) (shop.StockUndone, error) {
	q := url.Values{"sku": {sku}, "batch": {strconv.FormatInt(batch, 10)}}
	return askFor[shop.StockUndone](ctx, s, stockTimeout, http.MethodPost, undoPath, q, nil)
}

// post asks with a body of JSON.
func post[T any](ctx context.Context, s Client, path string, body any) (T, error) {
	text, err := json.Marshal(body)
	if err != nil {
		var none T
		return none, fmt.Errorf("write the request to the running shop: %w", err)
	}
	return ask[T](ctx, s, http.MethodPost, path, nil, bytes.NewReader(text))
}

// shop is the domain on the database of a shop that is not running. It follows the same rules;
// buyers who wait for units get them when the shop opens.
func (c ClosedShop) shop(ctx context.Context) (*shop.Shop, error) {
	r, err := c.CatalogRevision(ctx)
	if err != nil {
		return nil, err
	}
	current, err := r.Catalog()
	if err != nil {
		return nil, err
	}
	return shop.New(c.DB, nil, nil, shop.Config{Catalog: func() *catalog.Catalog { return current }, Log: c.Log}), nil
}

// inShop calls use with the domain.
func inShop[T any](ctx context.Context, c ClosedShop, use func(s *shop.Shop) (T, error)) (result T, err error) {
	s, err := c.shop(ctx)
	if err != nil {
		return result, err
	}
	return use(s)
}

// PreviewStock implements Stockroom.
func (c ClosedShop) PreviewStock(ctx context.Context, sku string, list shop.UnitList) (shop.StockPreview, error) {
	return inShop(ctx, c, func(s *shop.Shop) (shop.StockPreview, error) { return s.PreviewStock(ctx, sku, list) })
}

// AddStock implements Stockroom.
func (c ClosedShop) AddStock(ctx context.Context, sku string, list shop.UnitList, o shop.LoadOptions) (shop.StockAdded, error) {
	return inShop(ctx, c, func(s *shop.Shop) (shop.StockAdded, error) { return s.AddStock(ctx, sku, list, o) })
}

// Batches implements Stockroom.
func (c ClosedShop) Batches(ctx context.Context, sku string, before int64, limit int) ([]shop.Batch, error) {
	return inShop(ctx, c, func(s *shop.Shop) ([]shop.Batch, error) { return s.Batches(ctx, sku, before, limit) })
}

// RemovableUnits implements Stockroom.
func (c ClosedShop) RemovableUnits(ctx context.Context, sku string, units []string) (shop.Removable, error) {
	return inShop(ctx, c, func(s *shop.Shop) (shop.Removable, error) { return s.RemovableUnits(ctx, sku, units) })
}

// RemovableOfBatch implements Stockroom.
func (c ClosedShop) RemovableOfBatch(ctx context.Context, sku string, batch int64) (shop.Removable, error) {
	return inShop(ctx, c, func(s *shop.Shop) (shop.Removable, error) { return s.RemovableOfBatch(ctx, sku, batch) })
}

// RemoveUnits implements Stockroom.
func (c ClosedShop) RemoveUnits(ctx context.Context, r shop.StockRemoval) error {
	s, err := c.shop(ctx)
	if err != nil {
		return err
	}
	return s.RemoveUnits(ctx, r)
}

// UndoBatch implements Stockroom.
func (c ClosedShop) UndoBatch(ctx context.Context, sku string, batch, by int64) (shop.StockUndone, error) {
	return inShop(ctx, c, func(s *shop.Shop) (shop.StockUndone, error) { return s.UndoBatch(ctx, sku, batch, by) })
}
