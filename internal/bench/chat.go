package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shopbot/internal/storage"
)

const (
	owners          = 10  // who ask for statistics, each in a chat of her own
	messagesOfAChat = 3   // that the shop sends at once; more would measure Telegram's limit of one a second
	regulars        = 200 // buyers with orders to look at
	regularOrders   = 10  // that each of them has: more than a screen lists
)

// chat measures the time from an update until the answer is at Telegram.
func (s *round) chat(ctx context.Context, column int, database string) error {
	err := withDB(ctx, database, func(db *storage.DB) error { return addRegulars(ctx, db, regulars, regularOrders) })
	if err != nil {
		return err
	}
	var admins []string
	for i := range owners {
		admins = append(admins, strconv.Itoa(firstOwner+i))
	}
	set := settings{byWebhook: true, more: []string{
		"SHOPBOT_TELEGRAM_RATE_LIMIT=1000000", "SHOPBOT_CRYPTOPAY_RATE_LIMIT=1000000", "SHOPBOT_CRYPTOPAY_RATE_BURST=1000000",
		"SHOPBOT_CRYPTOPAY_MAX_CONNS=128", "SHOPBOT_SYNC_INTERVAL=24h", "SHOPBOT_ADMINS=" + strings.Join(admins, ","),
	}}
	s.services.secret.Store(nil)
	return s.start(ctx, database, set, func(p *process) error {
		talk, err := s.talk(ctx, p)
		if err != nil {
			return err
		}
		return s.conversations(ctx, column, talk)
	})
}

// conversations are the cases of a chat.
func (s *round) conversations(ctx context.Context, column int, t *talk) error {
	visitors, regular, owner := &queue{first: firstVisitor}, &queue{first: firstRegular, people: regulars}, &queue{first: firstOwner, people: owners}
	for _, c := range []struct {
		name, text string
		who        *queue
		one, many  int // messages, one at a time and of a crowd; 0: as many as there is time for, less: none
	}{
		{"the card of a product", "/start p_" + sku, visitors, s.single, 0},
		{"checkout", "/buy " + sku + " 1", visitors, s.single, 0},
		{"/orders", "/orders", regular, min(s.single, regulars), (messagesOfAChat - 1) * regulars},
		{"/stats all", "/stats all", owner, owners * messagesOfAChat, -1},
	} {
		r, err := t.ask(ctx, ask{text: c.text, who: c.who, buyers: 1, most: c.one, duration: callTimeout})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		s.table.put(column, c.name+", one buyer at a time", r.quantiles()...)
		if c.many < 0 {
			continue
		}
		r, err = t.ask(ctx, ask{text: c.text, who: c.who, buyers: s.crowd, most: c.many, duration: s.duration})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		s.table.put(column, fmt.Sprintf("%s, %d buyers at once", c.name, s.crowd), r.figures()...)
	}
	return nil
}

// queue is people who write, one after the other.
type queue struct {
	first  int64
	people int64 // 0: ever new ones
	n      atomic.Int64
}

func (q *queue) next() int64 {
	i := q.n.Add(1) - 1
	if q.people > 0 {
		i %= q.people
	}
	return q.first + i
}

// talk is how people's messages reach the shop.
type talk struct {
	address  string
	header   string
	services *services
	updates  atomic.Int64
}

// talk waits until the shop has told Telegram where its updates go.
func (s *round) talk(ctx context.Context, p *process) (*talk, error) {
	for began := time.Now(); time.Since(began) < callTimeout; time.Sleep(time.Millisecond) {
		if secret := s.services.secret.Load(); secret != nil {
			t := &talk{address: p.public, header: "X-Telegram-Bot-Api-Secret-Token: " + *secret + "\r\n", services: s.services}
			return t, ctx.Err()
		}
	}
	return nil, errors.New("the shop did not register its webhook")
}

// ask is one case.
type ask struct {
	text     string
	who      *queue
	buyers   int // at once
	most     int // messages; 0: as many as there is time for
	duration time.Duration
}

// ask has buyers write, each when the one before has her answer.
func (t *talk) ask(ctx context.Context, a ask) (result, error) {
	times, errs := make([][]time.Duration, a.buyers), make([]error, a.buyers)
	var written atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for i := range a.buyers {
		all.Go(func() {
			c, err := dial(ctx, t.address)
			if err != nil {
				errs[i] = err
				return
			}
			defer c.close()
			for time.Since(began) < a.duration && (a.most == 0 || written.Add(1) <= int64(a.most)) {
				took, err := t.write(ctx, c, a.who.next(), a.text)
				if err != nil {
					errs[i] = err
					return
				}
				times[i] = append(times[i], took)
			}
		})
	}
	all.Wait()
	r := result{took: time.Since(began), times: slices.Concat(times...)}
	sortTimes(r.times)
	return r, errors.Join(errs...)
}

// write sends what a person writes and waits for the answer in her chat.
func (t *talk) write(ctx context.Context, c *caller, person int64, text string) (time.Duration, error) {
	arrived := t.services.await(person)
	r := request("/telegram/webhook", t.header, t.update(person, text))
	if err := c.patience(callTimeout); err != nil {
		return 0, err
	}
	sent := time.Now()
	status, err := c.do(r)
	if err != nil || status != http.StatusOK {
		return 0, fmt.Errorf("answer %d: %w", status, errors.Join(err, errAnswer))
	}
	at, err := receive(ctx, arrived)
	return at.Sub(sent), err
}

// update is a message to the bot as Telegram posts it.
func (t *talk) update(person int64, text string) []byte {
	n := t.updates.Add(1)
	command, _, _ := strings.Cut(text, " ")
	return fmt.Appendf(nil, `{"update_id":%d,"message":{"message_id":%d,"from":{"id":%d,"is_bot":false,"first_name":"Alice",`+
		`"username":"alice_example","language_code":"en"},"chat":{"id":%[3]d,"first_name":"Alice","username":"alice_example","type":"private"},`+
		`"date":%d,"text":"%s","entities":[{"offset":0,"length":%d,"type":"bot_command"}]}}`,
		n, n, person, time.Now().Unix(), text, len(command))
}
