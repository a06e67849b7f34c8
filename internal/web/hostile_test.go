package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a visitor asks for: no goods, no hidden product, no header and no address of theirs comes
// back to other visitors.
func TestAHostileRequestGetsNothingAndLeavesNothing(t *testing.T) {
	w := newWindow(t, "https://shop.example.com")
	w.change(strings.ReplaceAll(sample, "text: All", "text: SECRET-GOODS"))
	before := w.get("/en/p/steam-10").Body.String()
	paths := []string{
		"/../catalog.yaml", "/en/../../catalog.yaml", "/picture/../steam.png", "/p/..%2f..%2fcatalog.yaml", "//evil.example/p/guide",
		"/xx//evil.example/", "/xx/\\evil.example", "/en/p/draft", "/en/p/within", "/p/draft", "/en/c/secret", "/en/c/secret/1",
		"/en/c/games/0", "/en/c/games/-1", "/en/c/games/99999999999999999999", "/en/p/STEAM-10/", "/en/p/\x00", "/" + strings.Repeat("a", 1<<16),
		"/en/p/" + strings.Repeat("ё", 1<<14), picturesPath + "x/960/p/draft", picturesPath + "x/960/p/within", picturesPath + "x/960/c/secret",
		picturesPath + "x/960/../steam.png", picturesPath + "x/999999999/p/steam-10", picturesPath + "/", "/xx/p/guide\r\nSet-Cookie: a=b",
	}
	for _, path := range paths {
		for _, host := range []string{"shop.example.com", "evil.example", "evil.example\"><script>"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.URL = &url.URL{Path: path}
			r.Host = host
			r.Header.Set("X-Forwarded-Host", "evil.example")
			r.Header.Set("Accept-Language", strings.Repeat("ru;q=0.5,", 1<<10))
			answer := httptest.NewRecorder()
			w.site.ServeHTTP(answer, r)
			require.Contains(t, []int{http.StatusNotFound, http.StatusFound, http.StatusOK}, answer.Code)
			body := answer.Body.String()
			require.NotContains(t, body, "SECRET-GOODS")
			require.NotContains(t, body, "evil.example")
			require.NotContains(t, body, "Within<")
			require.NotContains(t, body, "Draft<")
			require.Empty(t, answer.Header().Get("Set-Cookie"))
			to := answer.Header().Get("Location")
			require.False(t, strings.HasPrefix(to, "//") || strings.Contains(to, "evil"), to)
		}
	}
	require.Equal(t, before, w.get("/en/p/steam-10").Body.String())
	pages := 0
	for key := range w.site.scene.Load().pages.made {
		require.Less(t, len(key.path), 100)
		pages++
	}
	require.Less(t, pages, 20, "what is not there is kept once a language")
	for _, path := range []string{"/en/p/guide", "/en/", "/sitemap.xml", "/robots.txt", "/en/c/games", "/favicon.svg"} {
		body := w.get(path).Body.String()
		require.NotContains(t, body, "SECRET-GOODS")
		require.NotContains(t, body, "p/draft")
		require.NotContains(t, body, "p/within")
	}
}
