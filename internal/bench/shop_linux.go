package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/shop"
	"shopbot/internal/storage"
)

const (
	botToken = "1000:bench-token-for-this-machine-alone-00" // good for nothing else
	appToken = "2000:BenchTokenForThisMachineAlone000000"
	owner    = 9_000_000_000 // the Telegram id of the shop's admin
	sku      = "steam-10"
	products = `
shop: {name: Bench, currency: USD, assets: [USDT], languages: [en]}
categories: [{id: games, title: Games}]
products: [{sku: steam-10, category: games, title: Steam card $10, description: A code, price: "10.5", deliver: keys}]`
	telegramPace = 30 // messages a second: what the real Telegram takes
	anyPace      = 1_000_000
)

// instance is a shopbot program with a database: a subject of the table.
type instance struct {
	*remote
	column, program, database string
	orders                    int      // delivered ones in the database
	payments                  [][]byte // webhooks, one for each further order, which waits for its payment
	replicas                  int      // processes on a PostgreSQL; 0: one, on a file
}

func (b *bench) prepare(ctx context.Context) (shops []instance) {
	for _, n := range append(b.orders, 0) {
		s := instance{remote: b.remote, column: fmt.Sprintf("%d orders", n), program: b.program, orders: n}
		switch s.database = filepath.Join(b.dir, s.column+".db"); {
		case n > 0:
			s.writeHistory(ctx)
		case b.against == "":
			return shops
		default:
			s.column, s.program = "other program", b.against
		}
		for _, burst := range b.bursts {
			s.payments = append(s.payments, make([][]byte, burst.payments)...)
		}
		s.addKeys(ctx, len(s.payments)+int(10_000*b.selling.Seconds()))
		s.serve(ctx, anyPace, func(int) {
			together(buyers, len(s.payments), func(i int) {
				chat := s.open(newBuyer + s.ids.Add(1))
				s.payments[i] = chat.order()
				chat.leave()
			})
		})
		shops = append(shops, s)
	}
	return shops
}

func (s instance) command(ctx context.Context, pace int, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, must(filepath.Abs(s.program)), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Dir, cmd.Stderr = s.dir, s.log
	cmd.Env = []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + s.URL + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + s.URL + "/cryptopay",
		"SHOPBOT_CRYPTOPAY_RATE_LIMIT=1000000", "SHOPBOT_CRYPTOPAY_RATE_BURST=1000000", "SHOPBOT_CRYPTOPAY_MAX_CONNS=128",
		"SHOPBOT_CATALOG=catalog.yaml", "SHOPBOT_DATABASE=" + s.database, "SHOPBOT_ADMINS=" + strconv.Itoa(owner),
		"SHOPBOT_LISTEN=" + s.public[0], "SHOPBOT_OPS_LISTEN=" + s.ops[0], "SHOPBOT_TELEGRAM_RATE_LIMIT=" + strconv.Itoa(pace),
		"SHOPBOT_INVOICE_TTL=24h", "SHOPBOT_SYNC_INTERVAL=24h",
	}
	return cmd
}

// addresses are where the processes of a shop listen.
func (s instance) addresses() []string { return s.public[:max(1, s.replicas)] }

// serve runs the shop while do runs, which gets the id of the first process. It returns the time
// until all of them were ready, and the processor time of all.
func (s instance) serve(ctx context.Context, pace int, do func(pid int)) (ready, cpu time.Duration) {
	began := time.Now()
	var running []*exec.Cmd
	for i := range s.addresses() {
		cmd := s.command(ctx, pace, "run")
		cmd.Env = append(cmd.Env, "SHOPBOT_LISTEN="+s.public[i], "SHOPBOT_OPS_LISTEN="+s.ops[i])
		if s.replicas > 0 {
			cmd.Env = append(cmd.Env, fmt.Sprintf("SHOPBOT_SOCKET=replica-%d.sock", i))
		}
		check(cmd.Start())
		running = append(running, cmd)
	}
	for i := range running {
		waitFor(ctx, "http://"+s.ops[i]+"/readyz", 200)
	}
	ready = time.Since(began)
	s.awaitLeader(ctx)
	do(running[0].Process.Pid)
	for _, cmd := range slices.Backward(running) { // the first one has led
		check(cmd.Process.Signal(syscall.SIGTERM))
		time.AfterFunc(time.Second, func() { _ = cmd.Process.Kill() }) // much is still to be told, and is on disk
		_ = cmd.Wait()
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	return ready, cpu
}

// awaitLeader waits until a replica leads: to do so it closes the connections that it has.
func (s instance) awaitLeader(ctx context.Context) {
	defer limit("leader").Stop()
	for ; ; time.Sleep(10 * time.Millisecond) {
		for i := range s.addresses() {
			resp := must(http.DefaultClient.Do(must(http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.ops[i]+"/metrics", http.NoBody)))) //nolint:bodyclose // it is, by check
			metrics := must(io.ReadAll(resp.Body))
			if check(resp.Body.Close()); number(metrics, "\nshopbot_leader ") == 1 || s.replicas == 0 {
				return
			}
		}
	}
}

// forget removes the database and what older programs have beside it.
func (s instance) forget(ctx context.Context) {
	if s.replicas > 0 {
		s.dropSchema(ctx)
		return
	}
	check(exec.CommandContext(ctx, "sh", "-c", "rm -f "+s.database+"*").Run())
}

func keys(kind string, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i, more := 1, true; i <= n && more; i++ {
			more = yield(fmt.Sprintf("%s-%08d-7Q4M-Z", kind, i))
		}
	}
}

func (s instance) addKeys(ctx context.Context, n int) {
	check(os.WriteFile(s.list, []byte(strings.Join(slices.Collect(keys("KEY", n)), "\n")), 0o600))
	check(s.command(ctx, telegramPace, "stock", "add", sku, s.list).Run())
}

// sendKeys has the owner send the list that addKeys made last, and waits until all n are on sale.
func (s instance) sendKeys(ctx context.Context, n int) {
	chat := s.open(owner)
	chat.command("/addstock " + sku)
	chat.await("chat_id")
	chat.say(`"document":{"file_id":"list","file_unique_id":"list","file_name":"keys.txt","mime_type":"text/plain"}`)
	chat.press("stock:add:")
	defer limit("keys on sale").Stop()
	for out := ""; !slices.Contains(strings.Fields(out), strconv.Itoa(n)); time.Sleep(200 * time.Millisecond) {
		out = string(must(s.command(ctx, telegramPace, "stock", "list").Output()))
	}
	chat.leave()
}

// writeHistory makes a database of delivered orders of two years, five for each buyer.
func (s instance) writeHistory(ctx context.Context) {
	db := must(storage.Open(ctx, s.database))
	must(db.AddStock(ctx, shop.StockLoad{SKU: sku, Units: keys("OLD", s.orders)}))
	first, step := time.Now().AddDate(-2, 0, 0), 17500*time.Hour/time.Duration(s.orders)
	together(1024, s.orders, func(i int) { // steps that come together share commits
		raw := []byte(s.invoice(strconv.Itoa(i+1), `"status":"paid"`))
		sellOne(ctx, db, int64(oldBuyer+i/5), i+1, first.Add(step*time.Duration(i)), raw)
	})
	check(db.Close())
}

// sellOne sells a unit: order, payment, delivery. n is the number of invoice and message, raw what
// Crypto Pay said of the payment.
func sellOne(ctx context.Context, db *storage.DB, user int64, n int, at time.Time, raw []byte) {
	at = at.Truncate(time.Millisecond)
	invoice := strconv.Itoa(n)
	price, paid := must(money.Parse("10.5", "USD")), must(money.Parse("10.4997", "USDT"))
	o := shop.Order{
		ID:    shop.NewOrderID([]byte("bench"), shop.Origin{Chat: user, User: user, Act: invoice, At: at}),
		State: shop.StateNew, Buyer: shop.Buyer{ID: user, Name: "Alice", Language: "en"}, Rail: shop.CryptoPay,
		Lines: []shop.Line{{SKU: sku, Title: catalog.Text{"en": "Card"}, Quantity: 1, Price: price, Part: shop.Part{Deliver: catalog.Keys}, FromStock: true}},
		Total: price, Created: at, Expires: at.Add(time.Hour), Message: shop.MessageRef{Chat: user, Message: n},
	}
	payment := shop.Payment{Rail: o.Rail, Invoice: invoice, Amount: paid, Price: price, At: at}
	received := shop.IncomingPayment{Order: o.ID, Payment: payment, Source: shop.FromWebhook, Received: at, Raw: raw}
	_, _, err := db.Checkout(ctx, o, at, func(*shop.Order, shop.View) error { return nil })
	check(err)
	must(db.RecordPayment(ctx, received, func(o *shop.Order, free shop.Free) error {
		return errors.Join(o.MarkInvoiced(shop.Invoice{ID: invoice}, o.Expires), o.ApplyPayment(payment, free))
	}))
	must(db.Change(ctx, o.ID, func(o *shop.Order, _ shop.Free) error {
		defer func() { o.Notices = nil }() // everybody was told
		return o.MarkLineDelivered(0, at)
	}))
}
