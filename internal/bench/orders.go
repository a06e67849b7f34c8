package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"shopbot/internal/catalog"
	"shopbot/internal/money"
	"shopbot/internal/payments"
	"shopbot/internal/shop"
)

// The tokens are good for nothing but this program.
const (
	botToken = "1000:bench-token-for-this-machine-alone-00"
	appToken = "2000:BenchTokenForThisMachineAlone000000"
)

// sku is the product that everybody buys.
const sku = "steam-10"

// firstBuyer is the Telegram id of the first buyer; who writes in chats has higher ones.
const (
	firstBuyer   = 7_000_000_000
	firstRegular = 7_500_000_000
	firstVisitor = 8_000_000_000
	firstOwner   = 9_000_000_000
	// firstStranger is the first of 2^31 ids that are taken in no order.
	firstStranger = 10_000_000_000
)

// awaitingOrder is an order with an invoice, as the shop would have made it at that time.
func awaitingOrder(number int, buyer int64, at time.Time) (shop.Order, error) {
	price, err := money.Parse("10.5", "USD")
	if err != nil {
		return shop.Order{}, err
	}
	origin := shop.Origin{Chat: buyer, User: buyer, Act: fmt.Sprintf("m%d", number), At: at}
	return shop.Order{
		ID: shop.NewOrderID([]byte("bench"), origin), State: shop.StateAwaiting,
		Buyer: shop.Buyer{ID: buyer, Name: "Alice Example @alice_example", Language: "en"},
		Item: shop.Item{
			SKU: sku, Title: catalog.Text{"en": "Steam card $10", "ru": "Карта Steam 10 $"},
			Quantity: 1, Price: price, Deliver: catalog.Keys,
			Instructions: catalog.Text{"en": "Open Steam → Games → Redeem a Steam Gift Card, and enter the code."},
		},
		Total: price, Assets: []money.Currency{"USDT", "TON", "BTC"},
		Created: at, Expires: at.Add(1000 * time.Hour), Invoice: invoice(int64(number)),
	}, nil
}

func invoice(id int64) shop.Invoice {
	return shop.Invoice{ID: id, URL: miniAppURL(id)}
}

// The links of an invoice.
func botURL(id int64) string { return "https://t.me/CryptoBot?start=" + invoiceHash(id) }

func miniAppURL(id int64) string {
	return "https://t.me/CryptoBot/app?startapp=invoice-" + invoiceHash(id) + "&mode=compact"
}

func webAppURL(id int64) string { return "https://app.send.tg/invoices/" + invoiceHash(id) }

func invoiceHash(id int64) string { return fmt.Sprintf("IV%010x", id*0x9E3779B1&0xFFFFFFFFFF) }

// moment writes a time as Crypto Pay does.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// paidBody is what Crypto Pay posts when an order was paid at that time.
func paidBody(o *shop.Order, at time.Time) []byte {
	id, when := o.Invoice.ID, moment(at)
	return fmt.Appendf(nil, `{"update_id":%d,"update_type":"invoice_paid","request_date":"%s","payload":{`+
		`"invoice_id":%d,"hash":"%s","currency_type":"fiat","fiat":"USD","amount":"10.5",`+
		`"accepted_assets":["USDT","TON","BTC"],"paid_asset":"USDT","paid_amount":"10.49974","paid_fiat_rate":"1.0000247",`+
		`"fee_asset":"USDT","fee_amount":"0.314992","fee":"0.314992","fee_in_usd":"0.31499977",`+
		`"pay_url":"%s","bot_invoice_url":"%[5]s","mini_app_invoice_url":"%s","web_app_invoice_url":"%s",`+
		`"description":"Steam card $10 × 1 · %s","status":"paid","created_at":"%s","allow_comments":true,`+
		`"allow_anonymous":true,"expiration_date":"%[2]s","paid_usd_rate":"1.00002469","usd_rate":"1.00002469",`+
		`"paid_at":"%[2]s","paid_anonymously":true,"payload":"%[8]s","paid_btn_name":"callback",`+
		`"paid_btn_url":"https://t.me/bench_goods_bot?start=o_%[8]s"}}`,
		id, when, id, invoiceHash(id), botURL(id), miniAppURL(id), webAppURL(id),
		o.ID, moment(o.Created))
}

// payment is the same news as the shop notes it.
func payment(o *shop.Order, at time.Time) (shop.Payment, error) {
	amount, err := money.Parse("10.49974", "USDT")
	if err != nil {
		return shop.Payment{}, err
	}
	fee, err := money.Parse("0.314992", "USDT")
	return shop.Payment{Invoice: o.Invoice.ID, Amount: amount, Fee: fee, Price: o.Total, At: at}, err
}

// sign makes a signature by other means than the shop checks it with.
func sign(body []byte, token string) string {
	key := sha256.Sum256([]byte(token))
	mac := hmac.New(sha256.New, key[:])
	_, _ = mac.Write(body) // a hash never fails
	return hex.EncodeToString(mac.Sum(nil))
}

// webhookPath is the shop's own default.
const webhookPath = "/cryptopay/webhook"

// webhook is the request that tells of a payment; signed by token.
func webhook(o *shop.Order, token string) []byte {
	body := paidBody(o, time.Now())
	return request(webhookPath, payments.SignatureHeader+": "+sign(body, token)+"\r\n", body)
}
