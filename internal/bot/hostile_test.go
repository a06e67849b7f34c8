package bot

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/shop"
)

func TestABatchOfCodesIsNeverACouponForEverybody(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.press(olga, 50, "coupons:new")
		w.press(olga, 50, "coupons:set:code:batch")
		for i, answer := range []string{"SPRING", "10%", "-", "-"} {
			w.send(models.Message{ID: 100 + i, From: user(olga), Text: answer})
		}
		require.Empty(t, w.store.forms[formKey{user: olga}].Given[fieldCodes], "no number of codes")
	})
}

func TestACouponCannotEndBeforeItBegins(t *testing.T) {
	for until, want := range map[string]string{
		"2026-12-31": "", "2026-12-24": "", "": "", "2026-12-23": "coupon_day_over", "2026-12-01": "coupon_days_crossed",
	} {
		c := shop.Coupon{Until: catalog.Date(until)}
		if want == "coupon_days_crossed" {
			c.From = "2026-12-25"
		}
		require.Equal(t, want, daysFault(c, "2026-12-24"), until)
	}
}

// "1,000" is a thousand to some and one to others.
func TestAnAmountThatCanBeReadInTwoWaysIsNotTaken(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		of := catalog.Shop{Currency: "USD"}
		r := &request{catalog: w.bot.shop.Catalog()}
		for _, given := range []string{"1,000", "1.000", "12.000 USD", "1 000,000", "1,50.00", "1.5,00", "1,500,000"} {
			p := catalog.Product{Price: usd(t, "5")}
			require.Error(t, setPrice(edited{product: &p}, of, given), given)
			require.Equal(t, usd(t, "5"), p.Price)
			_, ok := readWorth(r, given)
			require.False(t, ok, given)
		}
		for given, want := range map[string]string{
			"1,500.00": "1500", "1.234.567,50": "1234567.5", "1\u00a0500,50": "1500.5", "1000": "1000", "5,50": "5.5", "5.5 usd": "5.5", "$5": "5",
		} {
			p := catalog.Product{}
			require.NoError(t, setPrice(edited{product: &p}, of, given), given)
			require.True(t, usd(t, want).Equal(p.Price), given)
		}
		coins := catalog.Product{}
		require.NoError(t, setPrice(edited{product: &coins}, catalog.Shop{Currency: "TON"}, "0.125"))
	})
}

func TestNothingIsKeptOfSomebodyWhoWasForgottenInTheMiddleOfAForm(t *testing.T) {
	for _, press := range []string{"write:7", "person:7:n", "person:7:b:other"} {
		t.Run(press, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.say(alice, "/start")
				w.press(olga, 60, press)
				require.Contains(t, w.store.forms, formKey{user: olga})
				delete(w.store.people, alice)
				calls := w.send(models.Message{ID: 6, From: user(olga), Text: "Hello"})
				require.Zero(t, countSaid(calls, alice, "Hello"))
				require.NotContains(t, w.store.people, alice)
				require.Empty(t, w.store.asked)
				require.Contains(t, said(calls), "was deleted")
				require.NotContains(t, w.store.forms, formKey{user: olga}, "the form has ended")
			})
		})
	}
}

func TestTheCodeOfTheFirstOwnerIsNoQuestion(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		code := w.withoutOwner()
		w.press(alice, 50, "ask:new")
		w.say(alice, code)
		require.Equal(t, shop.RoleOwner, w.bot.staff.Role(alice))
		require.Empty(t, w.store.asked, "so that the code is kept nowhere")
	})
}

// Telegram refuses a message for one bad address of a button.
func TestAButtonThatTelegramRefusesIsTakenOffTheDraft(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.forms[formKey{user: olga}] = shop.Form{}
		d := &draft{Act: "act", Asks: asksLink, Message: broadcast.Message{Text: "Hello"}}
		require.NoError(t, w.bot.keepDraft(t.Context(), olga, d))
		w.refuse["sendMessage"] = `{"ok":false,"error_code":400,"description":"Bad Request: inline keyboard button URL 'https://exmaple' is invalid: Wrong HTTP URL"}`
		calls, _ := w.handle(&models.Update{Message: &models.Message{
			ID: 6, Date: 1, From: user(olga), Text: "Look https://exmaple", Chat: models.Chat{ID: olga, Type: models.ChatTypePrivate},
		}})
		require.Contains(t, said(calls), "Telegram refuses this button")
		delete(w.refuse, "sendMessage")
		kept, err := w.bot.draft(t.Context(), olga)
		require.NoError(t, err)
		require.Empty(t, kept.Message.Buttons)
		require.Equal(t, asksLink, kept.Asks, "the address is asked for again")
		require.Equal(t, "Hello", kept.Message.Text)
	})
}

func TestABroadcastTellsNothingToWhoIsNotOfTheStaffAnyMore(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		b := broadcast.Broadcast{ID: 1, By: alice, State: broadcast.Running, Screen: shop.MessageRef{Chat: alice, Message: 5}}
		for _, state := range []broadcast.State{broadcast.Running, broadcast.Done} {
			b.State = state
			_, before := w.since(0)
			require.NoError(t, w.bot.courier.ShowBroadcast(t.Context(), b))
			calls, _ := w.since(before)
			require.Empty(t, to(calls, alice))
			if state == broadcast.Done {
				require.NotEmpty(t, to(calls, olga), "an owner is told in their place")
			}
		}
	})
}

func TestABuyerCannotPoseAsTheShopInATalk(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.press(alice, 50, "ask:new")
		w.send(models.Message{ID: 5, From: user(alice), Text: "Where is it?"})
		w.press(olga, 60, "qn:a:1")
		w.send(models.Message{ID: 6, From: user(olga), Text: "Here."}) // olga has alice's name
		shown := said(w.press(olga, 61, "qn:o:1"))
		asked, _, _ := strings.Cut(shown, "Where is it?")
		_, rest, _ := strings.Cut(shown, "Where is it?")
		answered, _, _ := strings.Cut(rest, "Here.")
		require.Contains(t, asked, "👤")
		require.NotContains(t, asked, "🏪")
		require.Contains(t, answered, "🏪")
	})
}

func TestADraftThatHasAllItsButtonsTakesNoMore(t *testing.T) {
	for _, verb := range []string{"shop", "product:vpn", "link", "coupon"} {
		inWorld(t, func(t *testing.T, w *world) {
			full := &draft{Act: "act", Message: broadcast.Message{Text: "Hello", Buttons: make([]broadcast.Button, broadcast.MaxButtons)}}
			require.NoError(t, w.bot.keepDraft(t.Context(), olga, full))
			require.Contains(t, w.toastOf(w.press(olga, 50, "cast:"+verb)), "buttons are too many", verb)
			kept, err := w.bot.draft(t.Context(), olga)
			require.NoError(t, err)
			require.Equal(t, full, kept, "nothing is asked for")
		})
	}
}

func TestTheStaffHearsOfAShutPlaceOnceEvenIfTheFirstMessageFails(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		o := delivered(paidWith(t, orderOf(t, guide()), "5"))
		fails := true
		w.refuseWith = func(c call) string {
			if fails && c.params["chat_id"] == itoa(olga) {
				return `{"ok":false,"error_code":502,"description":"Bad Gateway"}`
			}
			return ""
		}
		tell := func() []string {
			_, before := w.since(0)
			err := w.bot.courier.tellShut(t.Context(), testLocalizer(t, "en"), o, 0, errors.New("no right to invite"))
			require.Equal(t, fails, err != nil)
			calls, _ := w.since(before)
			return to(calls, olga)
		}
		tell()
		fails = false
		require.Len(t, tell(), 1)
		require.Empty(t, tell(), "the same order again")
	})
}
