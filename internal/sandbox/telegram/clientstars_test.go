package telegram

import (
	"testing"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"
)

func TestARealClientSellsForStars(t *testing.T) {
	s := newService(t)
	b := realClient(t, s)
	link, err := b.CreateInvoiceLink(t.Context(), &tg.CreateInvoiceLinkParams{
		Title: "Club", Description: "A month", Payload: "order 1", Currency: "XTR",
		Prices: []models.LabeledPrice{{Label: "Club", Amount: 500}}, SubscriptionPeriod: 2592000,
	})
	require.NoError(t, err)
	sent, err := b.SendMessage(t.Context(), &tg.SendMessageParams{
		ChatID: alice, Text: "Pay", ReplyMarkup: models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{{{Text: "Pay", URL: link}}}},
	})
	require.NoError(t, err)
	require.Equal(t, link, sent.ReplyMarkup.InlineKeyboard[0][0].URL, "the dollar sign in the link stays")

	_, err = s.PayStarsLink(link, alice)
	require.NoError(t, err)
	query, _ := drain(t, s, "pre_checkout_query")[0]["id"].(string)
	agreed, err := b.AnswerPreCheckoutQuery(t.Context(), &tg.AnswerPreCheckoutQueryParams{PreCheckoutQueryID: query, OK: true})
	require.NoError(t, err)
	require.True(t, agreed)
	balance, err := b.GetMyStarBalance(t.Context())
	require.NoError(t, err)
	require.Equal(t, 500, balance.Amount)
	charge := s.StarPayments(token, alice)[0].Charge
	_, err = b.EditUserStarSubscription(t.Context(), &tg.EditUserStarSubscriptionParams{UserID: alice, TelegramPaymentChargeID: charge, IsCanceled: true})
	require.NoError(t, err)
	_, err = b.RefundStarPayment(t.Context(), &tg.RefundStarPaymentParams{UserID: alice, TelegramPaymentChargeID: charge})
	require.NoError(t, err)
	_, err = b.RefundStarPayment(t.Context(), &tg.RefundStarPaymentParams{UserID: alice, TelegramPaymentChargeID: charge})
	require.ErrorIs(t, err, tg.ErrorBadRequest)
	require.ErrorContains(t, err, "CHARGE_ALREADY_REFUNDED")

	list, err := b.GetStarTransactions(t.Context(), &tg.GetStarTransactionsParams{})
	require.NoError(t, err)
	require.Len(t, list.Transactions, 2)
	paid, refund := list.Transactions[0], list.Transactions[1]
	require.Equal(t, models.TransactionPartnerTypeUser, paid.Source.Type)
	require.Equal(t, "order 1", paid.Source.User.InvoicePayload)
	require.Equal(t, 2592000, paid.Source.User.SubscriptionPeriod)
	require.Nil(t, paid.Receiver)
	require.Nil(t, refund.Source)
	require.Equal(t, paid.ID, refund.ID)
	require.Equal(t, alice, refund.Receiver.User.User.ID)
}

func TestARealClientReadsThatAGroupHasMigrated(t *testing.T) {
	s, chat := newGroup(t, "group")
	var id int64
	decodeJSON(t, chat, &id)
	b := realClient(t, s)
	invite, err := b.CreateChatInviteLink(t.Context(), &tg.CreateChatInviteLinkParams{ChatID: id, MemberLimit: 1, Name: "order 1"})
	require.NoError(t, err)
	require.Equal(t, "order 1", invite.Name)
	require.Equal(t, 1, invite.MemberLimit)
	me, err := b.GetChatMember(t.Context(), &tg.GetChatMemberParams{ChatID: id, UserID: 1000})
	require.NoError(t, err)
	require.Equal(t, models.ChatMemberTypeAdministrator, me.Type)
	require.True(t, me.Administrator.CanInviteUsers)
	require.True(t, me.Administrator.CanRestrictMembers)

	to, err := s.Migrate(token, id)
	require.NoError(t, err)
	_, err = b.CreateChatInviteLink(t.Context(), &tg.CreateChatInviteLinkParams{ChatID: id})
	var migrated *tg.MigrateError
	require.ErrorAs(t, err, &migrated)
	require.EqualValues(t, to, migrated.MigrateToChatID)
	require.NoError(t, s.RemoveBot(token, to))
	_, err = b.CreateChatInviteLink(t.Context(), &tg.CreateChatInviteLinkParams{ChatID: to})
	require.ErrorIs(t, err, tg.ErrorForbidden)
}
