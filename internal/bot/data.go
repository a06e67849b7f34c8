package bot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
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
	actCatalog   = "cat" // [:page]
	actCategory  = "c"   // :category[:page]
	actProduct   = "p"   // :sku:quantity
	actStep      = "s"   // :sku:quantity:+ or -
	actSearch    = "sr"  // :page:words
	actBuy       = "b"   // :sku:quantity:nonce[:coin]
	actCheck     = "k"   // :order
	actCancel    = "x"   // :order
	actCancelOf  = "xl"  // :order, within the list of unpaid orders
	actOrder     = "o"   // :order[:before], the page of orders that it is opened from
	actGoods     = "g"   // :order
	actReceipt   = "rc"  // :order
	actRenew     = "rn"  // :order[:coin], a new order in the place of one that was cancelled
	actCollect   = "e"   // :order
	actOrders    = "os"  // :before
	actWait      = "w"   // :order, rather than the money back
	actMoneyBack = "m"   // :order
	actReturn    = "ret" // :order:payment, as paymentName gives it
	actHelp      = "help"
	actLanguage  = "l"   // [:language]
	actLanguages = "ls"  // :page
	actCoupon    = "cp"  // [:sku[:code]], a code to be entered or taken; "-" lays the one in hand aside
	actCart      = "ct"  // [:verb…], see cartButton
	actCartBuy   = "cb"  // :mark:nonce[:coin]
	actQuantity  = "qty" // :sku[:*:page], a number to be entered, with * for the cart
	actAnswers   = "aq"  // :verb:form[:argument…], see answersButton
	actWish      = "wi"  // :verb[:sku[:page]], see wishButton
	actAccess    = "acc" // :r:sku[:coin], to renew access or get it back
	actReview    = "rv"  // :verb:argument…, see review
	actNothing   = "-"
	actAnew      = "n" // :action…, shown as a new message

	actRefund    = "refund" // :order:nonce, the yes button; what it is for stays with the order
	actRefundNo  = "rno"
	actAskRefund = "rask"  // :order[ #line]
	actAsHand    = "rhnd"  // :order:number of the refused refund, from 1
	actAsCheck   = "rchk"  // :order:number of the refused refund, from 1
	actRelease   = "free"  // :order
	actDetails   = "det"   // :order
	actHeld      = "held"  // [:after]
	actStats     = "stats" // :period

	actAsk       = "ask"       // :new[:order], :on:question or :solved:question
	actLeave     = "leave"     // the form that the person is in
	actFind      = "find"      // [:@name:after], a page of people
	actPerson    = "person"    // :user[:verb…], see personButton
	actWrite     = "write"     // :user[:order]
	actQuestions = "questions" // [:after]
	actQuestion  = "qn"        // :verb:question
	actCoupons   = "coupons"   // :verb:argument…, see couponsButton
	actQR        = "qr"        // [:what stands behind /start in the link]
	actReviews   = "reviews"   // [:verb:argument], see reviewsButton

	actStock = "stock" // :verb:argument…, see stockButton

	actEdit     = "edit"     // :verb:argument…, see editVerbs
	actHealth   = "health"   // examines the shop
	actExport   = "export"   // [:go]:what:period:format
	actMorning  = "morning"  // [:time of day with a point, or off]
	actReplace  = "replace"  // :order[:p:from], or :order:line:unit[:why], see Bot.replace
	actPiece    = "piece"    // :order:line:unit, a refund of one piece; the unit is empty for a text or a file
	actAgain    = "again"    // :order, the goods once more to the buyer
	actByHand   = "byhand"   // :order:line[:nonce], what the buyer of a held order gets
	actMade     = "made"     // :order:line[:nonce or -], what was made by hand
	actFiles    = "files"    // :order, the files that its buyer answered with
	actHandPaid = "handpaid" // :order[:nonce], paid in another way
	actHandNo   = "handno"

	actAdmin   = "admin" // the home of staff
	actPause   = "pause" // :on or off
	actBalance = "balance"
	actStaff   = "staff" // [:verb:argument…], see staffButton
	actJoin    = "join"  // :secret of an invitation, the yes button

	actBroadcast = "cast"   // [:verb:argument…], see broadcastButton
	actOffers    = "offers" // :yes or no
	actSettings  = "set"    // [:verb:argument…], see settingsButton
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

// A nonce is when a button was drawn (4 bytes), random bytes (3), and a MAC (5).
const (
	nonceDrawn  = 7
	nonceLength = 12
)

// nonces marks drawings of buttons. Presses of the same drawing are the same request, and begin an
// order's number, so nobody can make up a nonce or use another person's.
type nonces struct {
	key    []byte // the shop's own secret
	random io.Reader
}

// draw marks one drawing of a button for a user.
func (n nonces) draw(user int64, now time.Time) (string, error) {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, nonceLength), uint32(now.Unix())) //nolint:gosec // until the year 2106
	if _, err := io.ReadFull(n.random, b[4:nonceDrawn]); err != nil {
		return "", err
	}
	b = b[:nonceDrawn]
	return base64.RawURLEncoding.EncodeToString(append(b, n.mac(user, b)...)), nil
}

// drawn is when a user's button was drawn; errStale if that is too long ago, in the future, or no
// nonce that draw made for this user.
func (n nonces) drawn(user int64, nonce string, now time.Time) (time.Time, error) {
	b, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(b) != nonceLength || len(nonce) != base64.RawURLEncoding.EncodedLen(nonceLength) ||
		!hmac.Equal(b[nonceDrawn:], n.mac(user, b[:nonceDrawn])) {
		return time.Time{}, errStale
	}
	drawn := time.Unix(int64(binary.BigEndian.Uint32(b[:4])), 0)
	if age := now.Sub(drawn); age < -time.Minute || age > nonceLife {
		return time.Time{}, errStale
	}
	return drawn, nil
}

func (n nonces) mac(user int64, b []byte) []byte {
	mac := hmac.New(sha256.New, n.key)
	_, _ = fmt.Fprintf(mac, "button %d %x", user, b) // a hash never fails
	return mac.Sum(nil)[:nonceLength-nonceDrawn]
}

// quantity reads a whole number from 1 up; false for anything else.
func quantity(s string) (int, bool) {
	if len(s) > 9 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0
}
