package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"shopbot/internal/sandbox"
	"shopbot/internal/sandbox/telegram"
)

// askBot calls a method of the Bot API and returns its result.
func askBot(t *testing.T, w *sandbox.World, method, query string) gjson.Result {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/bot"+botToken+"/"+method+"?"+query, http.NoBody)
	answer := answer(t, w, r).Body.String()
	require.True(t, gjson.Get(answer, "ok").Bool(), answer)
	return gjson.Get(answer, "result")
}

// starsLink creates a link to an invoice in Stars.
func starsLink(t *testing.T, w *sandbox.World, stars int, more string) string {
	t.Helper()
	q := url.Values{
		"title": {"Club"}, "description": {"A month"}, "payload": {"o1"}, "currency": {"XTR"},
		"prices": {fmt.Sprintf(`[{"label":"Club","amount":%d}]`, stars)},
	}
	return askBot(t, w, "createInvoiceLink", q.Encode()+more).String()
}

// agree has the bot agree to the payment that waits.
func agree(t *testing.T, w *sandbox.World) {
	t.Helper()
	id := askBot(t, w, "getUpdates", "offset=-1").Get("0.pre_checkout_query.id").String()
	require.True(t, askBot(t, w, "answerPreCheckoutQuery", "ok=true&pre_checkout_query_id="+id).Bool())
}

func TestUserBuysStarsAndSubscribes(t *testing.T) {
	w := newWorld(t)
	link := starsLink(t, w, 1500, "&subscription_period=2592000")
	pay := `{"as":"alice","ref":"` + link + `"}`
	r := pageRequest(t, http.MethodGet, "/ui/stars?"+url.Values{"as": {"alice"}, "ref": {link}}.Encode(), "")
	require.JSONEq(t, `{"title":"Club","description":"A month","bot":"Shop 1000","stars":1500,"subscription":true}`, answer(t, w, r).Body.String())
	_, out := do(t, w, "/ui/stars", pay)
	require.Equal(t, "no_stars", out["reason"])
	status, _ := do(t, w, "/ui/buystars", `{"as":"alice","value":2000}`)
	require.Equal(t, http.StatusOK, status)
	status, out = do(t, w, "/ui/stars", pay)
	require.Equal(t, http.StatusOK, status, out)
	require.Equal(t, "pending", firstView(t, w, "as=alice").Stars.Checkouts[0].State)
	agree(t, w)
	v := firstView(t, w, "as=alice")
	require.Equal(t, out["id"], v.Stars.Checkouts[0].ID)
	require.Equal(t, "paid", v.Stars.Checkouts[0].State)
	require.EqualValues(t, 1500, v.Stars.Balance)

	charge := v.Stars.Subscriptions[0].Charge
	for _, step := range [][2]string{{"renew", "active"}, {"cancel", "canceled"}, {"resume", "active"}, {"fail", "failed"}} {
		status, out := do(t, w, "/ui/subscription", fmt.Sprintf(`{"as":"alice","charge":%q,"do":%q}`, charge, step[0]))
		require.Equal(t, http.StatusOK, status, out)
		require.Equal(t, step[1], firstView(t, w, "as=alice").Stars.Subscriptions[0].State)
	}
	_, out = do(t, w, "/ui/subscription", `{"as":"alice","charge":"`+charge+`","do":"cancel"}`)
	require.Equal(t, "no_subscription", out["reason"])
	_, out = do(t, w, "/ui/subscription", `{"as":"alice","charge":"`+charge+`","do":"burn"}`)
	require.Equal(t, "no_deed", out["reason"])
	require.Len(t, firstView(t, w, "as=alice").Stars.Payments, 2)
	require.Empty(t, firstView(t, w, "as=boris").Stars.Payments)
}

func TestOwnersRuleTheirGroups(t *testing.T) {
	w := newWorld(t)
	id := seenGroup(t, w, `{"as":"olga","kind":"group","title":"Club"}`)
	link := askBot(t, w, "exportChatInviteLink", fmt.Sprintf("chat_id=%d", id)).String()
	for _, who := range []string{"alice", "boris"} {
		status, _ := do(t, w, "/ui/enter", `{"as":"`+who+`","ref":"`+link+`"}`)
		require.Equal(t, http.StatusOK, status)
	}
	require.Empty(t, firstView(t, w, "as=carmen").Groups)
	require.Len(t, firstView(t, w, "as=alice").Groups[0].Members, 3)
	act := func(as, deed, more string) string {
		_, out := do(t, w, "/ui/ingroup", fmt.Sprintf(`{"as":%q,"id":%d,"do":%q%s}`, as, id, deed, more))
		reason, _ := out["reason"].(string)
		return reason
	}
	require.Equal(t, "not_owner", act("alice", "remove", `,"member":"boris"`))
	require.Equal(t, "no_deed", act("olga", "paint", ""))
	require.Empty(t, act("alice", "leave", ""))
	require.Empty(t, act("olga", "remove", `,"member":"boris"`))
	require.Equal(t, "not_member", act("olga", "remove", `,"member":"boris"`))
	require.Equal(t, "left", firstView(t, w, "as=alice").Groups[0].Mine)
	require.Empty(t, firstView(t, w, "as=alice").Groups[0].Members, "who is out sees nobody")
	for _, deed := range []string{"demote", "promote", "remove_bot", "promote", "migrate"} {
		require.Empty(t, act("olga", deed, ""), deed)
	}
	id = firstView(t, w, "as=olga").Groups[0].ID
	require.Empty(t, act("olga", "delete", ""))
	require.Equal(t, "deleted", w.Telegram().Groups(botToken)[0].Bot)
}

func seenGroup(t *testing.T, w *sandbox.World, body string) int64 {
	t.Helper()
	status, out := do(t, w, "/ui/group", body)
	require.Equal(t, http.StatusOK, status, out)
	return w.Telegram().Groups(botToken)[0].ID
}

func TestSwitchesBreakStars(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{
		`{"name":"lose_checkouts","on":true}`, `{"name":"delay_checkouts","value":2.5}`, `{"name":"repeat_checkouts","value":1}`,
		`{"name":"fail_payments","on":true}`, `{"name":"lose_payments","on":true}`, `{"name":"repeat_payments","value":2}`, `{"name":"refund_days","value":21}`,
	} {
		status, out := do(t, w, "/ui/break", body)
		require.Equal(t, http.StatusOK, status, out)
	}
	require.Equal(t, telegram.Faults{
		LoseCheckouts: true, DelayCheckouts: 2500 * time.Millisecond, RepeatCheckouts: 1,
		FailPayments: true, LosePayments: true, RepeatPayments: 2, RefundAge: 21 * 24 * time.Hour,
	}, w.Telegram().Faults())
}
