package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"shopbot/internal/money"
	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/cryptopay"
)

const appToken = "2000:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// newWorld returns a world with a bot and an app that have called.
func newWorld(t *testing.T) *sandbox.World {
	t.Helper()
	w := sandbox.New(sandbox.Options{Hosts: []string{"shop.test"}})
	t.Cleanup(w.Close)
	callBot(t, w, "getMe", "")
	callApp(t, w, "getMe", "")
	w.CryptoPay().SetAppName(appToken, "Pixel Goods")
	return w
}

// answer calls the handler directly, without a network.
func answer(t *testing.T, w *sandbox.World, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, r)
	return rec
}

func callBot(t *testing.T, w *sandbox.World, method, body string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/telegram/bot"+botToken+"/"+method, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	rec := answer(t, w, r)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
}

// callApp calls Crypto Pay and returns its result.
func callApp(t *testing.T, w *sandbox.World, method, body string) (result map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/cryptopay/api/"+method, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(cryptopay.TokenHeader, appToken)
	rec := answer(t, w, r)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	var envelope struct{ Result map[string]any }
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &envelope))
	return envelope.Result
}

// pageRequest returns a request as the page's own code makes it.
func pageRequest(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "http://localhost:8088"+path, strings.NewReader(body))
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Origin", "http://localhost:8088")
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do sends a POST of the page and returns its status and answer.
func do(t *testing.T, w *sandbox.World, path, body string) (int, map[string]any) {
	t.Helper()
	rec := answer(t, w, pageRequest(t, http.MethodPost, path, body))
	var out map[string]any
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &out))
	return rec.Code, out
}

func invoice(t *testing.T, w *sandbox.World, body string) (ref string) {
	t.Helper()
	link, _ := callApp(t, w, "createInvoice", body)["bot_invoice_url"].(string)
	return link
}

func TestUserWritesTapsAndSendsAFile(t *testing.T) {
	w := newWorld(t)
	status, _ := do(t, w, "/ui/say", `{"as":"alice","text":"/start"}`)
	require.Equal(t, http.StatusOK, status)
	callBot(t, w, "sendMessage", `{"chat_id":100200301,"text":"Choose","reply_markup":{"inline_keyboard":[[{"text":"A","callback_data":"a"},{"text":"A","callback_data":"b"}]]}}`)
	status, _ = do(t, w, "/ui/tap", `{"as":"alice","bot":"1000","message":2,"data":"b"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "b", w.Telegram().Alerts(botToken, sandbox.Alice)[0].Data, "two buttons may have the same text")

	r := pageRequest(t, http.MethodPost, "/ui/upload?as=alice&name=keys.txt&caption=new", "one\ntwo")
	r.Header.Set("Content-Type", "application/octet-stream")
	require.Equal(t, http.StatusOK, answer(t, w, r).Code)
	chat := w.Telegram().Chat(botToken, sandbox.Alice)
	sent := chat[len(chat)-1]
	require.Equal(t, "new", sent.Text)
	require.Equal(t, "keys.txt", sent.Document.Name)
	require.Equal(t, "one\ntwo", string(sent.Document.Data))
}

func TestUserSendsOtherThingsThanDocuments(t *testing.T) {
	w := newWorld(t)
	r := pageRequest(t, http.MethodPost, "/ui/upload?as=alice&name=a.ogg&kind=voice", "sound")
	r.Header.Set("Content-Type", "application/octet-stream")
	require.Equal(t, http.StatusOK, answer(t, w, r).Code)
	for kind, want := range map[string]int{"location": http.StatusOK, "contact": http.StatusOK, "gift": http.StatusBadRequest} {
		status, _ := do(t, w, "/ui/share", `{"as":"alice","kind":"`+kind+`"}`)
		require.Equal(t, want, status, kind)
	}
	held := map[string]bool{}
	for _, m := range w.Telegram().Chat(botToken, sandbox.Alice) {
		for kind := range m.Content {
			held[kind] = true
		}
	}
	require.Equal(t, map[string]bool{"voice": true, "location": true, "contact": true}, held)
}

func TestUserAsksABotInline(t *testing.T) {
	w := newWorld(t)
	status, _ := do(t, w, "/ui/inline", `{"as":"alice","text":"steam"}`)
	require.Equal(t, http.StatusOK, status)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/bot"+botToken+"/getUpdates", http.NoBody)
	id := gjson.Get(answer(t, w, r).Body.String(), "result.0.inline_query.id").String()
	callBot(t, w, "answerInlineQuery", `{"inline_query_id":"`+id+`","results":[{"type":"article","id":"1","title":"Steam","input_message_content":{"message_text":"Card"}}]}`)
	status, _ = do(t, w, "/ui/choose", `{"as":"alice","data":"1"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "Card", w.Telegram().Chat(botToken, sandbox.Alice)[0].Text)
}

func TestUserJoinsAChannelByItsInviteLink(t *testing.T) {
	w := newWorld(t)
	status, body := do(t, w, "/ui/group", `{"as":"olga","kind":"channel","title":"Club"}`)
	require.Equal(t, http.StatusOK, status, body)
	id, err := w.Telegram().AddGroup(botToken, sandbox.Olga, "channel", "Another")
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("/bot%s/exportChatInviteLink?chat_id=%d", botToken, id), http.NoBody)
	var link struct{ Result string }
	require.NoError(t, json.Unmarshal(answer(t, w, r).Body.Bytes(), &link))
	for ref, want := range map[string]int{link.Result: http.StatusOK, "https://t.me/+x": http.StatusConflict} {
		status, _ := do(t, w, "/ui/enter", `{"as":"alice","ref":"`+ref+`"}`)
		require.Equal(t, want, status, ref)
	}
	require.Equal(t, []int64{sandbox.Alice, sandbox.Olga}, w.Telegram().Members(botToken, id))
}

func TestPayerSeesTheInvoicePaysAndGetsALinkBack(t *testing.T) {
	w := newWorld(t)
	link := invoice(t, w, `{"currency_type":"fiat","fiat":"USD","amount":"10.5","accepted_assets":"USDT,BTC","description":"Card",
		"hidden_message":"Thanks","paid_btn_name":"callback","paid_btn_url":"https://t.me/shop_1000_bot?start=o_1","expires_in":600}`)
	query := "/ui/invoice?" + url.Values{"as": {"alice"}, "ref": {link}}.Encode()
	rec := answer(t, w, pageRequest(t, http.MethodGet, query, ""))
	var bill struct {
		App, Amount, Currency, Status string
		Offers                        []struct {
			Asset, Amount, Balance string
			Enough                 bool
		}
		Paid any
	}
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &bill))
	require.Equal(t, "Pixel Goods", bill.App)
	require.Equal(t, "10.50", bill.Amount)
	require.Equal(t, "active", bill.Status)
	require.Nil(t, bill.Paid)
	require.Len(t, bill.Offers, 2)
	require.Equal(t, "1000", bill.Offers[0].Balance)
	require.True(t, bill.Offers[0].Enough)

	status, out := do(t, w, "/ui/pay", `{"as":"alice","ref":"`+link+`","asset":"USDT"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, bill.Offers[0].Amount, out["paid"].(map[string]any)["amount"])
	require.Equal(t, "Thanks", out["paid"].(map[string]any)["message"])
	require.Equal(t, "https://t.me/shop_1000_bot?start=o_1", out["paid"].(map[string]any)["button"].(map[string]any)["url"])

	rec = answer(t, w, pageRequest(t, http.MethodGet, strings.Replace(query, "alice", "boris", 1), ""))
	require.NotContains(t, rec.Body.String(), "Thanks", "only the payer may read the hidden message")
	require.Contains(t, rec.Body.String(), `"mine":false`)
}

func TestImpossiblePaymentsAreRefused(t *testing.T) {
	w := newWorld(t)
	paid := invoice(t, w, `{"asset":"USDT","amount":"1"}`)
	_, err := w.CryptoPay().Pay(paid, sandbox.Boris, "")
	require.NoError(t, err)
	dear := invoice(t, w, `{"asset":"USDT","amount":"5000"}`)
	for reason, body := range map[string]string{
		"already_paid": `{"as":"alice","ref":"` + paid + `"}`,
		"no_money":     `{"as":"alice","ref":"` + dear + `"}`,
		"asset":        `{"as":"alice","ref":"` + dear + `","asset":"BTC"}`,
		"not_found":    `{"as":"alice","ref":"IV0000000000"}`,
		"no_person":    `{"as":"mallory","ref":"` + dear + `"}`,
		"json":         `{"as":"alice","reff":"x"}`,
	} {
		status, out := do(t, w, "/ui/pay", body)
		require.GreaterOrEqual(t, status, 400, reason)
		require.Equal(t, reason, out["reason"])
	}
}

func TestReceivedCoinsAreInTheWallet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.Close()
		events := watch(t, w, "as=alice")
		require.Empty(t, (<-events).Wallet.History)
		callApp(t, w, "transfer", `{"user_id":100200301,"asset":"USDT","amount":"1.05","spend_id":"r1","comment":"Refund"}`)
		v := <-events
		require.Len(t, v.Wallet.History, 1)
		got := v.Wallet.History[0]
		require.Equal(t, movement{"transfer", true, "Pixel Goods", "USDT", "1.05", "Refund"}, got)
	})
}

func TestCheckIsActivatedOnceAndByItsOwnerOnly(t *testing.T) {
	w := newWorld(t)
	link, _ := callApp(t, w, "createCheck", `{"asset":"TON","amount":"2","pin_to_user_id":100200301}`)["bot_check_url"].(string)
	_, out := do(t, w, "/ui/activate", `{"as":"boris","ref":"`+link+`"}`)
	require.Equal(t, "pinned", out["reason"])
	status, out := do(t, w, "/ui/activate", `{"as":"alice","ref":"`+link+`"}`)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, true, out["mine"])
	_, out = do(t, w, "/ui/activate", `{"as":"alice","ref":"`+link+`"}`)
	require.Equal(t, "activated", out["reason"])
}

func TestSwitchesInjectFaults(t *testing.T) {
	w := newWorld(t)
	flip := func(body string) {
		t.Helper()
		status, out := do(t, w, "/ui/break", body)
		require.Equal(t, http.StatusOK, status, out)
	}
	flip(`{"name":"lose_webhooks","on":true}`)
	flip(`{"name":"repeat_webhooks","value":1e9}`)
	flip(`{"name":"delay_webhooks","value":1.5}`)
	require.Equal(t, cryptopay.Faults{LoseWebhooks: true, RepeatWebhooks: 100, DelayWebhooks: 1500 * time.Millisecond}, w.CryptoPay().Faults())
	flip(`{"name":"flood","on":true}`)
	require.True(t, w.Telegram().Faults().Flood)
	flip(`{"name":"real_limits","on":true}`)
	require.True(t, w.Telegram().Faults().RealLimits)
	flip(`{"name":"frozen","on":true}`)
	require.True(t, w.Telegram().Faults().Frozen)
	flip(`{"name":"gram","on":true}`)
	require.True(t, w.CryptoPay().Gram())
	flip(`{"name":"blocked","on":true,"as":"boris"}`)
	require.True(t, w.Telegram().Blocked(botToken, sandbox.Boris))
	flip(`{"name":"unstarted","on":true,"as":"boris"}`)
	require.False(t, w.CryptoPay().Started(sandbox.Boris))
	flip(`{"name":"transfers_off","on":true,"app":"2000"}`)
	require.False(t, w.CryptoPay().TransfersEnabled(appToken))

	status, _ := do(t, w, "/ui/break", `{"name":"gravity","on":true}`)
	require.Equal(t, http.StatusNotFound, status)
}

func TestCryptoPayIsDownUntilTheOutageEnds(t *testing.T) {
	w := newWorld(t)
	call := func() int {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/cryptopay/api/getMe", http.NoBody)
		r.Header.Set(cryptopay.TokenHeader, appToken)
		return answer(t, w, r).Code
	}
	do(t, w, "/ui/break", `{"name":"outage","mode":"down"}`)
	for range 3 {
		require.Equal(t, http.StatusBadGateway, call())
	}
	do(t, w, "/ui/break", `{"name":"outage","mode":"mute"}`)
	require.PanicsWithValue(t, http.ErrAbortHandler, func() { call() })
	do(t, w, "/ui/break", `{"name":"outage","mode":""}`)
	require.Equal(t, http.StatusOK, call())
	status, _ := do(t, w, "/ui/break", `{"name":"outage","mode":"flooded"}`)
	require.Equal(t, http.StatusBadRequest, status)
}

func TestWebhookIsSetAndSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := sandbox.NewNetwork()
		var got [][]byte
		serve(t, n, func(_ http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got = append(got, body)
		})
		w := sandbox.New(sandbox.Options{Client: &http.Client{Transport: n.Transport()}})
		defer w.Close()
		callApp(t, w, "getMe", "")
		_, out := do(t, w, "/ui/resend", `{}`)
		require.Equal(t, "not_paid", out["reason"])
		status, _ := do(t, w, "/ui/webhook", `{"app":"2000","url":"javascript:alert(1)"}`)
		require.Equal(t, http.StatusBadRequest, status)
		status, _ = do(t, w, "/ui/webhook", `{"app":"2000","url":"http://shop.test/hook"}`)
		require.Equal(t, http.StatusOK, status)

		do(t, w, "/ui/pay", `{"as":"alice","ref":"`+invoice(t, w, `{"asset":"TON","amount":"1"}`)+`"}`)
		synctest.Wait()
		require.Len(t, got, 1)
		do(t, w, "/ui/resend", `{}`)
		synctest.Wait()
		require.Len(t, got, 2)
	})
}

func TestWalletHoldsEveryCoin(t *testing.T) {
	w := newWorld(t)
	v := firstView(t, w, "as=boris")
	require.Len(t, v.Wallet.Coins, len(w.CryptoPay().Wallet(sandbox.Boris)))
	require.Equal(t, money.Currency("USDT"), v.Wallet.Coins[0].Asset)
}

func TestScriptAddsUsers(t *testing.T) {
	w := newWorld(t)
	for id := range 3 {
		status, _ := do(t, w, "/ui/join", fmt.Sprintf(`{"id":%d,"name":"Buyer","language":"en"}`, 5001+id))
		require.Equal(t, http.StatusOK, status)
	}
	status, _ := do(t, w, "/ui/say", `{"as":"5002","text":"hello"}`)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, w.Telegram().Chat(botToken, 5002), 1)
	status, _ = do(t, w, "/ui/join", `{"id":5002,"name":"Ann"}`)
	require.Equal(t, http.StatusOK, status, "once more")
	require.Len(t, w.Telegram().Users(), len(sandbox.People())+3)
	require.Len(t, w.Telegram().Chat(botToken, 5002), 1, "the chat is still there")
}

func TestInvalidUsersCannotJoin(t *testing.T) {
	w := newWorld(t)
	for body, reason := range map[string]string{
		`{"id":0,"name":"Nobody"}`:                          "no_person",
		`{"id":-7,"name":"A group"}`:                        "no_person",
		`{"id":5001}`:                                       "no_person",
		fmt.Sprintf(`{"id":%d,"name":"Eve"}`, sandbox.Olga): "taken",
		`{"id":5001,"name":"Eve","owner":true}`:             "json",
	} {
		status, out := do(t, w, "/ui/join", body)
		require.GreaterOrEqual(t, status, http.StatusBadRequest, body)
		require.Equal(t, reason, out["reason"], body)
	}
	require.Len(t, w.Telegram().Users(), len(sandbox.People()))
}
