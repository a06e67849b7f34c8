package sandbox

import "net/http"

// page is the chat page and its API.
type page struct {
	world *World
	hosts []string
}

func newPage(w *World, hosts []string) *page { return &page{world: w, hosts: hosts} }

// handler serves the page to those who may see it.
func (p *page) handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !safeHost(r.Host, p.hosts) {
			http.Error(w, "open the page as localhost, or by an address", http.StatusMisdirectedRequest)
			return
		}
		http.NotFound(w, r)
	})
}
