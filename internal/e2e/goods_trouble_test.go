package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhoCameBeforeTheGroupWasUpgradedIsTakenOutAtTheEnd(t *testing.T) {
	club(t, "group", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		env.Join(alice)
		now, err := env.Telegram().Migrate(botToken, chat)
		require.NoError(t, err)
		env.Settle()
		require.True(t, env.member(now, alice))
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.False(t, env.member(now, alice), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(alice, "has ended"))
	})
}

func TestWhoDeletesTheirDataMayStillUseTheirLink(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		link := env.InviteLink(alice)
		env.Say(alice, "/settings")
		env.Tap(alice, "Delete my data")
		env.Tap(alice, "Yes, delete it for good")
		env.Settle()
		_, err := env.Telegram().Join(link, alice)
		require.NoError(t, err, env.Transcript(alice))
		env.Settle()
		require.True(t, env.member(chat, alice), "they paid for it")
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.False(t, env.member(chat, alice))
	})
}

func TestALinkThatAnAdministratorDeletedKeepsNobodyIn(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		order := env.buyPlace(alice, "club")
		env.Join(alice)
		require.NoError(t, env.Telegram().DeleteInvite(botToken, chat, env.InviteLink(alice)))
		env.refund(order)
		time.Sleep(time.Minute)
		require.False(t, env.member(chat, alice))
		require.Equal(t, 1, env.CountSent(alice, "has ended, since it was paid back"))
	})
}

func TestGoodsAreNotShownAgainOnceTheirTimeIsOver(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.Equal(t, 1, env.CountSent(alice, "has ended"))
		link := env.InviteLink(alice)
		env.Say(alice, "/orders")
		env.Tap(alice, "Club")
		env.Tap(alice, "Show the goods again")
		require.Equal(t, link, env.InviteLink(alice), env.Transcript(alice))
		require.Empty(t, env.Telegram().UsableLinks(botToken, chat))
	})
}

func TestAServerThatRefusesKeepsNobodyInTheChat(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
		env.Say(olga, "/start")
		chat, err := env.Telegram().AddGroup(botToken, olga, "channel", "Club")
		require.NoError(t, err)
		env.WriteCatalog(serverCatalog + fmt.Sprintf(`
  - {sku: both, category: games, title: Both, price: "5", deliver: [server, invite], server: {url: "http://goods.test/make"}, invite: {chat: %d}, access: 30d}
`, chat))
		goods.answers(says(http.StatusOK, `{"keys":["ACC-1"]}`))
		env.Say(alice, "/buy both")
		order := env.Pay(alice).Payload
		env.Join(alice)
		goods.answers(says(http.StatusForbidden, "no"))
		env.Say(olga, "/refund "+order)
		env.Tap(olga, "Yes, send")
		time.Sleep(time.Minute)
		require.False(t, env.member(chat, alice))
		goods.answers(says(http.StatusOK, ""))
		time.Sleep(2 * time.Hour)
		require.Equal(t, 1, env.CountSent(alice, "has ended, since it was paid back"))
	})
}

func TestAServerThatWasAskedForGoodsHearsOfARefundBeforeItGaveThem(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"never ready":     says(http.StatusOK, `{"wait":3600}`),
		"not deliverable": says(http.StatusOK, `{"keys":["A","B","C"]}`),
	} {
		t.Run(name, func(t *testing.T) {
			withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
				goods.answers(answer)
				env.Say(alice, "/buy account")
				order := env.Pay(alice).Payload
				time.Sleep(74 * time.Hour)
				goods.answers(says(http.StatusNoContent, ""))
				env.refund(order)
				time.Sleep(time.Minute)
				require.True(t, slices.ContainsFunc(goods.asked(), func(r goodsRequest) bool {
					return r.ID == order+"-1-refunded"
				}), "it may have begun to make them")
			})
		})
	}
}

func TestOnePageOfGarbageAfterALongWaitHoldsNoOrder(t *testing.T) {
	withServers(t, func(t *testing.T, env *testEnv, goods, _ *goodsServer) {
		goods.answers(says(http.StatusOK, `{"wait":20}`))
		env.Say(alice, "/buy account")
		env.Pay(alice)
		time.Sleep(5 * time.Minute)
		goods.answers(says(http.StatusOK, "<html>"))
		time.Sleep(25 * time.Second)
		goods.answers(says(http.StatusOK, `{"keys":["ACC-1"]}`))
		time.Sleep(5 * time.Minute)
		require.Equal(t, 1, env.CountSent(alice, "ACC-1"), env.Transcript(alice))
		require.Zero(t, env.CountSent(olga, "cannot be delivered"))
	})
}
