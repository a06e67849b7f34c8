package bot

import (
	"slices"
	"testing"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// Whatever a stranger sends as a button of somebody else's order: nothing happens and nothing of it
// is shown.
func TestButtonsOfAnothersOrderAreNobodysButItsBuyers(t *testing.T) {
	const stranger = int64(666)
	inWorld(t, func(t *testing.T, w *world) {
		o := w.threeLines()
		surplus := o.Payments[0]
		surplus.Invoice, surplus.Surplus = "10", true
		o.Payments = append(slices.Clip(o.Payments), surplus)
		w.store.orders[o.ID] = o
		id := string(o.ID)
		for action := range w.bot.buttons {
			for _, data := range []string{
				action + ":" + id, action + ":" + id + ":10", action + ":" + id + " #1",
				action + ":" + id + ":1USDT:0123456789abc", actAnew + ":" + action + ":" + id,
			} {
				shown := said(w.press(stranger, 50, data))
				for _, secret := range []string{"KEY-", "Guide ×", "2.25"} {
					require.NotContains(t, shown, secret, data)
				}
				require.Equal(t, o, w.store.orders[o.ID], data)
			}
		}
		w.press(alice, 50, actReturn+":"+id+":10")
		require.Equal(t, shop.StateRefunding, w.store.orders[o.ID].State, "it is the stranger that was refused")
	})
}

// A press comes from the presser's own chat, or it is not ours to answer.
func TestAPressInAnothersChatDoesNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, chat := range []models.Chat{{ID: olga, Type: models.ChatTypePrivate}, {ID: alice, Type: models.ChatTypeGroup}} {
			calls, err := w.handle(&models.Update{CallbackQuery: &models.CallbackQuery{
				ID: "1", From: *user(alice), Data: actHome,
				Message: models.MaybeInaccessibleMessage{Message: &models.Message{ID: 50, Chat: chat}},
			}})
			require.NoError(t, err)
			for _, c := range calls {
				require.Equal(t, "answerCallbackQuery", c.method)
			}
		}
	})
}
