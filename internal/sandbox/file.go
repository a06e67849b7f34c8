package sandbox

import (
	"bytes"
	"mime"
	"net/http"
	"slices"
	"time"
)

// file serves a file of a message: as a download, or to be shown in place if it
// is a picture and inline=1 asks for it.
func (p *page) file(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f, found := p.world.telegram.File(q.Get("id"))
	if !found {
		respond(w, nil, refused(http.StatusNotFound, "no_file", "no such file"))
		return
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	kind := http.DetectContentType(f.Data)
	if q.Get("inline") == "1" && slices.Contains(pictures(), kind) {
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "private, max-age=86400, immutable")
	} else {
		h.Set("Content-Type", "application/octet-stream")
		h.Set("Content-Disposition", disposition(f.Name))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.Data))
}

// pictures are the types of content that a page may show in place.
func pictures() []string { return []string{"image/png", "image/jpeg", "image/gif", "image/webp"} }

// disposition tells a browser to save, under a name that may hold anything.
func disposition(name string) string {
	if d := mime.FormatMediaType("attachment", map[string]string{"filename": name}); d != "" {
		return d
	}
	return "attachment"
}
