//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log"
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

// The tokens are good for nothing but this program.
const (
	botToken = "1000:bench-token-for-this-machine-alone-00"
	appToken = "2000:BenchTokenForThisMachineAlone000000"
	owner    = 9_000_000_000 // the Telegram id of the shop's admin
	sku      = "steam-10"
	products = `
shop: {name: Bench, currency: USD, assets: [USDT], languages: [en]}
categories: [{id: games, title: Games}]
products: [{sku: steam-10, category: games, title: Steam card $10, description: A code, price: "10.5", deliver: keys}]`
)

// How many messages a second a shop may send.
const (
	telegramPace = 30 // what the real Telegram takes
	anyPace      = 1_000_000
)

// instance is a shopbot program with a database: a column of the table.
type instance struct {
	*remote

	column, program, database string
	orders                    int      // in the database, all of them delivered
	payments                  [][]byte // webhooks, one for each further order, which waits for its payment
}

// prepare makes the databases.
func (b *bench) prepare(ctx context.Context) []instance {
	var shops []instance
	for _, n := range b.orders {
		shops = append(shops, instance{column: fmt.Sprintf("%d orders", n), program: b.program, orders: n})
	}
	if b.against != "" {
		shops = append(shops, instance{column: "other program", program: b.against})
	}
	payments := 0
	for _, burst := range b.bursts {
		payments += burst.payments
	}
	for i := range shops {
		s := &shops[i]
		s.remote, s.program, s.database = b.remote, must(filepath.Abs(s.program)), filepath.Join(b.dir, s.column+".db")
		if s.orders > 0 {
			s.writeHistory(ctx)
		}
		s.addKeys(ctx, payments+int(10_000*b.selling.Seconds()))
		s.serve(ctx, anyPace, func(process) { s.payments = b.placeOrders(payments) })
		b.columns = append(b.columns, s.column)
	}
	b.columns = slices.Insert(b.columns, 1, boundColumn)
	return shops
}

// command prepares a command of the program, which is killed when this one ends.
func (s instance) command(ctx context.Context, pace int, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Dir = s.dir
	cmd.Env = []string{
		"SHOPBOT_TELEGRAM_TOKEN=" + botToken, "SHOPBOT_TELEGRAM_API_URL=" + s.URL + "/telegram",
		"SHOPBOT_CRYPTOPAY_TOKEN=" + appToken, "SHOPBOT_CRYPTOPAY_API_URL=" + s.URL + "/cryptopay",
		"SHOPBOT_CRYPTOPAY_RATE_LIMIT=1000000", "SHOPBOT_CRYPTOPAY_RATE_BURST=1000000", "SHOPBOT_CRYPTOPAY_MAX_CONNS=128",
		"SHOPBOT_CATALOG=catalog.yaml", "SHOPBOT_DATABASE=" + s.database, "SHOPBOT_ADMINS=" + strconv.Itoa(owner),
		"SHOPBOT_LISTEN=" + s.public, "SHOPBOT_OPS_LISTEN=" + s.ops, "SHOPBOT_TELEGRAM_RATE_LIMIT=" + strconv.Itoa(pace),
		"SHOPBOT_INVOICE_TTL=24h", "SHOPBOT_SYNC_INTERVAL=24h",
	}
	return cmd
}

// run runs a command to its end and returns what it prints.
func (s instance) run(ctx context.Context, args ...string) string {
	out, err := s.command(ctx, telegramPace, args...).CombinedOutput()
	if err != nil {
		log.Fatalf("shopbot %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

// process is a running shop.
type process struct {
	pid     int
	started time.Duration // how long it took to get ready
}

// serve runs the shop while do runs.
func (s instance) serve(ctx context.Context, pace int, do func(process)) {
	ctx, stop := context.WithCancel(ctx)
	cmd := s.command(ctx, pace, "run")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	output := must(os.Create(filepath.Join(s.dir, "shop.log")))
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	began := time.Now()
	check(cmd.Start())
	waitFor(ctx, "http://"+s.ops+"/readyz")
	do(process{cmd.Process.Pid, time.Since(began)})
	stop()
	_ = cmd.Wait() // it has been told to stop, which some versions take for a failure
}

// waitFor asks until the answer is 200.
func waitFor(ctx context.Context, url string) {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(500 * time.Microsecond) {
		resp, err := http.DefaultClient.Do(must(http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)))
		if err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
			return
		}
	}
	log.Fatalf("no answer from %s", url)
}

// peak is the most memory that the process has had, in MB.
func (p process) peak() float64 {
	status := must(os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid)))
	return float64(number(status, "VmHWM:")) * 1024 / 1e6
}

// cpu is the processor time that the process has used, to 10 ms.
func (p process) cpu() time.Duration {
	stat := must(os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid)))
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // the program's name may hold blanks
	user, system := must(strconv.Atoi(string(fields[11]))), must(strconv.Atoi(string(fields[12])))
	return time.Duration(user+system) * 10 * time.Millisecond
}

// keys yields n keys of 19 characters.
func keys(kind string, n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 0; i < n && yield(fmt.Sprintf("%s-%08d-7Q4M-Z", kind, i)); i++ {
		}
	}
}

// addKeys puts n keys on sale by the command.
func (s instance) addKeys(ctx context.Context, n int) {
	path := filepath.Join(s.dir, keysFile)
	check(os.WriteFile(path, []byte(strings.Join(slices.Collect(keys("KEY", n)), "\n")), 0o600))
	s.run(ctx, "stock", "add", sku, path)
}

// sendKeys has the owner send the list that addKeys made last, and waits until all n are on sale.
func (s instance) sendKeys(ctx context.Context, n int) {
	chat, leave := s.open(owner)
	defer leave()
	s.write(owner, "/addstock "+sku)
	await(chat, anything)
	s.say(owner, `"document":{"file_id":"list","file_unique_id":"list","file_name":"keys.txt","mime_type":"text/plain"}`)
	for !slices.Contains(strings.Fields(s.run(ctx, "stock", "list")), strconv.Itoa(n)) {
		time.Sleep(200 * time.Millisecond)
	}
}

// writeHistory makes a database of orders of the last two years, five for each buyer, all paid and delivered.
func (s instance) writeHistory(ctx context.Context) {
	db := must(storage.Open(ctx, s.database))
	must(db.AddStock(ctx, sku, keys("OLD", s.orders), 0))
	price, paid := must(money.Parse("10.5", "USD")), must(money.Parse("10.49974", "USDT"))
	together(1024, s.orders, func(i int) { // steps that come together share commits
		user, invoice := int64(oldBuyer+i/5), strconv.Itoa(i+1)
		at := time.Now().Add(-17500 * time.Hour / time.Duration(s.orders) * time.Duration(s.orders-i)).Truncate(time.Millisecond)
		o := shop.Order{
			ID:    shop.NewOrderID([]byte("bench"), shop.Origin{Chat: user, User: user, Act: "m" + invoice, At: at}),
			State: shop.StateNew, Buyer: shop.Buyer{ID: user, Name: "Alice", Language: "en"}, Rail: shop.CryptoPay,
			Lines: []shop.Line{{
				SKU: sku, Title: catalog.Text{"en": "Steam card $10"}, Quantity: 1, Price: price, Deliver: catalog.Keys, FromStock: true,
			}},
			Total: price, Created: at, Expires: at.Add(time.Hour), Message: shop.MessageRef{Chat: user, Message: i + 1},
		}
		payment := shop.IncomingPayment{
			Order: o.ID, Payment: shop.Payment{Rail: o.Rail, Invoice: invoice, Amount: paid, Price: price, At: at},
			Source: shop.FromWebhook, Received: at, Raw: []byte(s.invoice(invoice, `"status":"paid"`)),
		}
		_, _, err := db.Checkout(ctx, o, at, func(*shop.Order, shop.View) error { return nil })
		check(err)
		must(db.RecordPayment(ctx, payment, func(o *shop.Order, free shop.Free) error {
			return errors.Join(o.MarkInvoiced(shop.Invoice{ID: invoice}, o.Expires), o.ApplyPayment(payment.Payment, free))
		}))
		must(db.Change(ctx, o.ID, func(o *shop.Order, _ shop.Free) error {
			err := o.MarkLineDelivered(0, at)
			o.Notices = nil // everybody was told
			return err
		}))
	})
	check(db.Close())
}
