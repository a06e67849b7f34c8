package shop_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
	"shopbot/internal/shop"
)

func (r *limitedRail) Assets(context.Context) ([]money.Currency, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers != nil {
		r.answers()
	}
	r.compared++
	return r.assets, r.noAssets
}

// refuse has CreateInvoice fail with err from now on.
func (r *limitedRail) refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refusal = err
}

func (r *limitedRail) comparisons() int {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.compared
}

// alarmsTold lists what the owners were told: causes, and "over".
func (s *testShop) alarmsTold() (told []string) {
	synctest.Wait()
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	for _, a := range s.courier.alarms {
		if a.Ended.IsZero() {
			told = append(told, fmt.Sprint(a.ID, " ", a.Cause))
		} else {
			told = append(told, fmt.Sprint(a.ID, " over"))
		}
	}
	return told
}

// setSilent makes telling of alarms fail with err.
func (s *testShop) setSilent(err error) {
	s.courier.mu.Lock()
	defer s.courier.mu.Unlock()
	s.courier.silent = err
}

// fails has a call of Crypto Pay fail each second for d.
func (s *testShop) fails(d time.Duration, cause shop.Cause) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
		s.ServiceFails(shop.AlarmCryptoPay, cause, "words of the service")
	}
}

func (s *testShop) works() { s.ServiceWorks(shop.AlarmCryptoPay) }

func TestTroubleIsToldOnceAndAgainWhenItIsOver(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.fails(time.Hour, shop.CauseUnauthorized)
		require.Equal(t, []string{"cryptopay unauthorized"}, s.alarmsTold())
		require.Len(t, s.Alarms(), 1)
		s.works()
		require.Empty(t, s.Alarms())
		time.Sleep(time.Hour)
		require.Equal(t, []string{"cryptopay unauthorized", "cryptopay over"}, s.alarmsTold())
	})
}

func TestSilenceIsTroubleAfterThreeMinutes(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		for range 10 {
			s.fails(2*time.Minute, shop.CauseNoAnswer)
			s.works()
		}
		require.Empty(t, s.alarmsTold(), "never for three minutes without any answer")
		s.fails(4*time.Minute, shop.CauseNoAnswer)
		require.Equal(t, []string{"cryptopay no_answer"}, s.alarmsTold())
		s.fails(time.Minute, shop.CauseUnauthorized)
		s.fails(time.Minute, shop.CauseNoAnswer)
		require.Equal(t, []string{"cryptopay no_answer", "cryptopay unauthorized"}, s.alarmsTold(), "another cause has another remedy")
	})
}

func TestOneLostCallInAQuietHourIsNoSilence(t *testing.T) {
	inShop(t, shop.Abilities{Assets: true}, nil, func(t *testing.T, s *testShop) {
		s.rail.mu.Lock()
		s.rail.answers = s.works // as a real call does
		s.rail.mu.Unlock()
		s.ServiceFails(shop.AlarmCryptoPay, shop.CauseNoAnswer, "")
		time.Sleep(50 * time.Minute)
		require.Empty(t, s.alarmsTold(), "the shop asks once more before it says so")
	})
}

func TestAServiceThatComesAndGoesIsToldOnce(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		for range 100 {
			s.fails(10*time.Second, shop.CauseBlocked)
			s.works()
			time.Sleep(30 * time.Second)
		}
		require.Equal(t, []string{"cryptopay blocked"}, s.alarmsTold())
		time.Sleep(time.Minute)
		require.Equal(t, []string{"cryptopay blocked", "cryptopay over"}, s.alarmsTold())
	})
}

func TestAnOrderNowAndThenThatIsRefusedIsToldOnce(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		for range 20 {
			s.rail.refuse(&shop.RefusedError{Name: "DESCRIPTION_INVALID"})
			require.Equal(t, shop.CancelRefused, s.mustOrder("game").Cancelled)
			s.rail.refuse(nil)
			time.Sleep(2 * time.Minute)
			s.pay(s.mustOrder("invite"))
			time.Sleep(2 * time.Minute)
		}
		require.Equal(t, []string{"invoices refused", "invoices over"}, s.alarmsTold())
		s.rail.refuse(&shop.RefusedError{Name: "DESCRIPTION_INVALID"})
		s.mustOrder("game")
		time.Sleep(10 * time.Minute)
		require.Equal(t, []string{"invoices refused", "invoices over", "invoices refused"}, s.alarmsTold(), "it lasts")
	})
}

func TestARestartRepeatsNoAlarmAndMissesNoEnd(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.fails(time.Minute, shop.CauseUnauthorized)
		for range 3 {
			s.stop()
			s.start()
			s.fails(time.Minute, shop.CauseUnauthorized)
			time.Sleep(time.Hour)
		}
		require.Equal(t, []string{"cryptopay unauthorized"}, s.alarmsTold())
		s.stop()
		s.start()
		synctest.Wait()
		s.works() // it ended while the shop was closed
		time.Sleep(time.Hour)
		require.Equal(t, []string{"cryptopay unauthorized", "cryptopay over"}, s.alarmsTold())
		s.stop()
		s.start()
		time.Sleep(time.Hour)
		require.Len(t, s.alarmsTold(), 2)
	})
}

func TestAnAlarmIsToldWhenAnOwnerCanBeReached(t *testing.T) {
	for name, err := range map[string]error{
		"nobody has pressed Start": &shop.UndeliverableError{Reason: shop.HoldUndeliverable, Err: errors.New("chat not found")},
		"telegram does not answer": errors.New("no answer"),
	} {
		t.Run(name, func(t *testing.T) {
			inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
				s.setSilent(err)
				s.fails(time.Hour, shop.CauseUnauthorized)
				s.setSilent(nil)
				s.fails(10*time.Minute, shop.CauseUnauthorized)
				require.Equal(t, []string{"cryptopay unauthorized"}, s.alarmsTold())

				s.works()
				time.Sleep(time.Hour)
				s.setSilent(err)
				s.fails(time.Hour, shop.CauseUnauthorized)
				s.works()
				s.setSilent(nil)
				time.Sleep(time.Hour)
				require.Len(t, s.alarmsTold(), 2, "what nobody heard of needs no end")
			})
		})
	}
}

func TestAFrozenBotIsOverWhenAMessageArrives(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.setSilent(errors.New("bot is frozen"))
		s.ServiceFails(shop.AlarmTelegram, shop.CauseFrozen, "")
		time.Sleep(time.Hour)
		require.Len(t, s.Alarms(), 1)
		s.setSilent(nil)
		time.Sleep(2 * time.Minute)
		require.Equal(t, []string{"telegram over"}, s.alarmsTold(), "the alarm itself could not be told")
		require.Empty(t, s.Alarms())
	})
}

func TestAComparisonThatFailsKeepsWhatIsKnown(t *testing.T) {
	inShop(t, shop.Abilities{Assets: true}, nil, func(t *testing.T, s *testShop) { // priced in USDT
		set := func(err error, assets ...money.Currency) {
			s.rail.mu.Lock()
			defer s.rail.mu.Unlock()
			s.rail.assets, s.rail.noAssets = assets, err
		}
		set(nil, "TON")
		time.Sleep(2 * time.Hour)
		require.Equal(t, []string{"assets currency_gone"}, s.alarmsTold())
		set(errors.New("no answer"))
		time.Sleep(2 * time.Hour)
		set(nil) // an answer without assets is of another form
		time.Sleep(2 * time.Hour)
		require.Len(t, s.alarmsTold(), 1)
		set(nil, "TON", "USDT")
		time.Sleep(5 * time.Minute)
		require.Equal(t, []string{"assets currency_gone", "assets over"}, s.alarmsTold())
		before := s.rail.comparisons()
		time.Sleep(10 * time.Hour)
		require.Equal(t, before+10, s.rail.comparisons(), "hourly while all is well")
	})
}

// The service takes no small amounts any more, and buyers try one product after the other.
func TestManyRefusedPricesAreFewMessages(t *testing.T) {
	inShop(t, shop.Abilities{}, nil, func(t *testing.T, s *testShop) {
		s.rail.refuse(&shop.RefusedError{Name: "AMOUNT_TOO_SMALL", About: shop.AboutAmount})
		for _, sku := range []string{"vpn", "game", "invite", "vpn"} {
			s.mustOrder(sku)
			time.Sleep(time.Minute)
		}
		require.Equal(t, []string{"prices refused"}, s.alarmsTold(), "at once")
		time.Sleep(time.Hour)
		require.Equal(t, []string{"prices refused", "prices refused"}, s.alarmsTold(), "the others together")
		s.courier.mu.Lock()
		last := s.courier.alarms[1]
		s.courier.mu.Unlock()
		require.Equal(t, []string{"vpn", "game", "invite"}, last.Items)
		time.Sleep(23 * time.Hour)
		require.Len(t, s.alarmsTold(), 2)
	})
}
