package bot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/deeplink"
	"shopbot/internal/health"
	"shopbot/internal/money"
	"shopbot/internal/review"
	"shopbot/internal/shop"
	"shopbot/internal/support"
	"shopbot/internal/telegram"
	"shopbot/internal/wish"
)

const (
	alice = int64(7)
	olga  = int64(9) // the owner
)

// call is a request that reached Telegram.
type call struct {
	method string
	params map[string]string
}

// keyboard is the callback data of the buttons that a call draws.
func (c call) keyboard(t *testing.T) []string {
	t.Helper()
	var k models.InlineKeyboardMarkup
	require.NoError(t, json.Unmarshal([]byte(cmp.Or(c.params["reply_markup"], "{}")), &k))
	var drawn []string
	for _, b := range slices.Concat(k.InlineKeyboard...) {
		drawn = append(drawn, b.CallbackData)
	}
	return drawn
}

// world is a bot with a shop, a Telegram that notes what it is asked for, and the store in memory.
type world struct {
	*testing.T
	bot   *Bot
	store *memoryStore

	mu     sync.Mutex
	calls  []call
	refuse map[string]string // method => the answer in place of a success
	file   []byte            // what a download gives
	// refuseWith is the answer to a call in place of a success, or ""; nil for none.
	refuseWith func(call) string
	// refuseTimes makes Telegram one that does not know the entities of times.
	refuseTimes bool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, store: newMemoryStore(), refuse: map[string]string{}}
	c := &catalog.Catalog{
		Shop:       catalog.Shop{Name: catalog.Plain("Shop"), Currency: "USD", Languages: []string{"en", "ru"}},
		Categories: []catalog.Category{{ID: "games", Title: catalog.Plain("Games")}},
		Products: []catalog.Product{
			{SKU: "vpn", Category: "games", Title: catalog.Plain("VPN"), Price: usd(t, "5"), Limit: 10, Deliver: catalog.Keys},
			{SKU: "guide", Category: "games", Title: catalog.Plain("Guide"), Price: usd(t, "2"), Limit: 1, Deliver: catalog.Content, Text: catalog.Plain("All")},
		},
	}
	current := func() *catalog.Catalog { return c }
	tg, err := telegram.New(telegram.Config{Token: "12345:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", APIURL: "https://api.test", Transport: w})
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	staff, err := shop.NewStaff(t.Context(), w.store, []int64{olga})
	require.NoError(t, err)
	courier := NewCourier(tg, testTexts(t), current, w.store, staff, log)
	require.NoError(t, err)
	s := shop.New(w.store, []shop.Rail{rail{}}, courier, shop.Config{Catalog: current, Key: []byte("key"), InvoiceTTL: time.Hour, Log: log})
	w.bot = New(courier, s, Config{
		Rates: noRates{}, Rand: bytes.NewReader(make([]byte, 1<<16)), Link: link, Log: log,
		Health: func(context.Context) health.Report { return health.Report{} },
	})
	return w
}

func link(kind deeplink.Kind, id string) string { return deeplink.To("the_bot", kind, id) }

func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet {
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(w.file)), Request: req}, nil
	}
	c := call{method: path.Base(req.URL.Path), params: map[string]string{}}
	if _, media, err := mime.ParseMediaType(req.Header.Get("Content-Type")); err == nil && media["boundary"] != "" {
		form := multipart.NewReader(req.Body, media["boundary"])
		for part, err := form.NextPart(); err == nil; part, err = form.NextPart() {
			value, _ := io.ReadAll(part)
			c.params[part.FormName()] = string(value)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
	if w.refuseTimes && strings.Contains(c.params["text"], "<tg-time") {
		w.refuse[c.method] = `{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: Unsupported start tag \"tg-time\" at byte offset 9"}`
	} else if w.refuseTimes {
		delete(w.refuse, c.method)
	}
	body := fmt.Sprintf(`{"ok":true,"result":{"message_id":%d,"date":1,"chat":{"id":7},"file_path":"keys.txt"}}`, 1000+len(w.calls))
	switch c.method {
	case "answerCallbackQuery", "setMyCommands", "deleteMessage":
		body = `{"ok":true,"result":true}`
	}
	if w.refuseWith != nil {
		body = cmp.Or(w.refuseWith(c), body)
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(cmp.Or(w.refuse[c.method], body))), Request: req}, nil
}

// since lists the calls after the first n, and how many there are.
func (w *world) since(n int) ([]call, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls[n:]), len(w.calls)
}

func user(id int64) *models.User {
	return &models.User{ID: id, FirstName: "Somebody", LanguageCode: "en"}
}

// handle answers an update and returns the calls that it led to.
func (w *world) handle(u *models.Update) ([]call, error) {
	w.Helper()
	_, before := w.since(0)
	err := w.bot.Handle(w.Context(), u)
	calls, _ := w.since(before)
	return calls, err
}

// send sends a message and returns what the bot answers.
func (w *world) send(m models.Message) []call {
	w.Helper()
	m.ID, m.Date, m.Chat = cmp.Or(m.ID, 1), cmp.Or(m.Date, 1), models.Chat{ID: m.From.ID, Type: models.ChatTypePrivate}
	calls, err := w.handle(&models.Update{Message: &m})
	require.NoError(w, err)
	return calls
}

func (w *world) say(from int64, text string) []call {
	w.Helper()
	return w.send(models.Message{From: user(from), Text: text})
}

// tryPress presses a button under a message.
func (w *world) tryPress(from int64, message int, data string) ([]call, error) {
	w.Helper()
	return w.handle(&models.Update{CallbackQuery: &models.CallbackQuery{
		ID: "1", From: *user(from), Data: data,
		Message: models.MaybeInaccessibleMessage{Message: &models.Message{
			ID: message, Chat: models.Chat{ID: from, Type: models.ChatTypePrivate},
		}},
	}})
}

func (w *world) press(from int64, message int, data string) []call {
	w.Helper()
	calls, err := w.tryPress(from, message, data)
	require.NoError(w, err)
	return calls
}

// said joins what calls say.
func said(calls []call) string {
	var all []string
	for _, c := range calls {
		all = append(all, c.params["text"]+c.params["caption"])
	}
	return strings.Join(all, "\n")
}

// findButton finds the callback data that begins so among what calls draw; "" if there is none.
func findButton(t *testing.T, calls []call, prefix string) string {
	t.Helper()
	for _, c := range calls {
		for _, data := range c.keyboard(t) {
			if strings.HasPrefix(data, prefix) {
				return data
			}
		}
	}
	return ""
}

type noRates struct{}

func (noRates) Rate(_, _ money.Currency) (money.Rate, bool) { return money.Rate{}, false }

// rail makes invoices, and nothing else.
type rail struct{ shop.Rail }

func (rail) Ledger() shop.Ledger { return nil }
func (rail) ID() shop.RailID     { return shop.CryptoPay }
func (rail) Can() shop.Abilities { return shop.Abilities{Refund: true} }
func (rail) CreateInvoice(_ context.Context, o shop.Order, _ time.Duration) (shop.Invoice, error) {
	return shop.Invoice{ID: "in-" + string(o.ID), URL: "https://t.me/pay"}, nil
}

type wishStore = wish.Store

// noAccess is an access.Store of people who have nothing.
type noAccess struct{ access.Store }

func (noAccess) Access(_ context.Context, user int64, sku string) (access.Access, error) {
	return access.Access{User: user, SKU: sku}, nil
}

func (noAccess) AccessOf(context.Context, int64) ([]access.Access, error) { return nil, nil }

func (noAccess) MembersOf(context.Context, string, time.Time) (access.Members, error) {
	return access.Members{}, nil
}

// memoryStore keeps orders and people in memory, and counts what a real store would commit.
type memoryStore struct {
	shop.Store
	wishStore
	noAccess
	orders  map[shop.OrderID]shop.Order
	units   map[string][]string
	forms   map[formKey]shop.Form
	people  map[int64]shop.Person
	carts   map[int64]shop.Cart
	notes   map[string][]byte
	asked   []support.Question
	coupons []shop.Coupon
	wishes  map[int64][]wish.Wish
	reviews []review.Review
	team    shop.Team
	trail   []shop.AuditEntry // of the staff
	sold    map[string]shop.Counters
	commits int
	fail    error // of reading orders
}

func newMemoryStore() *memoryStore {
	return &memoryStore{
		orders: map[shop.OrderID]shop.Order{}, units: map[string][]string{}, forms: map[formKey]shop.Form{},
		people: map[int64]shop.Person{}, carts: map[int64]shop.Cart{}, wishes: map[int64][]wish.Wish{}, notes: map[string][]byte{},
	}
}

func (s *memoryStore) Team(context.Context) (shop.Team, error) { return s.team, nil }

func (s *memoryStore) ChangeTeam(_ context.Context, rule shop.TeamRule) (shop.Team, error) {
	after := s.team.Clone()
	e, err := rule(&after)
	if err == nil {
		s.commits++
		s.team = after
		if e.Act != "" {
			s.trail = append(s.trail, e)
		}
	}
	return s.team, err
}

func (s *memoryStore) Totals(_ context.Context, days []shop.Day) ([]shop.Counters, error) {
	return make([]shop.Counters, len(days)), s.fail
}

func (s *memoryStore) Statistics(context.Context, shop.Day, shop.Day) (shop.Statistics, error) {
	return shop.Statistics{Products: maps.Clone(s.sold)}, s.fail
}

func (s *memoryStore) Waiting(context.Context, int) (shop.Waiting, error) {
	return shop.Waiting{}, s.fail
}

func (s *memoryStore) Order(_ context.Context, id shop.OrderID) (shop.Order, error) {
	o, found := s.orders[id]
	if !found {
		return o, cmp.Or(s.fail, shop.ErrNotFound)
	}
	return o, s.fail
}

func (s *memoryStore) OrdersOf(_ context.Context, buyer int64, _ shop.OrderID, _ int) (list []shop.Order, _ error) {
	for _, o := range s.orders {
		if o.Buyer.ID == buyer {
			list = append(list, o)
		}
	}
	return list, s.fail
}

func (s *memoryStore) Orders(context.Context, shop.Filter) ([]shop.Order, error) { return nil, s.fail }

func (s *memoryStore) Checkout(ctx context.Context, o shop.Order, _ time.Time, rule shop.CheckoutRule) (shop.Order, bool, error) {
	if had, found := s.orders[o.ID]; found {
		return had, false, nil
	}
	for sku, n := range o.Reserved() {
		if left := len(s.units[sku]); left < n {
			return o, false, &shop.SoldOutError{SKU: sku, Left: left}
		}
	}
	err := rule(&o, shop.View{
		Blocked: !s.people[o.Buyer.ID].Blocked.At.IsZero(),
		Latest:  func(int) ([]shop.Order, error) { return nil, nil },
		Coupon:  func(code string) (shop.CouponState, error) { return s.Coupon(ctx, code, o.Buyer.ID) },
		Cart:    func() (shop.Cart, error) { return s.Cart(ctx, o.Buyer.ID) },
	})
	if err != nil {
		return shop.Order{}, false, err
	}
	s.orders[o.ID] = o
	if o.FromCart {
		delete(s.carts, o.Buyer.ID)
	}
	s.commits++
	return o, true, nil
}

func (s *memoryStore) Cart(_ context.Context, buyer int64) (shop.Cart, error) {
	return s.carts[buyer], nil
}

func (s *memoryStore) ChangeCart(_ context.Context, buyer int64, rule func(*shop.Cart) error) (shop.Cart, error) {
	c := s.carts[buyer]
	if err := rule(&c); err != nil {
		if errors.Is(err, shop.ErrUnchanged) {
			err = nil
		}
		return s.carts[buyer], err
	}
	s.carts[buyer] = c
	s.commits++
	return c, nil
}

func (s *memoryStore) Change(_ context.Context, id shop.OrderID, rule shop.Rule) (shop.Order, error) {
	o, found := s.orders[id]
	if !found {
		return o, shop.ErrNotFound
	}
	s.commits++
	err := rule(&o, func(sku string) int { return len(s.units[sku]) })
	if errors.Is(err, shop.ErrUnchanged) {
		return s.orders[id], nil
	}
	if err == nil {
		s.orders[id] = o
	}
	return o, err
}

func (s *memoryStore) Release(context.Context, shop.Task, ...shop.OrderID) {}

func (s *memoryStore) AddStock(_ context.Context, l shop.StockLoad) (shop.StockAdded, error) {
	added := slices.Collect(l.Units)
	s.units[l.SKU] = append(s.units[l.SKU], added...)
	s.commits++
	return shop.StockAdded{Added: len(added)}, nil
}

func (s *memoryStore) FindUnits(_ context.Context, units []string) ([][]shop.UnitPlace, error) {
	found := make([][]shop.UnitPlace, len(units))
	for i, unit := range units {
		for sku, all := range s.units {
			if slices.Contains(all, unit) {
				found[i] = append(found[i], shop.UnitPlace{SKU: sku, Where: shop.UnitForSale, Unit: unit})
			}
		}
	}
	return found, nil
}

func (s *memoryStore) Batches(context.Context, string, int64, int) ([]shop.Batch, error) {
	return nil, nil
}

func (s *memoryStore) Stock(context.Context) (map[string]shop.Stock, error) {
	stock := map[string]shop.Stock{}
	for sku, units := range s.units {
		stock[sku] = shop.Stock{Free: len(units)}
	}
	return stock, nil
}

func (s *memoryStore) StockOf(_ context.Context, sku string) (shop.Stock, error) {
	return shop.Stock{Free: len(s.units[sku])}, nil
}

func (s *memoryStore) Forget(_ context.Context, user int64) (shop.Forgotten, error) {
	delete(s.people, user)
	return shop.Forgotten{}, nil
}

func (s *memoryStore) Note(_ context.Context, name string) ([]byte, error) { return s.notes[name], nil }

func (s *memoryStore) KeptFile(_ context.Context, name string) ([]byte, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (s *memoryStore) SetNote(_ context.Context, name string, value []byte) error {
	s.notes[name] = value
	return nil
}

func (s *memoryStore) Record(context.Context, shop.AuditEntry) error { return nil }

func (s *memoryStore) Person(_ context.Context, user int64) (shop.Person, error) {
	p := s.people[user]
	p.ID = user
	return p, nil
}

func (s *memoryStore) ChangePerson(ctx context.Context, user int64, change func(*shop.Person) bool) (shop.Person, error) {
	p, _ := s.Person(ctx, user)
	if change(&p) {
		s.people[user] = p
		s.commits++
	}
	return p, nil
}

func (s *memoryStore) PeopleNamed(_ context.Context, username string, _ int) (found []shop.Person, _ error) {
	for _, p := range s.people {
		if strings.EqualFold(p.Username, username) {
			found = append(found, p)
		}
	}
	return found, nil
}

func (s *memoryStore) People(_ context.Context, after int64, limit int) (found []shop.Person, _ error) {
	for _, id := range slices.Sorted(maps.Keys(s.people)) {
		if id > after && len(found) < limit {
			found = append(found, s.people[id])
		}
	}
	return found, nil
}

func (s *memoryStore) PeopleCalled(_ context.Context, prefix string, after int64, limit int) (found []shop.Person, _ error) {
	for _, id := range slices.Sorted(maps.Keys(s.people)) {
		named := strings.HasPrefix(strings.ToLower(s.people[id].Username), strings.ToLower(prefix))
		if named && id > after && len(found) < limit {
			found = append(found, s.people[id])
		}
	}
	return found, nil
}

func (s *memoryStore) OrdersOfReference(_ context.Context, reference string) (ids []shop.OrderID, _ error) {
	for id, o := range s.orders {
		if slices.Contains(o.References(), reference) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (s *memoryStore) Ask(
	_ context.Context, buyer int64, rule func([]support.Question) (support.Question, error),
) (support.Question, error) {
	var latest []support.Question
	for _, q := range slices.Backward(s.asked) {
		if q.Buyer == buyer {
			latest = append(latest, q)
		}
	}
	q, err := rule(latest)
	switch {
	case errors.Is(err, shop.ErrUnchanged):
		return q, nil
	case err != nil:
		return q, err
	case q.ID == 0:
		q.ID = int64(len(s.asked) + 1)
		s.asked = append(s.asked, q)
	default:
		s.asked[q.ID-1] = q
	}
	s.commits++
	return q, nil
}

func (s *memoryStore) ChangeQuestion(
	ctx context.Context, id int64, rule func(*support.Question) error,
) (support.Question, error) {
	q, err := s.Question(ctx, id)
	if err != nil {
		return q, err
	}
	err = rule(&q)
	switch {
	case errors.Is(err, shop.ErrUnchanged):
		return s.asked[id-1], nil
	case err == nil:
		s.asked[id-1] = q
		s.commits++
	}
	return q, err
}

func (s *memoryStore) Question(_ context.Context, id int64) (support.Question, error) {
	if id > int64(len(s.asked)) {
		return support.Question{}, support.ErrNotFound
	}
	return s.asked[id-1], nil
}

func (s *memoryStore) ListOpenQuestions(_ context.Context, after int64, limit int) (list []support.Question, _ error) {
	for _, q := range s.asked {
		if q.Status == support.StatusOpen && q.ID > after && len(list) < limit {
			list = append(list, q)
		}
	}
	return list, nil
}

func (s *memoryStore) OpenQuestions(ctx context.Context) (int, error) {
	list, err := s.ListOpenQuestions(ctx, 0, len(s.asked))
	return len(list), err
}

// formKey names a form, or a draft.
type formKey struct {
	user int64
	name string
}

func (s *memoryStore) Form(ctx context.Context, user int64) (shop.Form, bool, error) {
	return s.Draft(ctx, user, "")
}

func (s *memoryStore) SetForm(_ context.Context, user int64, f shop.Form) error {
	s.forms[formKey{user, ""}] = f
	s.commits++
	return nil
}

func (s *memoryStore) LeaveForm(ctx context.Context, user int64) error {
	return s.LeaveDraft(ctx, user, "")
}

func (s *memoryStore) Draft(_ context.Context, user int64, name string) (shop.Form, bool, error) {
	f := s.forms[formKey{user, name}]
	if !f.Until.After(time.Now()) {
		return shop.Form{}, false, nil
	}
	return f, true, nil
}

func (s *memoryStore) SetDraft(_ context.Context, user int64, f shop.Form) error {
	s.forms[formKey{user, f.Name}] = f
	s.commits++
	return nil
}

func (s *memoryStore) LeaveDraft(_ context.Context, user int64, name string) error {
	delete(s.forms, formKey{user, name})
	s.commits++
	return nil
}
