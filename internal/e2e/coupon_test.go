package e2e

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
	"shopbot/internal/sandbox/cryptopay"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

// makeCoupon has the owner make a coupon by the form's four answers.
func (env *testEnv) makeCoupon(code, worth, limit string) {
	env.T.Helper()
	env.Say(olga, "/coupons")
	env.Tap(olga, "New coupon")
	require.Contains(env.T, env.Last(olga).Text, "1 of 4")
	for _, answer := range []string{code, worth} {
		env.Say(olga, answer)
	}
	require.Contains(env.T, env.Last(olga).Text, "3 of 4")
	env.Tap(olga, "30 days")
	env.Tap(olga, limit)
	require.Contains(env.T, env.Last(olga).Text, "Is it right like this?", env.Transcript(olga))
}

// couponState is what the stopped shop counts for a coupon.
func (env *testEnv) couponState(code string, buyer int64) (s shop.CouponState) {
	env.T.Helper()
	env.WithDatabase(func(db *storage.DB) {
		var err error
		s, err = db.Coupon(context.Background(), code, buyer)
		require.NoError(env.T, err)
	})
	return s
}

func TestACouponIsMadeInTheChatAndUsedOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("spring", "20%", "1")
		env.Tap(olga, "Make it")
		require.Contains(t, env.Last(olga).Text, "The coupon is made")

		env.Say(alice, "/start p_vpn")
		env.Tap(alice, "I have a coupon")
		env.Say(alice, "Spring")
		require.Contains(t, env.Last(alice).Text, "−1.00 USD → 4.00 USD")
		env.Tap(alice, "Buy · 4.00 USD")
		require.Contains(t, env.Last(alice).Text, "Coupon SPRING: −1.00 USD")

		env.Say(boris, "/coupon SPRING")
		require.Contains(t, env.Last(boris).Text, "уже весь использован")
		in := env.Pay(alice)
		require.Equal(t, "4", in.Amount.Decimal())
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Say(olga, "/coupons")
		env.Tap(olga, "SPRING · 20% off · 1/1")
		require.Contains(t, env.Last(olga).Text, "Buyers saved: 1.00 USD")
		env.Tap(olga, "Stop")
		require.Contains(t, env.Last(olga).Text, "It is stopped")
		env.Tap(olga, "Let it be used again")
	})
}

func TestTheNextOrderUsesTheCouponOfOneThatRanOut(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("ONCE", "1", "1")
		env.Tap(olga, "Make it")
		env.Say(alice, "/coupon ONCE")
		env.Say(alice, "/buy vpn")
		require.Contains(t, env.Last(alice).Text, "4.00 USD")
		time.Sleep(2 * time.Hour)
		env.Settle()
		env.Say(alice, "/buy vpn")
		require.Contains(t, env.Last(alice).Text, "4.00 USD")
	})
}

func TestALapsedOrderGivesItsCouponBackAndALatePaymentTakesIt(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("ONCE", "1", "1")
		env.Tap(olga, "Make it")
		env.Say(alice, "/coupon ONCE")
		env.Say(alice, "/buy vpn")
		link := env.PayLink(alice)
		require.Contains(t, env.Last(alice).Text, "4.00 USD")
		env.CryptoPay().FailNext("deleteInvoice", 1000, cryptopay.Failure{Status: 502})
		env.Say(alice, "/cancel")
		env.Say(boris, "/coupon ONCE")
		env.Say(boris, "/buy vpn")
		env.Pay(boris)

		_, err := env.CryptoPay().Pay(link, alice, "USDT") // the cancelled order's invoice
		require.NoError(t, err)
		env.Settle()
		env.Stop()
		s := env.couponState("ONCE", alice)
		require.Equal(t, 2, s.Count.Uses, "above its limit: the coins have come at that price")
		require.Equal(t, 2, s.Count.Paid)
		env.Start()
		env.Say(alice, "/coupon ONCE")
		require.Regexp(t, "used up|used the coupon", env.Last(alice).Text)
	})
}

func TestARefundGivesTheCouponBack(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.makeCoupon("ONCE", "1", "1")
		env.Tap(olga, "Make it")
		env.Say(alice, "/coupon ONCE")
		env.Say(alice, "/buy vpn")
		id := orderIn(t, env.Last(alice).Text)
		env.Pay(alice)
		env.Say(olga, "/refund "+string(id)+" 1 USD")
		env.Tap(olga, "Yes")
		env.Settle()
		env.Say(boris, "/coupon ONCE")
		require.Contains(t, env.Last(boris).Text, "уже весь использован", "a part of it went back")
		env.Say(olga, "/refund "+string(id))
		env.Tap(olga, "Yes")
		env.Settle()
		env.Say(boris, "/coupon ONCE")
		require.Contains(t, env.Last(boris).Text, "скидка 1,00\u00a0USD")
		env.Stop()
		require.Zero(t, env.couponState("ONCE", alice).Count.Uses)
		env.Start()
	})
}

var giftCode = regexp.MustCompile(`GIFT-[0-9A-Z]{10}`)

func TestABatchComesAsAFileAndEachCodeBuysOnce(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(olga, "/coupons")
		env.Tap(olga, "New coupon")
		env.Tap(olga, "One-use codes")
		env.Say(olga, "gift")
		env.Tap(olga, "50%")
		env.Tap(olga, "No end")
		env.Say(olga, "many")
		require.Contains(t, env.Last(olga).Text, "What you gave before is kept")
		env.Stop()
		env.Start() // the form goes on
		env.Tap(olga, "10")
		env.Tap(olga, "Each buyer: any number")
		env.Tap(olga, "Products")
		env.Say(olga, "vpn nothing")
		require.Contains(t, env.Last(olga).Text, "I did not understand")
		env.Say(olga, "vpn")
		env.Tap(olga, "Make it")
		codes := giftCode.FindAllString(string(env.lastFile()), -1)
		require.Len(t, codes, 10)

		env.Say(alice, "/start c_"+codes[0])
		env.Say(alice, "/buy vpn")
		env.Pay(alice)
		require.Equal(t, []string{"KEY-01"}, env.KeysOf(alice))
		env.Say(alice, "/start c_"+codes[1])
		require.Contains(t, env.Last(alice).Text, "You have used the coupon", "each buyer once")
		env.Say(boris, "/coupon "+codes[0])
		require.Contains(t, env.Last(boris).Text, "уже весь использован")
		env.Say(boris, "/coupon GIFT")
		require.Contains(t, env.Last(boris).Text, "нет")
		env.Say(olga, "/coupons")
		env.Tap(olga, "GIFT · 50% off · 1/10")
		env.Tap(olga, "Unused codes")
		require.Len(t, giftCode.FindAllString(string(env.lastFile()), -1), 9)
	})
}

func TestASaleHoldsOnItsDaysAndMoreCostLess(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		tomorrow := time.Now().UTC().AddDate(0, 0, 1)
		sale := fmt.Sprintf(`price: "5.00", sale: {price: 4, from: %s, until: %s}, quantity_prices: [{from: 3, price: "3.50"}]`,
			tomorrow.Format(time.DateOnly), tomorrow.AddDate(0, 0, 1).Format(time.DateOnly))
		env.WriteCatalog(strings.Replace(testenv.Catalog, `price: "5.00"`, sale, 1))
		env.Say(alice, "/start p_vpn")
		require.Contains(t, env.Last(alice).Text, "from 3: 3.50 USD each")
		require.NotContains(t, env.Last(alice).Text, "4.00 USD")
		env.Tap(alice, "+")
		env.Tap(alice, "+")
		env.Tap(alice, "Buy · 10.50 USD")
		require.Contains(t, env.Last(alice).Text, "10.50 USD")

		time.Sleep(time.Until(tomorrow.Truncate(24 * time.Hour).Add(time.Minute)))
		env.Say(boris, "/start p_vpn")
		require.Contains(t, env.Last(boris).Text, "5,00\u00a0USD 4,00\u00a0USD")
		require.Contains(t, env.Last(boris).Text, "Цена действует до")
		env.Tap(boris, "Назад")
		require.Contains(t, env.Last(boris).Text, "🏷 VPN на 30 дней: 5,00\u00a0USD 4,00\u00a0USD")
		env.Say(boris, "/buy vpn 2")
		require.Equal(t, "8", env.Pay(boris).Amount.Decimal())
		time.Sleep(48 * time.Hour)
		env.Say(boris, "/buy vpn")
		require.Equal(t, "5", env.Pay(boris).Amount.Decimal())
	})
}

func TestAManagersWordsAreNoCouponForABuyer(t *testing.T) {
	run(t, func(t *testing.T, env *testEnv) {
		env.Say(alice, "/coupons")
		require.Contains(t, env.Last(alice).Text, "I do not know this command")
	})
}
