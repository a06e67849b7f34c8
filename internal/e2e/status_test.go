package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox"
	"shopbot/internal/status"
)

// statusShop is the real program with its sandbox, and two sales: one delivered, one held.
type statusShop struct {
	t       *testing.T
	binary  string
	environ []string
	page    string // address of the private listener
}

func startStatusShop(t *testing.T) *statusShop {
	t.Helper()
	world := sandbox.New(sandbox.Options{})
	t.Cleanup(world.Close)
	services := httptest.NewServer(world.Handler())
	t.Cleanup(services.Close)
	public, ops := freePort(t), freePort(t)
	s := &statusShop{t: t, binary: testenv.BuildShop(t), page: "http://" + local(ops)}
	s.environ = append(shopEnviron(t),
		"SHOPBOT_TELEGRAM_API_URL="+services.URL+"/telegram", "SHOPBOT_CRYPTOPAY_API_URL="+services.URL+"/cryptopay",
		"SHOPBOT_ADMINS="+fmt.Sprint(sandbox.Olga), "SHOPBOT_LISTEN="+local(public), "SHOPBOT_OPS_LISTEN="+local(ops),
	)
	_, output := startUnread(t, s.binary, s.environ, "run")
	log := follow(output)
	world.CryptoPay().SetWebhook(appToken, "http://"+local(public)+"/cryptopay/webhook")
	for i, buyer := range []int64{alice, boris} {
		require.NoError(t, world.Telegram().Say(botToken, buyer, "/buy guide"))
		require.Eventually(t, func() bool { return len(world.CryptoPay().Invoices(appToken)) == i+1 }, time.Minute, 50*time.Millisecond, "%s", log)
		world.Telegram().Block(botToken, boris, buyer == boris)
		_, err := world.CryptoPay().Pay(world.CryptoPay().Invoices(appToken)[i].Hash, buyer, "USDT")
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool {
		is, err := s.status()
		return err == nil && is.HeldCount == 1 && is.Days[len(is.Days)-1].Orders == 2
	}, time.Minute, 200*time.Millisecond, "%s", log)
	return s
}

// run runs a command beside the shop.
func (s *statusShop) run(args ...string) (out string, err error) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), s.binary, args...)
	ours := func(variable string) bool { return strings.HasPrefix(variable, "SHOPBOT_") } // those of the tests
	cmd.Env = append(slices.DeleteFunc(os.Environ(), ours), s.environ...)
	var wrong strings.Builder
	cmd.Stderr = &wrong
	text, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, wrong.String())
	}
	return string(text), err
}

func (s *statusShop) status() (is status.Status, err error) {
	s.t.Helper()
	out, err := s.run("status", "--json")
	if err == nil {
		err = json.Unmarshal([]byte(out), &is)
	}
	return is, err
}

// link asks for a one-time link.
func (s *statusShop) link() string {
	s.t.Helper()
	out, err := s.run("status", "--open")
	require.NoError(s.t, err)
	link := strings.TrimSpace(out)
	require.True(s.t, strings.HasPrefix(link, s.page+"/enter?code="), link)
	return link
}

// ask makes a request to the private listener, without following redirects.
func (s *statusShop) ask(method, address string, change func(*http.Request)) (*http.Response, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, address, nil)
	require.NoError(s.t, err)
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return resp, string(body)
}

func TestTheOperatorSeesHowTheShopIsAndNobodyElseDoes(t *testing.T) {
	s := startStatusShop(t)
	is, err := s.status()
	require.NoError(t, err)
	require.True(t, is.Ready, is.Reasons)
	require.Equal(t, "Test Shop", is.Shop)
	require.Equal(t, "5.00", is.Days[len(is.Days)-1].Revenue)
	require.Equal(t, "undeliverable", is.Held[0].Reason)
	require.False(t, is.Webhook.Last.IsZero())
	require.Equal(t, []string{"vpn"}, is.SoldOut)
	text, err := s.run("status")
	require.NoError(t, err)
	for _, part := range []string{"Test Shop: open", "2 paid, 5.00 USD", is.Held[0].Order, "undeliverable"} {
		require.Contains(t, text, part)
	}
	whole, err := json.Marshal(is)
	require.NoError(t, err)
	for _, private := range []string{botToken, appToken, "Alice", "Борис", "The whole"} {
		require.NotContains(t, string(whole)+text, private)
	}

	refused := func(what, address string, change func(*http.Request)) {
		resp, body := s.ask(http.MethodGet, address, change) //nolint:bodyclose // ask closes it
		require.GreaterOrEqual(t, resp.StatusCode, 400, what)
		require.NotContains(t, body, is.Held[0].Order, what)
		require.NotContains(t, body, "Test Shop", what)
		require.Empty(t, resp.Cookies(), what)
	}
	refused("without a session", s.page+"/", nil)
	refused("a guessed link", s.page+"/enter?code=AAAAAAAAAAAAAAAAAAAAAAAAAA", nil)
	refused("no code", s.page+"/enter", nil)
	refused("commands are for the socket", s.page+"/ops/status", nil)

	link := s.link()
	resp, _ := s.ask(http.MethodHead, link, nil) //nolint:bodyclose // ask closes it
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode, "a program that looks at links does not use it up")
	refused("a link on another site", link, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	refused("a name that resolves to this machine", link, func(r *http.Request) { r.Host = "evil.example" })
	resp, _ = s.ask(http.MethodGet, link, nil) //nolint:bodyclose // ask closes it
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	require.Len(t, resp.Cookies(), 1)
	session := resp.Cookies()[0]
	require.True(t, session.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, session.SameSite)
	require.Empty(t, session.Domain)
	refused("the link again", link, nil)

	with := func(r *http.Request) { r.AddCookie(session) }
	resp, body := s.ask(http.MethodGet, s.page+"/", with) //nolint:bodyclose // ask closes it
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Contains(t, body, is.Held[0].Order)
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(t, "no-store", resp.Header.Get("Cache-Control"))
	require.Equal(t, "same-origin", resp.Header.Get("Referrer-Policy"))
	for _, private := range []string{botToken, appToken, "Alice", "Борис"} {
		require.NotContains(t, body, private)
	}
	refused("another's cookie", s.page+"/", func(r *http.Request) { r.Header.Set("Cookie", session.Name+"="+session.Value+"A") })
	refused("a page of another site asks", s.page+"/", func(r *http.Request) {
		with(r)
		r.Header.Set("Sec-Fetch-Site", "same-site") // another port of this machine
	})
	resp, _ = s.ask(http.MethodPost, s.page+"/leave", with) //nolint:bodyclose // ask closes it
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	refused("after signing out", s.page+"/", with)
}

func TestThereIsNoStatusOfAShopThatDoesNotRun(t *testing.T) {
	s := &statusShop{t: t, binary: testenv.BuildShop(t), environ: shopEnviron(t)}
	for _, args := range [][]string{{"status"}, {"status", "--open"}} {
		_, err := s.run(args...)
		require.ErrorContains(t, err, "exit status 1")
		require.ErrorContains(t, err, "shopbot run")
	}
}

func TestTheStatusPageInARealBrowser(t *testing.T) {
	b := newBrowser(t, 360, 800)
	s := startStatusShop(t)
	b.do(chromedp.Navigate(s.page + "/"))
	found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](flaws))
	require.NoError(t, err)
	require.Empty(t, found, "the page for strangers")
	b.shot("status-refused")

	b.do(chromedp.Navigate(s.link()))
	b.arrives(`location.pathname == "/" && document.querySelector('[data-testid="state"]')?.textContent == "open"`)
	for _, width := range []int64{360, 1280} {
		for _, scheme := range []string{"light", "dark"} {
			b.prefer(scheme)
			b.do(chromedp.EmulateViewport(width, 800), chromedp.Reload())
			b.arrives(`document.querySelectorAll("svg rect").length == 60`)
			found, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](flaws))
			require.NoError(t, err)
			b.wholeShot(fmt.Sprintf("status-%d-%s", width, scheme))
			require.Empty(t, found, "at %d, %s", width, scheme)
		}
	}
	b.arrives(`[...document.querySelectorAll("svg rect")].filter(r => r.height.baseVal.value > 100).length == 2`)
	b.arrives(`document.querySelector('[data-testid="held"] tbody').rows.length == 1`)
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("footer button").click()`))
	b.arrives(`document.body.textContent.includes("shopbot status --open") && !document.querySelector("svg")`)
}
