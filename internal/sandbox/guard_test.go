package sandbox_test

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
)

func TestOtherSitesAndStrangeHostsAreRefused(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"the page itself":         {func(*http.Request) {}, http.StatusOK},
		"a script":                {func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Del("Origin") }, http.StatusOK},
		"the page at an address":  {func(r *http.Request) { r.Host = "192.168.1.5:8088"; r.Header.Del("Origin") }, http.StatusOK},
		"the page at its name":    {func(r *http.Request) { r.Host = "shop.test"; r.Header.Del("Origin") }, http.StatusOK},
		"another site":            {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, http.StatusForbidden},
		"another port":            {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, http.StatusForbidden},
		"an old browser's origin": {func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "http://evil.test") }, http.StatusForbidden},
		"a name bent to loopback": {func(r *http.Request) { r.Host = "evil.test:8088"; r.Header.Del("Origin") }, http.StatusMisdirectedRequest},
		"a form":                  {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		"a flood": {func(r *http.Request) {
			r.Body = io.NopCloser(strings.NewReader(`{"text":"` + strings.Repeat("x", 1<<20)))
		}, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			r := pageRequest(t, http.MethodPost, "/ui/say", `{"as":"alice","text":"hi"}`)
			tc.change(r)
			require.Equal(t, tc.status, answer(t, w, r).Code)
		})
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/telegram/bot"+botToken+"/getMe", http.NoBody)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, answer(t, w, r).Code, "a web page must not control a bot")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	require.Equal(t, http.StatusForbidden, answer(t, w, r).Code, "nor by a link")
	r.Header = http.Header{"Origin": {"http://evil.test"}}
	require.Equal(t, http.StatusForbidden, answer(t, w, r).Code, "nor in an old browser")
	link := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8088/", http.NoBody)
	link.Header.Set("Sec-Fetch-Site", "cross-site")
	link.Header.Set("Sec-Fetch-Mode", "navigate")
	require.Equal(t, http.StatusOK, answer(t, w, link).Code, "a link may lead to the page")
}

func TestFileMayHaveAnyNameAndIsNeverServedAsAPage(t *testing.T) {
	w := newWorld(t)
	name := "\"naïve\r\n<b>.html"
	require.NoError(t, w.Telegram().Upload(botToken, sandbox.Alice, name, []byte("<script>alert(1)</script>"), ""))
	id := w.Telegram().Chat(botToken, sandbox.Alice)[0].Document.ID
	for _, inline := range []string{"", "&inline=1"} {
		rec := answer(t, w, pageRequest(t, http.MethodGet, "/ui/file?id="+url.QueryEscape(id)+inline, ""))
		require.Equal(t, http.StatusOK, rec.Code)
		require.Equal(t, "application/octet-stream", rec.Header().Get("Content-Type"))
		require.Equal(t, "nosniff", rec.Header().Get("X-Content-Type-Options"))
		kind, params, err := mime.ParseMediaType(rec.Header().Get("Content-Disposition"))
		require.NoError(t, err)
		require.Equal(t, "attachment", kind)
		require.Equal(t, name, params["filename"])
	}
	require.Equal(t, http.StatusNotFound, answer(t, w, pageRequest(t, http.MethodGet, "/ui/file?id=x", "")).Code)
}

func TestPageServesEveryFileItRefersTo(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	queue := []string{"/"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		rec := answer(t, w, pageRequest(t, http.MethodGet, path, ""))
		require.Equal(t, http.StatusOK, rec.Code, path)
		require.Contains(t, rec.Header().Get("Content-Security-Policy"), "default-src 'none'")
		queue = append(queue, references(rec.Body.String())...)
	}
	require.Greater(t, len(seen), 15)
	require.NotEqual(t, http.StatusOK, answer(t, w, pageRequest(t, http.MethodGet, "/ui/page/..%2fpage.go", "")).Code)
}

// references are the files of the page that a text refers to.
func references(text string) (paths []string) {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '"' || r == '\n' }) {
		if name, local := strings.CutPrefix(word, "./"); local && strings.HasSuffix(name, ".js") {
			paths = append(paths, "/ui/page/"+name)
		}
		if strings.HasPrefix(word, "/ui/page/") {
			paths = append(paths, word)
		}
	}
	return paths
}

func TestNoTokenReachesThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		n := sandbox.NewNetwork()
		serve(t, n, w.Handler().ServeHTTP)
		require.NoError(t, w.Telegram().Say(botToken, sandbox.Alice, "hi"))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://shop.test/ui/events?as=alice", http.NoBody)
		require.NoError(t, err)
		res, err := (&http.Client{Transport: n.Transport()}).Do(req)
		require.NoError(t, err)
		time.AfterFunc(time.Second, w.Close)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err, "the stream ends with the world")
		require.NoError(t, res.Body.Close())
		require.Contains(t, string(body), `"text":"hi"`)
		require.False(t, bytes.Contains(body, []byte("AAAA")), "a token")
	})
}
