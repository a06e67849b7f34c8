package e2e_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/catalog"
	"shopbot/internal/e2e/testenv"
	"shopbot/internal/export"
	"shopbot/internal/preflight"
	"shopbot/internal/sandbox"
	"shopbot/internal/storage"
)

const starsAloneCatalog = `
shop: {name: Star Shop, currency: USD, languages: [en, ru], support: "@help", pay: [stars], stars_rate: "0.01"}
categories: [{id: games, title: Games}]
products:
  - {sku: vpn, category: games, title: VPN, price: "5.00", sale: {price: "4.00"}, limit: 10, deliver: keys}
  - {sku: guide, category: games, title: Guide, price: "2.50", stars: "99", deliver: text, text: The whole guide}
`

// withStarsAlone lets a shop start without a token of Crypto Pay.
func withStarsAlone(e *testenv.Env) {
	e.Setenv("CRYPTOPAY_TOKEN", "")
	_ = os.WriteFile(filepath.Join(e.Dir, "catalog.yaml"), []byte(starsAloneCatalog), 0o600)
}

func TestAShopWithStarsAloneNeedsNoCryptoPay(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/start p_vpn")
		card := e.Last(sandbox.Alice).Text
		require.Contains(t, card, "400 ⭐")
		require.NotContains(t, card, "USD", "nobody can pay dollars here")
		e.Tap(sandbox.Alice, "+")
		e.Tap(sandbox.Alice, "Buy · 800 ⭐")
		bill := e.Last(sandbox.Alice)
		require.Contains(t, bill.Text, "VPN × 2")
		require.Contains(t, bill.Text, "Total: 800 ⭐")
		require.NotContains(t, bill.Text, "USD")
		require.Len(t, bill.URLs(), 1, "one button to pay")
		require.NotEmpty(t, e.PayStars(sandbox.Alice).Charge)
		require.Equal(t, []string{"KEY-01", "KEY-02"}, e.KeysOf(sandbox.Alice))
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "800 ⭐"), "the owner sees the sale")

		e.Say(sandbox.Olga, "/stats")
		stats := e.Last(sandbox.Olga).Text
		require.Contains(t, stats, "Revenue: 800 ⭐")
		require.NotContains(t, stats, "USD")
		e.Say(sandbox.Olga, "/balance")
		require.Contains(t, e.Last(sandbox.Olga).Text, "800 ⭐")
		require.NotContains(t, e.Last(sandbox.Olga).Text, "Crypto Pay")
		for command, says := range map[string]string{
			"/terms": "Stars are paid by Telegram's own rules", "/paysupport": "Stars go back as a whole", "/privacy": "as Telegram reports them",
			"/help": "you pay with Stars", "/start": "with Telegram Stars",
		} {
			e.Say(sandbox.Alice, command)
			require.Contains(t, e.Last(sandbox.Alice).Text, says, command)
			require.NotContains(t, e.Last(sandbox.Alice).Text, "Crypto", command)
		}
		time.Sleep(26 * time.Hour) // a night with its reconciliation, and a morning
		require.Zero(t, e.CountSent(sandbox.Olga, "Crypto Pay"), e.Transcript(sandbox.Olga))
		require.NotContains(t, e.Log.String(), "level=ERROR")
		status, _ := e.AskOps("GET", "/readyz")
		require.Equal(t, 200, status)
	}, withStarsAlone)
}

func TestTheCheckOfAShopWithStarsAloneAsksForNoCryptoPay(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Stop()
		var out strings.Builder
		require.NoError(t, preflight.Run(t.Context(), &out, e.Config(), preflight.Options{Transport: e.Network.Transport()}), out.String())
		require.Contains(t, out.String(), "not needed: the catalog takes Telegram Stars alone")
		require.Contains(t, out.String(), "2 of 2 products take them; the prices of 1 are derived by stars_rate, a Star for 0.01 USD")
		require.NotContains(t, out.String(), "warn  crypto")
		e.Start()
	}, withStarsAlone)
}

func TestACatalogThatTakesCoinsIsRefusedWithoutCryptoPay(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.WriteCatalog(strings.Replace(starsAloneCatalog, "pay: [stars]", "pay: [crypto, stars]", 1))
		require.Equal(t, 1, e.CountSent(sandbox.Olga, "set SHOPBOT_CRYPTOPAY_TOKEN"), e.Transcript(sandbox.Olga))
		e.Say(sandbox.Alice, "/buy guide")
		require.Contains(t, e.Last(sandbox.Alice).Text, "99 ⭐", "the shop goes on")
		e.WriteCatalog(starsAloneCatalog)
	}, withStarsAlone)
}

func TestPricesOfAShopThatTakesBothStandSideBySide(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/start p_vpn")
		require.Contains(t, e.Last(sandbox.Alice).Text, "5.00 USD or 500 ⭐")
		e.Tap(sandbox.Alice, "Buy · 5.00 USD or 500 ⭐")
		bill := e.Last(sandbox.Alice)
		require.Contains(t, bill.Text, "Total: 5.00 USD or 500 ⭐")
		require.Len(t, bill.URLs(), 2, "two buttons to pay")
		for _, label := range []string{"Pay 5.00 USD", "Pay 500 ⭐"} {
			_, there := bill.Button(label)
			require.True(t, there, label)
		}
		require.NotEmpty(t, e.PayStars(sandbox.Alice).Charge)
		require.Contains(t, e.Transcript(sandbox.Alice), "Total: 500 ⭐", "it was paid with Stars")

		e.Say(sandbox.Boris, "/buy vpn")
		e.Pay(sandbox.Boris)
		e.Say(sandbox.Olga, "/stats")
		stats := e.Last(sandbox.Olga).Text
		require.Contains(t, stats, "Revenue: 5.00 USD")
		require.Contains(t, stats, "With Stars: 500 ⭐")
		require.Contains(t, stats, "Coins received: 5.00 USDT")
		require.Contains(t, stats, "VPN × 2 · 5.00 USD · 500 ⭐")
		e.Say(sandbox.Olga, "/balance")
		require.Contains(t, e.Last(sandbox.Olga).Text, "500 ⭐")
		require.Contains(t, e.Last(sandbox.Olga).Text, "USDT")
	})
}

func TestACartThatSharesNoWayOfPayingIsRefusedInWords(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.WriteCatalog(strings.Replace(starsCatalog, `price: "5.00", limit`, `price: "5.00", pay: [crypto], limit`, 1))
		e.Say(sandbox.Alice, "/start p_vpn")
		e.Press(sandbox.Alice, "ct:add:vpn")
		e.Say(sandbox.Alice, "/start p_guide")
		e.Press(sandbox.Alice, "ct:add:guide")
		e.Say(sandbox.Alice, "/cart")
		cart := e.Last(sandbox.Alice)
		require.Contains(t, cart.Text, "VPN is paid in coins alone, Guide with Stars alone")
		require.NotContains(t, e.Transcript(sandbox.Alice), "Order ·", "there is no button to order it like this")
		e.Say(sandbox.Alice, "/orders")
		require.Contains(t, e.Last(sandbox.Alice).Text, "You have no orders yet")
	})
}

func TestAnOwnerHasTheShopTakeStarsByButtons(t *testing.T) {
	testenv.Run(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Olga, "/products")
		e.Press(sandbox.Olga, "edit:s")
		e.Press(sandbox.Olga, "edit:f:s::pay")
		e.Press(sandbox.Olga, "edit:a:pay:both")
		require.Contains(t, e.Last(sandbox.Olga).Text, "There is no price in Stars yet for: VPN <30> days, Guide, Album.")

		e.Press(sandbox.Olga, "edit:s")
		e.Press(sandbox.Olga, "edit:f:s::rate")
		e.Say(sandbox.Olga, "0,02")
		e.Press(sandbox.Olga, "edit:f:s::pay")
		e.Press(sandbox.Olga, "edit:a:pay:both")
		require.Contains(t, e.Last(sandbox.Olga).Text, "ways to pay")
		e.Say(sandbox.Alice, "/start p_vpn")
		require.Contains(t, e.Last(sandbox.Alice).Text, "5.00 USD or 250 ⭐")

		e.Say(sandbox.Olga, "/products")
		e.Press(sandbox.Olga, "edit:c:games")
		e.Press(sandbox.Olga, "edit:p:vpn")
		e.Press(sandbox.Olga, "edit:f:p:vpn:stars")
		e.Say(sandbox.Olga, "199 ⭐")
		e.Press(sandbox.Olga, "edit:f:p:vpn:pay")
		e.Press(sandbox.Olga, "edit:a:pay:stars")
		e.Say(sandbox.Alice, "/start p_vpn")
		card := e.Last(sandbox.Alice).Text
		require.Contains(t, card, "199 ⭐")
		require.NotContains(t, card, "USD")
	})
}

func TestAnExportKeepsStarsApart(t *testing.T) {
	inStarsShop(t, func(t *testing.T, e *testenv.Env) {
		e.Say(sandbox.Alice, "/buy vpn 2")
		require.NotEmpty(t, e.PayStars(sandbox.Alice).Charge)
		e.Say(sandbox.Boris, "/buy vpn")
		e.Pay(sandbox.Boris)
		e.Stop()
		e.WithDatabase(func(db *storage.DB) {
			var out strings.Builder
			of, err := catalog.Parse("catalog.yaml", []byte(starsCatalog), nil)
			require.NoError(t, err)
			require.NoError(t, export.Write(t.Context(), db, of, export.Request{What: export.Orders}, &out, nil))
			rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
			require.NoError(t, err)
			column := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
			for i, want := range []map[string]string{
				{"price": "500", "total": "1000", "currency": "XTR", "coin": "XTR", "paid": "1000", "rate": "1", "net": "1000", "stars_price": "1000"},
				{"price": "5", "total": "5", "currency": "USD", "coin": "USDT", "stars_price": "500"},
			} {
				for name, value := range want {
					require.Equal(t, value, column(rows[i+1], name), "%s of order %d", name, i+1)
				}
			}
		})
		e.Start()
	})
}
