package e2e

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/sandbox"
)

var (
	referralLink = regexp.MustCompile(`start=(r_[A-Za-z0-9_-]+)`)
	thanksCode   = regexp.MustCompile(`THANKS-[0-9A-Z]{10}`)
)

// inviteOf is what stands behind /start in somebody's link.
func (env *testEnv) inviteOf(who int64) string {
	env.T.Helper()
	env.Say(who, "/invite")
	found := referralLink.FindStringSubmatch(env.Last(who).Text)
	require.NotEmpty(env.T, found, env.Last(who).Text)
	return found[1]
}

func (env *testEnv) switchInvitationsOn() {
	env.T.Helper()
	env.Say(olga, "/coupons")
	env.Tap(olga, "Invitations")
	env.Tap(olga, "Switch on")
	require.Contains(env.T, env.Last(olga).Text, "10% off")
}

func TestInvitingEarnsACouponForBothAfterTheFirstDelivery(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/invite")
		require.Contains(t, env.Last(alice).Text, "does not reward invitations")
		env.switchInvitationsOn()
		env.Tap(olga, "Other…")
		env.Say(olga, "two")
		require.Contains(t, env.Last(olga).Text, "did not understand")
		env.Say(olga, "2 USD")
		require.Contains(t, env.Last(olga).Text, "2.00 USD off")

		link := env.inviteOf(alice)
		require.NotContains(t, link, fmt.Sprint(alice))
		env.Say(alice, "/start "+link)
		require.NotContains(t, env.Last(alice).Text, "has invited you", "not oneself")
		env.Say(boris, "/start "+link)
		require.Contains(t, env.Last(boris).Text, "Вас пригласил друг")
		env.Say(boris, "/buy vpn")
		require.Zero(t, env.CountSent(boris, "THANKS-"))
		env.Pay(boris)
		env.Settle()
		require.Equal(t, 1, env.CountSent(boris, "Спасибо за первый заказ"))
		require.Equal(t, 1, env.CountSent(alice, "Here is your coupon"))

		env.Say(boris, "/buy vpn")
		env.Pay(boris)
		env.Settle()
		require.Equal(t, 1, env.CountSent(alice, "Here is your coupon"), "for the first order alone")
		env.Say(alice, "/invite")
		require.Contains(t, env.Last(alice).Text, "Came by your link: 1\nCoupons earned: 1 of at most 20")
		code := thanksCode.FindString(env.Last(alice).Text)

		env.Say(boris, "/coupon "+code)
		require.Contains(t, env.Last(boris).Text, "нет", "it is Alice's")
		env.Tap(alice, "Use it with my next order")
		env.Say(alice, "/buy vpn")
		require.Contains(t, env.Last(alice).Text, "3.00 USD")
		env.Pay(alice)
		env.Say(alice, "/coupon "+code)
		require.Contains(t, env.Last(alice).Text, "You have used the coupon")
	})
}

func TestARefundEndsTheRewardThatWasNotUsed(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.switchInvitationsOn()
		env.Say(boris, "/start "+env.inviteOf(alice))
		env.Say(boris, "/buy vpn")
		id := orderIn(t, env.Last(boris).Text)
		env.Pay(boris)
		env.Settle()
		env.Say(olga, "/refund "+string(id))
		env.Tap(olga, "Yes")
		env.Settle()
		env.Say(alice, "/invite")
		require.NotContains(t, env.Last(alice).Text, "THANKS-")
		env.Tap(alice, "Use it with my next order")
		require.Contains(t, env.Last(alice).Text, "cannot be used any more")
	})
}

func TestWhoHasBoughtBeforeIsNoNewcomer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.switchInvitationsOn()
		env.Say(boris, "/buy vpn")
		env.Pay(boris)
		env.Say(boris, "/start "+env.inviteOf(alice))
		require.NotContains(t, env.Last(boris).Text, "пригласил")
		env.Say(boris, "/start r_AAAAAAAAAAAAAAAAAAAAAA")
		require.NotContains(t, env.Last(boris).Text, "пригласил")
		env.Say(boris, "/buy vpn")
		env.Pay(boris)
		env.Settle()
		require.Zero(t, env.CountSent(alice, "THANKS-"))
		require.NotEqual(t, env.inviteOf(alice), env.inviteOf(sandbox.Boris))
	})
}
