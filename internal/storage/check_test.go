package storage

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/access"
	"shopbot/internal/catalog"
	"shopbot/internal/review"
	"shopbot/internal/shop"
	"shopbot/internal/support"
)

func first(t *tx, b *Bucket) (key []byte) {
	t.scan(b, nil, nil, func(k, _ []byte) bool {
		key = append(key, k...)
		return false
	})
	return key
}

const smallCatalog = `
shop: {name: S, currency: USD}
categories: [{id: a, title: A}]
products: [{sku: one, category: a, title: One, price: "1", deliver: keys}]
`

func TestCheckFindsEveryBreach(t *testing.T) {
	t.Parallel()
	bought := draft(1) // owns "key 1"
	placed := draft(2)
	rewriteOf := func(id shop.OrderID, change func(o *orderRecord)) func(*tx) {
		return func(t *tx) {
			o, err := t.order(id)
			t.check(err)
			change(o)
			t.putRecord(bucketOrders, []byte(id), o)
		}
	}
	rewrite := func(change func(o *orderRecord)) func(*tx) { return rewriteOf(bought.ID, change) }
	for name, c := range map[string]struct {
		harm func(t *tx)
		says string
	}{
		"the staff cannot be decoded": {func(t *tx) { t.put(bucketMeta, teamName(), []byte{9}) }, "staff: "},
		"a member of the staff has a role that does not exist": {
			func(t *tx) {
				t.putRecord(bucketMeta, teamName(), shop.Team{Members: []shop.Member{{User: 7, Role: "king"}}})
			}, `the role "king"`,
		},
		"an index lacks an entry": {
			func(t *tx) { t.remove(bucketByBuyer, buyerKey(&bought)) }, `missing from index "orders by buyer"`,
		},
		"work would never be done": {
			func(t *tx) { t.remove(bucketWork, []byte(bought.ID)) }, `missing from index "orders with work"`,
		},
		"an index has an entry too many": {
			func(t *tx) { t.put(bucketByState, stateKey(shop.StateHeld, bought.ID), nil) }, "which matches no order",
		},
		"an index names an order that is not there": {
			func(t *tx) { t.put(bucketWork, []byte("NOBODY"), nil) }, "which matches no order",
		},
		"an order cannot be decoded": {
			func(t *tx) { t.put(bucketOrders, []byte(bought.ID), []byte{9}) }, "order " + string(bought.ID) + ": database damaged",
		},
		"an order lies in another's place": {
			func(t *tx) { t.put(bucketOrders, []byte("X"), t.get(bucketOrders, []byte(bought.ID))) }, "it is the record of order",
		},
		"stock is counted wrong": {
			func(t *tx) { t.putRecord(bucketStock, []byte("vpn"), shop.Stock{Free: 7}) }, "stock of vpn is counted as",
		},
		"a unit for sale is lost": {
			func(t *tx) { t.remove(bucketUnits, first(t, bucketUnits)) }, "stock of vpn",
		},
		"more is reserved than there is": {
			func(t *tx) {
				for range 3 {
					t.remove(bucketUnits, first(t, bucketUnits))
				}
			}, "are reserved and 0 are there",
		},
		"a sold unit is for sale again": {
			func(t *tx) { t.put(bucketUnits, unitKey("vpn", 1), joinUnit(1, "key 1")) }, "there twice, of order " + string(bought.ID) + " and for sale",
		},
		"two orders have a refund by the same check": {
			func(t *tx) {
				byCheck := func(o *orderRecord) {
					o.Refunds = []shop.Refund{{ID: shop.RefundID(o.ID), Way: shop.ByCheck, Status: shop.RefundSent, Transfer: "7"}}
				}
				rewriteOf(placed.ID, byCheck)(t)
				rewrite(byCheck)(t)
				t.put(bucketChecks, checkKey(shop.CryptoPay, "7"), []byte(placed.ID))
			}, "have a refund by the same check 7",
		},
		"a check could be taken for another refund's": {
			rewrite(func(o *orderRecord) {
				o.Refunds = []shop.Refund{{ID: "r", Way: shop.ByCheck, Status: shop.RefundSent, Transfer: "7"}}
			}), `missing from index "orders by check"`,
		},
		"a check is noted that no refund has": {
			func(t *tx) { t.put(bucketChecks, checkKey(shop.CryptoPay, "7"), []byte(bought.ID)) }, "which matches no order",
		},
		"two orders own the same unit": {
			rewriteOf(placed.ID, func(o *orderRecord) { o.Lines[0].Goods = []string{"key 1"} }), "there twice",
		},
		"a replaced unit could be loaded again": {
			rewrite(func(o *orderRecord) {
				o.Lines[0].Replaced = []shop.Replacement{{Old: "gone", New: o.Lines[0].Goods[0], Delivered: o.Lines[0].Delivered}}
			}), "it was replaced in order " + string(bought.ID),
		},
		"the audit trail does not tell of a replacement": {
			rewrite(func(o *orderRecord) {
				o.Lines[0].Replaced = []shop.Replacement{{Old: "gone", New: o.Lines[0].Goods[0], Delivered: o.Lines[0].Delivered}}
			}), "replaced of which the audit trail does not tell",
		},
		"a unit is burned by an order that did not replace it": {
			func(t *tx) { t.put(bucketKnown, markKey("ghost", "k"), burnedBy(bought.ID, t.batch.at)) },
			"1 units of ghost are known as burned and 0 are there",
		},
		"a unit could be loaded again": {
			func(t *tx) { t.remove(bucketKnown, markKey("vpn", "key 1")) }, "not known",
		},
		"a unit is known of a product that is not there": {
			func(t *tx) { t.put(bucketKnown, markKey("ghost", "k"), forSale(1, nil)) }, "1 units of ghost are known as for sale and 0 are there",
		},
		"a unit is marked as sold to an order that does not have it": {
			func(t *tx) { t.put(bucketKnown, markKey("vpn", "lost"), soldTo(bought.ID)) }, "2 units of vpn are known as sold and 1 are there",
		},
		"a unit of a refunded order could be loaded again unseen": {
			func(t *tx) {
				rewrite(func(o *orderRecord) { o.Lines[0].Refunded = true })(t)
				t.remove(bucketKnown, markKey("vpn", "key 1"))
			}, "not known",
		},
		"a removed unit is for sale": {
			func(t *tx) { t.put(bucketKnown, markKey("vpn", "b"), append([]byte{markRemoved}, number(1)...)) }, "there twice, removed and for sale",
		},
		"a unit is for sale twice": {
			func(t *tx) { t.put(bucketUnits, unitKey("vpn", 2), joinUnit(2, "b")) }, "there twice, for sale and for sale",
		},
		"an order owns a unit twice": {
			rewrite(func(o *orderRecord) { o.Lines[0].Goods = append(o.Lines[0].Goods, "key 1") }), "of order " + string(bought.ID) + " and of order",
		},
		"a batch counts what it does not have": {
			func(t *tx) { t.takeFromBatch("vpn", 2, 1) }, "batch 2 of vpn counts 2 units left and has 3",
		},
		"a batch is lost": {func(t *tx) { t.remove(bucketBatches, batchKey("vpn", 2)) }, "3 units of vpn are of batch 2, which is not there"},
		"a batch cannot be decoded": {
			func(t *tx) { t.put(bucketBatches, batchKey("vpn", 2), []byte{9}) }, "batch 2 of vpn: database damaged",
		},
		"a batch lies in another's place": {
			func(t *tx) { t.put(bucketBatches, batchKey("vpn", 1), t.get(bucketBatches, batchKey("vpn", 2))) }, "is the record of batch 2",
		},
		"the next batch would replace one": {
			func(t *tx) { t.wrote = true; t.check(t.in.SetSequence(bucketBatches, 1)) }, "batch 2 of vpn would be replaced",
		},
		"the next unit loaded would replace one": {
			func(t *tx) { t.wrote = true; t.check(t.in.SetSequence(bucketUnits, 1)) }, "would be replaced",
		},
		"a paid order has no goods": {rewrite(func(o *orderRecord) { o.Lines[0].Goods = nil }), "owns 0 units"},
		"an order owns other goods": {rewrite(func(o *orderRecord) { o.Lines[0].Goods = []string{"a"} }), "than the audit trail says"},
		"an order is in no state":   {rewrite(func(o *orderRecord) { o.State = "lost" }), `is in the unknown state "lost"`},
		"an order forgot a payment": {rewrite(func(o *orderRecord) { o.Payments = nil }), "which came"},
		"statistics lack an order":  {rewrite(func(o *orderRecord) { o.Payments = append(o.Payments, o.Payments...) }), "the orders say"},
		"days are not all time":     {func(t *tx) { t.remove(bucketStatistics, statisticsKey(allTime, "vpn")) }, "the days say"},
		"statistics cannot be decoded": {
			func(t *tx) { t.put(bucketStatistics, statisticsKey(allTime, "vpn"), []byte{9}) }, "statistics of all",
		},
		"an audit entry is lost": {func(t *tx) { t.remove(bucketAudit, number(3)) }, "audit entry 3"},
		"a payment is not there as it came": {
			func(t *tx) {
				r, err := decodeAudit(3, t.get(bucketAudit, number(3)))
				t.check(err)
				r.Source, r.Raw = "", nil
				putEntry(t, r, make([]byte, hashBytes))
			}, "is not there as it came",
		},
		"the audit trail tells of other units": {
			func(t *tx) {
				t.appendAudit(auditRecord{AuditEntry: shop.AuditEntry{Stock: []shop.StockMove{{SKU: "vpn", Units: 1, Reserved: 1}}}})
			}, "the audit trail says that 4 units of vpn are there, and there are 3",
		},
		"the audit trail tells of other coins": {
			func(t *tx) {
				t.appendAudit(auditRecord{AuditEntry: shop.AuditEntry{Act: shop.AuditRefundSent, Amount: bought.Total}})
			}, "were refunded, and the statistics",
		},
		"an update is pending and done": {func(t *tx) { t.put(bucketInbox, number(5), []byte("{}")) }, "update 5 is pending and done"},
		"an update is never forgotten":  {func(t *tx) { t.remove(bucketDoneByTime, first(t, bucketDoneByTime)) }, "never be forgotten"},
		"an update will be forgotten twice": {
			func(t *tx) { t.put(bucketDoneByTime, join(number(1), number(5)), nil) }, "2 updates are done and 3",
		},
		"a file of goods is lost": {func(t *tx) {
			t.put(bucketUnits, unitKey("vpn", 1), joinUnit(1, shop.NewFileUnit("a.pdf", []byte("%PDF")).Unit()))
		}, `the file "a.pdf" of the stock of vpn is not there`},
		"a file of goods has other bytes": {func(t *tx) {
			name := shop.NewFileUnit("a.pdf", []byte("%PDF")).Blob()
			t.put(bucketFileChunks, chunkKey(name, 0), []byte("%PDX"))
			t.put(bucketFiles, []byte(name), number(4))
		}, "its bytes are others"},
		"a dead letter is lost":           {func(t *tx) { t.remove(bucketDeadLetters, number(1)) }, "0 dead letters are kept"},
		"a dead letter cannot be decoded": {func(t *tx) { t.put(bucketDeadLetters, number(1), []byte{9}) }, "dead letter 1"},
		"a buyer's payment is not counted": {
			func(t *tx) { t.putRecord(bucketPeople, number(bought.Buyer.ID), shop.Person{ID: bought.Buyer.ID}) }, "their orders say 1",
		},
		"a buyer has no record": {func(t *tx) { t.remove(bucketPeople, number(bought.Buyer.ID)) }, "and none is counted"},
		"a person cannot be found by name": {
			func(t *tx) { t.putRecord(bucketPeople, number(77), shop.Person{ID: 77, Username: "ann"}) }, "person 77 is missing from index",
		},
		"a name is nobody's":                {func(t *tx) { t.put(bucketPeopleByName, []byte("ann\x0000000077"), nil) }, `index "people by name" has 1 entries`},
		"a person cannot be decoded":        {func(t *tx) { t.put(bucketPeople, number(77), []byte{9}) }, "person 77"},
		"an invoice is not found":           {func(t *tx) { t.remove(bucketReferences, referenceKey("2", bought.ID)) }, `missing from index "orders by reference"`},
		"a reference is of no order":        {func(t *tx) { t.put(bucketReferences, referenceKey("9", bought.ID), nil) }, "which matches no order"},
		"a question is not listed":          {func(t *tx) { t.remove(bucketOpenQuestions, number(1)) }, "question 1 is open, and listed as open: false"},
		"a question is listed twice":        {func(t *tx) { t.put(bucketOpenQuestions, number(9), nil) }, `index "open questions" has 2 entries`},
		"a question is nobody's":            {func(t *tx) { t.remove(bucketQuestionsByBuyer, first(t, bucketQuestionsByBuyer)) }, "question 1 is missing from index"},
		"open questions are miscounted":     {func(t *tx) { t.put(bucketMeta, openQuestionsName(), number(7)) }, "1 questions are open and 7 are counted"},
		"a question cannot be decoded":      {func(t *tx) { t.put(bucketQuestions, number(1), []byte{9}) }, "question 1"},
		"a topic is of no question":         {func(t *tx) { t.put(bucketQuestionsByTopic, join(number(-100), number(9)), number(1)) }, `index "questions by topic" has 1 entries`},
		"a wish has no place":               {func(t *tx) { t.remove(bucketWishes, first(t, bucketWishes)) }, "user 7 waits for vpn and is not in its queue"},
		"a place is nobody's":               {func(t *tx) { t.put(bucketWishes, wishKey("vpn", 9), number(7)) }, "the last one is 1"},
		"a queue is longer than lists":      {func(t *tx) { t.remove(bucketWishesOf, first(t, bucketWishesOf)) }, "0 wishes wait and 1 are in the queues"},
		"a wish cannot be decoded":          {func(t *tx) { t.put(bucketWishesOf, wishOfKey(7, "vpn"), []byte{9}) }, "wish of user 7 for vpn"},
		"turns are nobody's":                {func(t *tx) { t.put(bucketWishTurns, []byte("vpn"), number(0)) }, "0 people are to be told that vpn is back"},
		"a step of access is not indexed":   {func(t *tx) { t.remove(bucketAccessDue, first(t, bucketAccessDue)) }, "the next step of the access of user 7 to club is not indexed"},
		"a step of access is indexed twice": {func(t *tx) { t.put(bucketAccessDue, join(number(1), accessKey(7, "club")), nil) }, `index "access by next step" has 2 entries`},
		"a member is not listed":            {func(t *tx) { t.remove(bucketMembers, first(t, bucketMembers)) }, "user 7 is not listed as a member of club"},
		"members are miscounted":            {func(t *tx) { t.put(bucketMemberCounts, []byte("club"), number(7)) }, "club counts 7 members and has 1"},
		"members are not counted":           {func(t *tx) { t.remove(bucketMemberCounts, []byte("club")) }, "club counts no members and has 1"},
		"access cannot be decoded":          {func(t *tx) { t.put(bucketAccess, accessKey(7, "club"), []byte{9}) }, "access of user 7 to club"},
		"access is nothing":                 {func(t *tx) { t.putRecord(bucketAccess, accessKey(8, "club"), access.Access{User: 8, SKU: "club"}) }, "is kept, and is nothing"},
		"a rating is wrong":                 {func(t *tx) { t.putRecord(bucketRatings, []byte("vpn"), review.Rating{Count: 1, Stars: 5}) }, "the rating of vpn is {Count:1 Stars:5}"},
		"a rating is lost":                  {func(t *tx) { t.remove(bucketRatings, []byte("vpn")) }, "vpn has reviews and no rating"},
		"a review is not found by line":     {func(t *tx) { t.remove(bucketReviewsByLine, first(t, bucketReviewsByLine)) }, "review 1 is missing from index"},
		"a review is shown and hidden":      {func(t *tx) { t.put(bucketReviewsShown, join(under("vpn"), number(9)), nil) }, `index "reviews shown" has 2 entries`},
		"a review is nobody's":              {func(t *tx) { t.remove(bucketReviewsByBuyer, first(t, bucketReviewsByBuyer)) }, "review 1 is missing from index"},
		"a review cannot be decoded":        {func(t *tx) { t.put(bucketReviews, number(1), []byte{9}) }, "review 1"},
		"a form is never removed":           {func(t *tx) { t.remove(bucketFormsByEnd, first(t, bucketFormsByEnd)) }, "form of user 7 will never be removed"},
		"a form is removed twice":           {func(t *tx) { t.put(bucketFormsByEnd, join(number(1), number(7)), nil) }, "1 forms are there and 2"},
		"a cart is never removed":           {func(t *tx) { t.remove(bucketCartsByEnd, first(t, bucketCartsByEnd)) }, "cart of buyer 7 will never be removed"},
		"a cart is removed twice":           {func(t *tx) { t.put(bucketCartsByEnd, join(number(1), number(7)), nil) }, "1 carts are there and 2"},
		"a cart cannot be decoded":          {func(t *tx) { t.put(bucketCarts, number(7), []byte{9}) }, "cart of buyer 7: "},
		"a cart is empty": {
			func(t *tx) { t.putRecord(bucketCarts, number(7), shop.Cart{}) }, "cart of buyer 7 has 0 lines",
		},
		"a form cannot be decoded": {func(t *tx) { t.put(bucketForms, number(7), []byte{9}) }, "form of user 7"},
	} {
		t.Run(name, func(t *testing.T) {
			db := open(t, inTemp(t))
			require.NoError(t, sell(t.Context(), db, 1))
			require.NoError(t, load(t.Context(), db, "vpn", "a", "b", "c"))
			require.NoError(t, place(t.Context(), db, placed))
			_, err := db.KeepUpdates(t.Context(), nil, []int64{5})
			require.NoError(t, err)
			require.NoError(t, db.AddDeadLetter(t.Context(), 6, []byte("{}"), "strange"))
			require.NoError(t, db.SetForm(t.Context(), 7, shop.Form{Name: "email", Until: time.Now().Add(time.Hour)}))
			_, err = db.ChangeCart(t.Context(), 7, func(c *shop.Cart) error {
				c.Lines, c.Changed = []shop.CartLine{{Item: shop.Item{SKU: "vpn", Quantity: 1}}}, time.Now()
				return nil
			})
			require.NoError(t, err)
			_, err = db.Ask(t.Context(), 7, func([]support.Question) (support.Question, error) {
				return support.Asked(nil, support.Question{Buyer: 7}, support.Message{ID: 1, By: 7, Text: "?"})
			})
			require.NoError(t, err)
			_, err = db.AddWish(t.Context(), 7, "vpn")
			require.NoError(t, err)
			_, err = db.ChangeAccess(t.Context(), 7, "club", func(a *access.Access) bool {
				a.Grant(bought.ID, 0, 30*24*time.Hour, false, time.Now())
				return true
			})
			require.NoError(t, err)
			_, err = db.WriteReview(t.Context(), bought.ID, 0, func(o *shop.Order, v *review.Review) error {
				*v = review.Review{SKU: "vpn", Order: o.ID, Buyer: o.Buyer.ID, Stars: 4}
				return nil
			})
			require.NoError(t, err)
			for n := range int64(3) {
				require.NoError(t, db.AddCatalogRevision(t.Context(), catalog.Revision{Number: n + 1, YAML: []byte(smallCatalog)}))
			}
			require.NoError(t, db.KeepFile(t.Context(), "chat/a.png", []byte("PNG")))
			sound(t, db)

			require.NoError(t, db.write(t.Context(), func(t *tx) error {
				c.harm(t)
				return t.failed
			}))
			var breaches []string
			require.NoError(t, db.Check(t.Context(), func(breach string) { breaches = append(breaches, breach) }))
			require.Contains(t, strings.Join(breaches, "\n"), c.says)
		})
	}
}
