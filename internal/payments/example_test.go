package payments_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"shopbot/internal/money"
	"shopbot/internal/payments"
)

// A client with retries. The API is one of functions here; without Transport it is the real one.
func Example() {
	api := newAPI()
	api.Script("createInvoice",
		refusal(http.StatusTooManyRequests, "TOO_MANY_REQUESTS"),
		okResult(`{"invoice_id": 7, "status": "active", "mini_app_invoice_url": "https://t.me/CryptoBot/app?startapp=invoice-IV7"}`),
	)
	client, err := payments.New(payments.Config{
		Token:        "12345:AAexample", // from @CryptoBot → Crypto Pay → My Apps
		Transport:    api,
		MaxRetries:   3,
		RetryBackoff: time.Millisecond,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	price, _ := money.Parse("10.50", "USD")
	invoice, err := client.CreateInvoice(context.Background(), payments.InvoiceRequest{
		CurrencyType:   payments.Fiat,
		Amount:         price,
		AcceptedAssets: []money.Currency{"USDT", "TON"},
		Payload:        "order-7",
		ExpiresIn:      30 * time.Minute,
	})
	fmt.Println(invoice.ID, invoice.MiniAppURL, err)
	// Output: 7 https://t.me/CryptoBot/app?startapp=invoice-IV7 <nil>
}

// What to do about an error depends on whether the work may have been done.
func ExampleMayHaveHappened() {
	api := newAPI()
	client, _ := payments.New(payments.Config{Token: "12345:AAexample", Transport: api})
	defer client.Close()
	price, _ := money.Parse("2", "USDT")

	for _, answer := range []apiAnswer{
		refusal(http.StatusBadRequest, "AMOUNT_TOO_SMALL"),
		gatewayPage(http.StatusBadGateway),
	} {
		api.Script("createInvoice", answer)
		_, err := client.CreateInvoice(context.Background(), payments.InvoiceRequest{Amount: price, Payload: "order-7"})
		switch {
		case payments.MayHaveHappened(err):
			fmt.Println("look for it with FindInvoicesByPayload:", err)
		case errors.Is(err, payments.ErrAmountTooSmall):
			fmt.Println("ask for more:", err)
		}
	}
	// Output:
	// ask for more: crypto pay createInvoice: AMOUNT_TOO_SMALL (400)
	// look for it with FindInvoicesByPayload: crypto pay createInvoice: status 502: not an answer of the API "502 Bad Gateway 502 Bad Gateway"
}

// Hints are for people.
func ExampleError_Hint() {
	api := newAPI()
	api.Script("createCheck", refusal(http.StatusForbidden, "METHOD_DISABLED"))
	client, _ := payments.New(payments.Config{Token: "12345:AAexample", Transport: api})
	defer client.Close()
	gift, _ := money.Parse("1", "USDT")
	_, err := client.CreateCheck(context.Background(), payments.CheckRequest{Amount: gift})
	if e, ok := errors.AsType[*payments.Error](err); ok {
		fmt.Println(e.Hint())
	}
	// Output: enable transfers and checks: @CryptoBot → Crypto Pay → My Apps → the app → Security
}

// A transfer may be repeated for as long as it keeps its SpendID.
func ExampleClient_Transfer() {
	api := newAPI()
	api.Script("transfer", refusal(http.StatusBadRequest, "SPEND_ID_ALREADY_USED"))
	api.Script("getTransfers", okResult(
		`{"items":[{"transfer_id":77,"spend_id":"refund-7","user_id":42,"asset":"USDT","amount":"1.5","status":"completed"}]}`))
	client, _ := payments.New(payments.Config{Token: "12345:AAexample", Transport: api})
	defer client.Close()
	coins, _ := money.Parse("1.50", "USDT")
	sent, err := client.Transfer(context.Background(), payments.TransferRequest{UserID: 42, Amount: coins, SpendID: "refund-7"})
	fmt.Println(sent.ID, sent.Amount, err)
	// Output: 77 1.5 USDT <nil>
}

// Iterators read page after page.
func ExampleClient_Invoices() {
	api := newAPI()
	api.Script("getInvoices", okResult(`{"items":[
		{"invoice_id":2,"status":"paid","paid_asset":"TON","paid_amount":"1.2"},
		{"invoice_id":1,"status":"paid","paid_asset":"TON","paid_amount":"3"}]}`))
	client, _ := payments.New(payments.Config{Token: "12345:AAexample", Transport: api})
	defer client.Close()
	total := money.Zero("TON")
	for invoice, err := range client.Invoices(context.Background(), payments.InvoiceFilter{Status: payments.InvoicePaid}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		total, _ = total.Add(invoice.PaidAmount)
	}
	fmt.Println(total)
	// Output: 4.2 TON
}

// Background calls let others go first where requests queue for the rate limit.
func ExampleBackground() {
	api := newAPI()
	api.Script("getBalance", okResult(`[{"currency_code":"TON","available":"12.5","onhold":"0"}]`))
	client, _ := payments.New(payments.Config{Token: "12345:AAexample", Transport: api, RateLimit: 5, RateBurst: 2})
	defer client.Close()
	balances, err := client.GetBalance(payments.Background(context.Background()))
	fmt.Println(balances[0].Available, err)
	// Output: 12.5 TON <nil>
}

// Rates come from a cache that refreshes itself.
func ExampleClient_Rate() {
	api := newAPI()
	api.Script("getExchangeRates", okResult(`[{"is_valid":true,"source":"TON","target":"USD","rate":"3.28"}]`))
	client, _ := payments.New(payments.Config{Token: "12345:AAexample", Transport: api, RatesTTL: time.Minute})
	defer client.Close()
	if _, err := client.Rates(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	price, _ := money.Parse("10", "USD")
	if rate, age, ok := client.Rate("USD", "TON"); ok && age < time.Hour {
		about, _ := rate.Convert(price, 2)
		fmt.Println("about", about)
	}
	// Output: about 3.05 TON
}

// A webhook is answered 200 once Record has the payment safe.
func ExampleListener() {
	listener, err := payments.NewListener(payments.ListenerConfig{
		Tokens: []payments.Secret{"12345:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIII"},
		Record: func(_ context.Context, _ []byte, u payments.Update) error {
			fmt.Println("paid:", u.Invoice.PaidAmount, "for", u.Invoice.Payload)
			return nil // it is on disk now
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/cryptopay/webhook", strings.NewReader(vector2))
	request.Header.Set("crypto-pay-api-signature", signature2)
	answer := httptest.NewRecorder()
	listener.ServeHTTP(answer, request)
	fmt.Println(answer.Code)
	// Output:
	// paid: 2.6 USDT for order:7 <тест> & "q" /
	// 200
}

// Verify checks a signature over the body as it came, before anything is decoded.
func ExampleVerifier() {
	v, err := payments.NewVerifier("12345:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIII")
	if err != nil {
		fmt.Println(err)
		return
	}
	body := []byte(`{"update_id":1}`)
	fmt.Println(v.Verify(body, "0565b1ae21e14ea5d5fcdb1d5089d7c5077e8155c5ddefa099dbab75874e49ad"))
	fmt.Println(v.Verify(append(body, '\n'), "0565b1ae21e14ea5d5fcdb1d5089d7c5077e8155c5ddefa099dbab75874e49ad"))
	// Output:
	// true
	// false
}
