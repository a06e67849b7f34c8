package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTheBuyerOfAPlaceInAChatThatIsGoneIsToldAndSoIsTheOwner(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		order := env.buyPlace(alice, "club")
		require.NoError(t, env.Telegram().DeleteGroup(botToken, chat))
		for range 2 {
			env.Tap(alice, "Show the goods again")
			require.Contains(t, env.Last(alice).Text, "The way into the chat cannot be opened just now", env.Transcript(alice))
		}
		require.Equal(t, 1, env.CountSent(olga, "cannot get into the chat"), env.Transcript(olga))
		env.Tap(olga, "Refund")
		env.Tap(olga, "Yes, send")
		time.Sleep(time.Minute)
		require.Equal(t, 1, env.CountSent(alice, "is back in your"), order)
	})
}

func TestTheEndOfAPlaceInAChatThatIsGoneIsToldAndNotTriedForEver(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		env.Join(alice)
		require.NoError(t, env.Telegram().DeleteGroup(botToken, chat))
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.Equal(t, 1, env.CountSent(alice, "has ended"), env.Transcript(alice))
		require.Equal(t, 1, env.CountSent(olga, "I am not in that chat any more"), env.Transcript(olga))
		for range 4 {
			env.pass(day)
		}
		require.Equal(t, 1, env.CountSent(olga, "I am not in that chat any more"), "once")
		require.Equal(t, 1, env.CountSent(alice, "has ended"))
	})
}

func TestABotThatComesBackTakesOutWhoseTimeIsOver(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		env.Join(alice)
		require.NoError(t, env.Telegram().RemoveBot(botToken, chat))
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		env.pass(3 * day)
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true))
		for range 3 {
			env.pass(day)
		}
		require.False(t, env.member(chat, alice))
		require.Equal(t, 1, env.CountSent(alice, "has ended"))
	})
}

func TestAfterTooManyStrangersTheBuyerAndTheOwnerAreTold(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		env.buyPlace(alice, "club")
		for range 4 {
			_, err := env.Telegram().Join(env.InviteLink(alice), boris)
			require.NoError(t, err)
			env.Settle()
			env.Settle()
			require.False(t, env.member(chat, boris))
		}
		require.Equal(t, 3, env.CountSent(olga, "The buyer gets another link"), env.Transcript(olga))
		require.Equal(t, 1, env.CountSent(olga, "gets no other link"), env.Transcript(olga))
		require.Contains(t, env.Last(alice).Text, "there is no other one", env.Transcript(alice))
	})
}

func TestAPlaceThatAnOwnerGaveByHandEndsAsWell(t *testing.T) {
	club(t, "channel", func(t *testing.T, env *testEnv, chat int64) {
		byHand := func(who int64, sku string) string {
			order := env.buyPlace(who, sku)
			env.Say(olga, "/order "+order)
			env.Tap(olga, "Deliver by hand")
			env.Say(olga, "I have added you to the chat")
			env.Tap(olga, "Yes, send it")
			require.NoError(t, env.Telegram().Add(botToken, chat, who))
			env.Settle()
			require.Equal(t, 1, env.CountSent(who, "I have added you"), env.Transcript(olga))
			return order
		}
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true, "can_invite_users"))
		byHand(alice, "club")
		refunded := byHand(boris, "life")
		require.NoError(t, env.Telegram().SetRights(botToken, chat, true))
		env.refund(refunded)
		time.Sleep(time.Minute)
		require.False(t, env.member(chat, boris), "paid back")
		require.True(t, env.member(chat, alice))
		env.pass(30*day + 10*time.Minute)
		env.pass(day)
		require.Equal(t, 1, env.CountSent(alice, "has ended"))
		require.False(t, env.member(chat, alice), "the time is over")
	})
}
