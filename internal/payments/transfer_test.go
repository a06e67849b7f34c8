package payments_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"shopbot/internal/payments"
)

var used = refusal(400, "SPEND_ID_ALREADY_USED")

// refund is the transfer of testdata/getTransfers.json.
func refund(tb testing.TB) payments.TransferRequest {
	tb.Helper()
	return payments.TransferRequest{UserID: 88005553535, Amount: amount(tb, "1.50", "USDT"), SpendID: "refund-7"}
}

func TestATransferMadeBeforeIsTheSameTransfer(t *testing.T) {
	api := newAPI()
	api.Script("transfer", used)
	api.Script("getTransfers", golden(t, "getTransfers.json"))
	made, err := newClient(t, api).Transfer(t.Context(), refund(t))
	require.NoError(t, err)
	require.Equal(t, int64(77), made.ID)
	require.JSONEq(t, `{"spend_id":"refund-7"}`, string(api.Calls("getTransfers")[0].Params))
}

func TestAnotherTransferUnderTheSameIDIsAMismatch(t *testing.T) {
	other, more, asset := refund(t), refund(t), refund(t)
	other.UserID = 1
	more.Amount = amount(t, "1.51", "USDT")
	asset.Amount = amount(t, "1.5", "TON")
	for _, r := range []payments.TransferRequest{other, more, asset} {
		api := newAPI()
		api.Script("transfer", used)
		api.Script("getTransfers", golden(t, "getTransfers.json"))
		_, err := newClient(t, api).Transfer(t.Context(), r)
		var mismatch *payments.TransferMismatchError
		require.ErrorAs(t, err, &mismatch)
		require.Equal(t, int64(77), mismatch.Existing.ID)
		require.ErrorIs(t, err, payments.ErrSpendIDUsed)
		require.True(t, payments.MayHaveHappened(err))
		require.ErrorContains(t, err, "1.5 USDT to user 88005553535")
	}
}

func TestAUsedIDWithNoTransferToBeFoundStaysInDoubt(t *testing.T) {
	for name, answer := range map[string]apiAnswer{
		"empty":         okResult(`{"items":[]}`),
		"another's":     okResult(`{"items":[{"transfer_id":1,"spend_id":"x","user_id":88005553535,"asset":"USDT","amount":"1.5"}]}`),
		"not available": gatewayPage(502),
		"forbidden":     refusal(403, "METHOD_DISABLED"),
	} {
		t.Run(name, func(t *testing.T) {
			api := newAPI()
			api.Script("transfer", used)
			api.Script("getTransfers", answer)
			_, err := newClient(t, api).Transfer(t.Context(), refund(t))
			require.ErrorIs(t, err, payments.ErrSpendIDUsed)
			require.True(t, payments.MayHaveHappened(err))
		})
	}
}

func TestACommentThatIsNotAllowedIsLeftOut(t *testing.T) {
	api := newAPI()
	api.Script("transfer", refusal(400, "CANNOT_ATTACH_COMMENT"), golden(t, "transfer.json"))
	r := refund(t)
	r.Comment = "sorry"
	_, err := newClient(t, api).Transfer(t.Context(), r)
	require.NoError(t, err)
	calls := api.Calls("transfer")
	require.Len(t, calls, 2)
	require.Equal(t, "sorry", calls[0].Param("comment"))
	require.Empty(t, calls[1].Param("comment"))
	require.Equal(t, "refund-7", calls[1].Param("spend_id"))
}

func TestARefusalIsBelievedOnlyWhenNoTransferIsFound(t *testing.T) {
	empty := refusal(400, "NOT_ENOUGH_COINS")
	for _, test := range []struct {
		name   string
		lookup apiAnswer
		made   bool
		doubt  bool
	}{
		{"the coins went out before", golden(t, "getTransfers.json"), true, false},
		{"nothing went out", okResult(`{"items":[]}`), false, false},
		{"nobody knows", gatewayPage(502), false, true},
		{"lookups are forbidden", refusal(403, "METHOD_DISABLED"), false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := newAPI()
			api.Script("transfer", empty)
			api.Script("getTransfers", test.lookup)
			_, err := newClient(t, api).Transfer(t.Context(), refund(t))
			require.Equal(t, test.made, err == nil)
			if !test.made {
				require.ErrorIs(t, err, payments.ErrNotEnoughCoins)
			}
			require.Equal(t, test.doubt, payments.MayHaveHappened(err))
		})
	}
}

func TestARefusalAfterALostAnswerProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPI()
		api.Script("transfer", cut(), refusal(400, "NOT_ENOUGH_COINS"))
		api.Script("getTransfers", okResult(`{"items":[]}`))
		_, err := newClient(t, api, withRetries(1)).Transfer(t.Context(), refund(t))
		require.ErrorIs(t, err, payments.ErrNotEnoughCoins)
		require.True(t, payments.MayHaveHappened(err), "the first try may still be on its way")
		var e *payments.Error
		require.ErrorAs(t, err, &e)
		require.False(t, e.Refused())
	})
}
