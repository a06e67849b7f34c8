package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	buyers     = 64 // at the same time
	firstBuyer = 7_000_000_000
	keyMark    = "KEY-" // begins each key
)

// buyer is somebody who buys once: so the limits of one chat and of one buyer do not count.
type buyer struct {
	id      int64
	chat    chat
	webhook []byte // of the payment
}

// order has b order: every other one by the command, the others by the Buy button of the product's card.
func (s *site) order(b *buyer) error {
	if b.id%2 == 0 {
		s.command(b.id, "/buy "+sku)
	} else {
		s.command(b.id, "/start p_"+sku)
		card, err := b.chat.await(`"callback_data"`)
		if err != nil {
			return err
		}
		s.press(b.id, card.id, card.button("Buy"))
	}
	bill, err := b.chat.await(invoiceMark)
	if err != nil {
		return err
	}
	id := fmt.Sprint(number(bill.call, invoiceMark))
	payload, _ := s.payloads.Load(id)
	b.webhook = webhook(id, payload)
	return nil
}

// orders has buyers order while more says so, and hands each to then with a connection to the webhooks.
func (s *site) orders(ctx context.Context, more func() bool, then func(buyer, client) error) error {
	var all errgroup.Group
	for range buyers {
		all.Go(func() error {
			c, err := dial(ctx, s.public)
			if err != nil {
				return err
			}
			defer func() { _ = c.Close() }()
			for err == nil && more() {
				b := buyer{id: firstBuyer + s.ids.Add(1)}
				b.chat = s.open(b.id)
				if err = s.order(&b); err == nil {
					err = then(b, c)
				}
				s.chats.Delete(b.id)
			}
			return err
		})
	}
	return all.Wait()
}

// placeOrders has n orders made and returns the webhooks of their payments.
func (s *site) placeOrders(ctx context.Context, n int) ([][]byte, error) {
	webhooks := make([][]byte, n)
	var tickets, made atomic.Int64
	err := s.orders(ctx, func() bool { return tickets.Add(1) <= int64(n) }, func(b buyer, _ client) error {
		webhooks[made.Add(1)-1] = b.webhook
		return nil
	})
	return webhooks, err
}

// sell makes whole sales for so long: the order in the chat, its invoice, the payment, the goods. It returns the sales
// a second and the processor time of each, in seconds.
func (s *site) sell(ctx context.Context, p process, d time.Duration) (rate, cpu float64, err error) {
	var keys sync.Map
	var sold atomic.Int64
	owners := s.open(owner)
	defer s.chats.Delete(int64(owner))
	before, err := p.cpu()
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	err = s.orders(ctx, func() bool { return time.Since(began) < d }, func(b buyer, c client) error {
		if err := c.post(b.webhook); err != nil {
			return err
		}
		goods, err := b.chat.await(keyMark)
		if err != nil {
			return err
		}
		if other, sent := keys.Swap(number(goods.call, keyMark), b.id); sent {
			return fmt.Errorf("buyer %d got the key of %d", b.id, other)
		}
		sold.Add(1)
		return nil
	})
	took := time.Since(began)
	if err == nil {
		_, err = owners.await("") // one message a second: Telegram's limit of one chat
	}
	if err != nil {
		return 0, 0, err
	}
	after, err := p.cpu()
	n := float64(sold.Load())
	return n / took.Seconds(), (after - before).Seconds() / n, err
}

// keyList is a list of n keys of 19 characters, a line each.
func keyList(n int) []byte {
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, keyMark+"%08d-7Q4M-Z\n", i+1)
	}
	return []byte(list.String())
}
