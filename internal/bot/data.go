package bot

import (
	"encoding/base32"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"shopbot/internal/shop"
)

// Callback data is "action:argument:…", at most 64 bytes
// (core.telegram.org/bots/api#inlinekeyboardbutton), and untrusted.
const (
	actHome      = "home"
	actCatalog   = "cat"
	actCategory  = "c"   // :category
	actProduct   = "p"   // :sku:quantity
	actBuy       = "b"   // :sku:quantity:nonce
	actCheck     = "k"   // :order
	actCancel    = "x"   // :order
	actOrder     = "o"   // :order
	actGoods     = "g"   // :order
	actCollect   = "e"   // :order
	actOrders    = "os"  // :before
	actWait      = "w"   // :order, rather than the money back
	actMoneyBack = "m"   // :order
	actReturn    = "ret" // :order:payment, as paymentName gives it
	actHelp      = "help"
	actLanguage  = "l" // [:language]
	actNothing   = "-"
	actAnew      = "n" // :action…, shown as a new message

	actRefund    = "refund" // :order:nonce, the yes button; what it is for stays with the order
	actRefundNo  = "rno"
	actAskRefund = "rask" // :order[ #line]
	actAsCheck   = "rchk" // :order:number of the refused refund, from 1
	actRelease   = "free" // :order
	actDetails   = "det"  // :order
	actHeld      = "held" // [:after]
)

const maxData = 64

func data(action string, arguments ...string) string {
	return strings.Join(append([]string{action}, arguments...), ":")
}

// anew has a button show its screen as a new message, so that the one it stands under stays what it
// is.
func anew(b button) button {
	b.Data = actAnew + ":" + b.Data
	return b
}

// paymentName names a payment of an order within callback data: its invoice, or a fingerprint of
// one that would not fit. The ids of other rails may be long.
func paymentName(invoice string) string {
	if len(invoice) <= 40 {
		return invoice
	}
	return shop.Fingerprint([]string{invoice})
}

// namedPayment is the invoice of the payment that paymentName gave the name; "" if there is none.
func namedPayment(o shop.Order, name string) string {
	for _, p := range o.Payments {
		if paymentName(p.Invoice) == name {
			return p.Invoice
		}
	}
	return ""
}

// errStale says that a button is of another time, or was never ours.
var errStale = errors.New("stale button")

// nonceLife is how long a drawn button may be pressed: longer than anybody
// looks at one screen, shorter than prices are forgotten.
const nonceLife = 24 * time.Hour

var nonceCode = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newNonce marks one drawing of a button: when it was, and four random bytes. Presses of the same
// drawing are the same request.
func newNonce(now time.Time, random io.Reader) (string, error) {
	var b [8]byte
	binary.BigEndian.PutUint32(b[:4], uint32(now.Unix())) //nolint:gosec // until the year 2106
	if _, err := io.ReadFull(random, b[4:]); err != nil {
		return "", err
	}
	return nonceCode.EncodeToString(b[:]), nil
}

// nonceTime is when a button was drawn; errStale if that is too long ago, in
// the future, or no nonce of ours.
func nonceTime(nonce string, now time.Time) (time.Time, error) {
	b, err := nonceCode.DecodeString(nonce)
	if err != nil || len(b) != 8 {
		return time.Time{}, errStale
	}
	drawn := time.Unix(int64(binary.BigEndian.Uint32(b[:4])), 0)
	if age := now.Sub(drawn); age < -time.Minute || age > nonceLife {
		return time.Time{}, errStale
	}
	return drawn, nil
}

// quantity reads a whole number from 1 up; false for anything else.
func quantity(s string) (int, bool) {
	if len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0
}
