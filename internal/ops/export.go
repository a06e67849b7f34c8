package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"shopbot/internal/catalog"
	"shopbot/internal/export"
)

// One more path of the operator's API, see server.go.
//
//	POST /ops/export              a table, as it is read; the connection is cut if it cannot be read to its end
const exportPath = "/ops/export"

// Exporter writes a table to w.
type Exporter interface {
	Export(ctx context.Context, r export.Request, w io.Writer) error
}

// ExportFunc is a function as an Exporter.
type ExportFunc func(ctx context.Context, r export.Request, w io.Writer) error

// Export implements Exporter.
func (f ExportFunc) Export(ctx context.Context, r export.Request, w io.Writer) error {
	return f(ctx, r, w)
}

func (s Server) postExport(w http.ResponseWriter, r *http.Request) {
	var asked export.Request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&asked); err != nil {
		answerText(w, http.StatusBadRequest, fmt.Sprintf("%v: %v", errBadQuery, err))
		return
	}
	out := &deadlineWriter{to: w, connection: http.NewResponseController(w)}
	w.Header().Set("Content-Type", "application/octet-stream")
	err := s.Exporter.Export(r.Context(), asked, out)
	switch {
	case err == nil:
	case out.begun:
		panic(http.ErrAbortHandler) // tells the client that the table is not whole
	default:
		answerText(w, statusOf(err), err.Error())
	}
}

// Export has the running shop write a table.
func (s Client) Export(ctx context.Context, r export.Request, w io.Writer) (err error) {
	asked, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write the request to the running shop: %w", err)
	}
	resp, err := s.request(ctx, http.MethodPost, exportPath, nil, bytes.NewReader(asked))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("export from the running shop: %w", err)
	}
	return nil
}

// Export writes a table from the database itself. A summary needs no catalog.
func (c ClosedShop) Export(ctx context.Context, r export.Request, w io.Writer) error {
	var current *catalog.Catalog
	revision, err := c.CatalogRevision(ctx)
	if err == nil {
		current, err = revision.Catalog()
	}
	if err != nil && r.What == export.Summary {
		current, err = &catalog.Catalog{Shop: catalog.Shop{Languages: []string{"en"}}}, nil
	}
	if err != nil {
		return err
	}
	return export.Write(ctx, c.DB, current, r, w, nil)
}
