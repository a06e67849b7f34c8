package e2e

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/preflight"
	"shopbot/internal/sandbox/telegram"
)

const day = 24 * time.Hour

// club opens a shop that sells places in a channel of Olga's for 30 days, in a bubble.
func club(t *testing.T, kind string, test func(t *testing.T, env *testEnv, chat int64)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		env.Start()
		env.Say(olga, "/start")
		chat, err := env.Telegram().AddGroup(botToken, olga, kind, "Club")
		require.NoError(t, err)
		env.Settle()
		env.sellPlaces(chat)
		test(t, env, chat)
		env.Stop()
	})
}

// sellPlaces adds to the catalog a place in a chat for 30 days, and one without end.
func (env *testEnv) sellPlaces(chat int64) {
	env.T.Helper()
	env.WriteCatalog(testenv.Catalog + fmt.Sprintf(`
  - {sku: club, category: games, title: {en: Club, ru: Клуб}, price: "5", deliver: invite, invite: {chat: %d}, access: 30d}
  - {sku: life, category: games, title: Club for life, price: "50", deliver: invite, invite: {chat: %d, expires: 2h}}
`, chat, chat))
}

// member reports whether somebody is in a chat.
func (env *testEnv) member(chat, who int64) bool {
	return slices.Contains(env.Telegram().Members(botToken, chat), who)
}

// pass lets a long time pass, most of it while the shop stands still: its loops would take seconds.
func (env *testEnv) pass(d time.Duration) {
	env.T.Helper()
	env.Stop()
	time.Sleep(d - time.Minute)
	env.Start()
	time.Sleep(time.Minute)
}

// buyPlace has somebody buy a product and pay, and returns the order's number.
func (env *testEnv) buyPlace(who int64, sku string) string {
	env.T.Helper()
	env.Say(who, "/buy "+sku)
	return env.Pay(who).Payload
}

func TestAPlaceInAChannelIsBoughtUsedRemindedRenewedAndEnds(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		require.Contains(t, env.Transcript(olga), fmt.Sprintf("invite: {chat: %d}", chat), "the owner learns the id")
		bought := time.Now()
		order := env.buyPlace(alice, "club")
		require.Contains(t, env.Last(alice).Text, "It lets one person in")
		require.Contains(t, env.Last(alice).Text, "Your access lasts until")
		env.Join(alice)
		env.Settle()
		require.True(t, env.member(chat, alice))
		require.Contains(t, env.Transcript(alice), "in the chat since")
		env.Say(olga, "/order "+order)
		require.Contains(t, env.Last(olga).Text, "in the chat since")
		env.Say(alice, "/orders")
		require.Contains(t, env.Last(alice).Text, "you have access until")

		env.pass(time.Until(bought.Add(26 * day)))
		require.Zero(t, env.CountSent(alice, "ends on"))
		env.pass(26 * time.Hour)
		require.Equal(t, 1, env.CountSent(alice, "ends on"), "three days before")
		env.pass(2 * day)
		require.Equal(t, 2, env.CountSent(alice, "ends on"), "a day before")
		env.Press(alice, "acc:r:club")
		require.Contains(t, env.Last(alice).Text, "Club")
		env.Pay(alice)
		require.Contains(t, env.Transcript(alice), "You are in the chat already")

		env.pass(time.Until(bought.Add(56 * day)))
		require.Equal(t, 2, env.CountSent(alice, "ends on"), "the new time was added to the old")
		require.True(t, env.member(chat, alice))
		env.pass(time.Until(bought.Add(58 * day)))
		require.Equal(t, 3, env.CountSent(alice, "ends on"))
		env.pass(time.Until(bought.Add(60*day + 10*time.Minute)))
		require.Equal(t, 1, env.CountSent(alice, "is over. You keep your access until"))
		require.True(t, env.member(chat, alice), "a grace of a day")
		env.pass(day)
		require.False(t, env.member(chat, alice))
		require.Equal(t, 1, env.CountSent(alice, "has ended. You can come back"))

		env.Press(alice, "acc:r:club")
		env.Pay(alice)
		env.Join(alice)
		require.True(t, env.member(chat, alice), "nobody is locked out")
		env.pass(26 * day)
		require.True(t, env.member(chat, alice))
	})
}

func TestARefundEndsAPlaceAtOnce(t *testing.T) {
	club(t, "supergroup", func(t *testing.T, env *testEnv, chat int64) {
		order := env.buyPlace(alice, "club")
		env.Join(alice)
		env.refund(order)
		time.Sleep(time.Minute)
		require.False(t, env.member(chat, alice))
		require.Contains(t, env.Transcript(alice), "has ended, since it was paid back")

		order = env.buyPlace(boris, "life")
		link := env.InviteLink(boris)
		env.refund(order)
		time.Sleep(time.Minute)
		_, err := env.Telegram().Join(link, boris)
		require.Error(t, err, "the link is revoked")
	})
}

func TestAPlaceThatAnotherOrderGivesStays(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		env.Join(alice)
		env.buyPlace(alice, "life")
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.Contains(t, env.Transcript(alice), "has ended")
		require.True(t, env.member(chat, alice), "paid for life")
	})
}

func TestAStrangerWhoComesByALinkIsTakenOutAndTheBuyerGetsAnother(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		link := env.InviteLink(alice)
		_, err := env.Telegram().Join(link, boris)
		require.NoError(t, err)
		env.Settle()
		env.Settle()
		require.False(t, env.member(chat, boris))
		require.Contains(t, env.Transcript(alice), "Somebody else came by the link")
		require.Contains(t, env.Transcript(olga), "Somebody else came by the link")
		require.NotEqual(t, link, env.InviteLink(alice))
		env.Join(alice)
		require.True(t, env.member(chat, alice))
		env.buyPlace(boris, "club")
		env.Join(boris)
		require.True(t, env.member(chat, boris), "who was taken out may buy")
	})
}

func TestALinkThatExpiredIsMadeAnew(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "life")
		link := env.InviteLink(alice)
		time.Sleep(3 * time.Hour)
		_, err := env.Telegram().Join(link, alice)
		require.Error(t, err)
		env.Tap(alice, "Show the goods again")
		env.Join(alice)
		require.True(t, env.member(chat, alice))
		require.NoError(t, env.Telegram().Leave(botToken, chat, alice))
		env.Settle()
		env.Tap(alice, "Show the goods again")
		require.NotEqual(t, link, env.InviteLink(alice))
		require.Equal(t, []string{env.InviteLink(alice)}, env.Telegram().UsableLinks(botToken, chat))
		env.Join(alice)
		require.True(t, env.member(chat, alice), "who left by mistake comes back")
	})
}

func TestABotThatMayNotInviteHoldsTheOrderUntilItMay(t *testing.T) {
	for name, lose := range map[string]func(env *testEnv, chat int64) error{
		"no administrator": func(env *testEnv, chat int64) error { return env.Telegram().Demote(botToken, chat) },
		"no right": func(env *testEnv, chat int64) error {
			return env.Telegram().SetRights(botToken, chat, true, "can_invite_users")
		},
		"thrown out": func(env *testEnv, chat int64) error { return env.Telegram().RemoveBot(botToken, chat) },
	} {
		t.Run(name, func(t *testing.T) {
			club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
				require.NoError(t, lose(env, chat))
				env.Settle()
				require.Regexp(t, "I cannot invite anybody|I am not in", env.Last(olga).Text)
				env.buyPlace(alice, "club")
				require.Contains(t, env.Transcript(alice), "The invitation cannot be made just now")
				require.Contains(t, env.Transcript(olga), "Make me an administrator there")
				require.NoError(t, env.Telegram().SetRights(botToken, chat, true))
				env.Settle()
				require.Contains(t, env.Last(olga).Text, "I can invite buyers")
				env.Say(olga, "/held")
				env.Press(olga, "free:")
				env.Join(alice)
				require.True(t, env.member(chat, alice))
			})
		})
	}
}

func TestAChatThatIsGoneHoldsTheOrder(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		require.NoError(t, env.Telegram().DeleteGroup(botToken, chat))
		env.buyPlace(alice, "club")
		require.Contains(t, env.Transcript(alice), "The invitation cannot be made just now")
		require.Regexp(t, "Telegram does not find the chat|Make me an administrator", env.Transcript(olga))
	})
}

func TestAGroupThatWasUpgradedIsFoundAgain(t *testing.T) {
	club(t, "group", func(t *testing.T, env *testEnv, chat int64) {
		now, err := env.Telegram().Migrate(botToken, chat)
		require.NoError(t, err)
		env.buyPlace(alice, "club")
		require.Equal(t, now, env.Join(alice))
		require.Contains(t, env.Transcript(olga), fmt.Sprintf("chat: %d", now))
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.False(t, env.member(now, alice))
	})
}

func TestAfterAnOutageOneReminderComesAndNobodyIsTakenOutAtOnce(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		env.Join(alice)
		env.buyPlace(boris, "club")
		env.Join(boris)
		env.pass(29*day + 12*time.Hour)
		require.Equal(t, 1, env.CountSent(alice, "ends on"))
		env.pass(20 * day)
		require.Equal(t, 1, env.CountSent(alice, "is over. You keep your access until"))
		require.True(t, env.member(chat, alice), "the grace is whole")
		env.pass(day)
		require.False(t, env.member(chat, alice))
		require.False(t, env.member(chat, boris))
		require.Equal(t, 1, strings.Count(env.Transcript(alice), "has ended"))
	})
}

func TestWhoCannotBeTakenOutIsTakenOutLater(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		env.Join(alice)
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true, "can_restrict_members"))
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.True(t, env.member(chat, alice))
		require.Equal(t, 1, env.CountSent(olga, "they could not be taken out"))
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true))
		time.Sleep(2 * time.Hour)
		require.False(t, env.member(chat, alice))
		require.Equal(t, 1, env.CountSent(alice, "has ended"))
	})
}

func TestTheOwnerSeesMembers(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, _ int64) {
		env.buyPlace(alice, "club")
		env.Say(olga, "/products")
		env.Press(olga, "edit:c:games")
		env.Tap(olga, "Club · ")
		require.Contains(t, env.Last(olga).Text, "1 member; access that ends within 7 days: 0")
	})
}

func TestCheckExaminesWhatTheBotMayDoInTheChatsOfTheCatalog(t *testing.T) {
	club(t, "group", func(t *testing.T, env *testEnv, chat int64) {
		check := func() string {
			var out strings.Builder
			_ = preflight.Run(t.Context(), &out, env.Config(), preflight.Options{
				Transport: env.Network.Transport(), Log: slog.New(slog.DiscardHandler),
			})
			return out.String()
		}
		require.Contains(t, check(), "the bot can invite into the chat")
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true, "can_restrict_members"))
		require.Contains(t, check(), "may not take anybody out")
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true, "can_invite_users"))
		require.Contains(t, check(), "may not invite anybody")
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true))
		now, err := env.Telegram().Migrate(botToken, chat)
		require.NoError(t, err)
		require.Contains(t, check(), fmt.Sprintf("write chat: %d into the catalog", now))
		require.NoError(t, env.Telegram().RemoveBot(botToken, now))
		env.sellPlaces(now)
		require.Regexp(t, "fail +places", check())
		env.sellPlaces(-1)
		require.Contains(t, check(), "correct the id")
	})
}

func TestAKeyAndAPlaceAreOneProduct(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.WriteCatalog(testenv.Catalog + fmt.Sprintf(`
  - {sku: kit, category: games, title: Kit, price: "5", deliver: [keys, invite], invite: {chat: %d}, access: 30d, instructions: Read the pinned post.}
`, chat))
		env.LoadStock("kit", "KEY-90")
		env.buyPlace(alice, "kit")
		require.Contains(t, env.Transcript(alice), "KEY-90")
		require.Contains(t, env.Transcript(alice), "Read the pinned post.")
		require.Contains(t, env.Transcript(alice), "Your access lasts until")
		env.Join(alice)
		require.True(t, env.member(chat, alice))
	})
}

// The message of the order is drawn twice at the same time, and the older picture may come last.
func TestWhoJoinsBeforeTheDeliveryIsNotedReadsInTheEndThatItWas(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, _ int64) {
		env.Say(alice, "/buy club")
		env.Telegram().FailNextTo(alice, "sendMessage", 1, telegram.Failure{DropAfter: true, Hang: 5 * time.Second})
		_, err := env.CryptoPay().Pay(env.PayLink(alice), alice, "USDT")
		require.NoError(t, err)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.NotContains(t, env.Transcript(alice), "Delivered on")

		env.Telegram().FailNextTo(alice, "editMessageText", 1, telegram.Failure{Hang: 20 * time.Second})
		_, err = env.Telegram().Join(env.InviteLink(alice), alice)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Contains(t, env.Transcript(alice), "in the chat since")
		require.Contains(t, env.Transcript(alice), "Delivered on")
	})
}
