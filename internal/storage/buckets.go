package storage

// Bucket names one of the spaces of keys and values in a database.
type Bucket struct {
	name  string
	bytes []byte // of name
	// fill is how full a split leaves a page. Where keys are appended, pages are filled up;
	// elsewhere room is left for what comes in between.
	fill float64
}

func (b *Bucket) String() string { return b.name }

func named(name string, fill float64) *Bucket {
	return &Bucket{name: name, bytes: []byte(name), fill: fill}
}

// How full pages are left.
const (
	fillAppended = 0.9
	fillMixed    = 0.5
)

// The buckets. Numbers, users and moments are eight bytes, big-endian, so that they sort as bytes;
// a moment counts nanoseconds since 1970. "id" is an order's id, which begins with its time.
// "record" is what codec.go writes.
//
//nolint:gochecknoglobals // constant names
var (
	// bucketMeta maps: name => schema, secret, record of the staff, number of open questions.
	bucketMeta = named("meta", fillMixed)

	// bucketOrders maps: id => record of the order and of its last audit entry.
	bucketOrders = named("orders", fillAppended)
	// bucketByBuyer maps: buyer + moment it was made + id => nothing.
	bucketByBuyer = named("orders by buyer", fillMixed)
	// bucketByState maps: state + 0 + id => nothing.
	bucketByState = named("orders by state", fillMixed)
	// bucketWork maps: id => nothing, while the order waits for work.
	bucketWork = named("orders with work", fillMixed)
	// bucketChecks maps: rail + 0 + check => id of the order of which it paid a refund.
	bucketChecks = named("orders by check", fillMixed)
	// bucketReferences maps: reference at the payment service + 0 + id => nothing.
	bucketReferences = named("orders by reference", fillMixed)
	// bucketAudit maps: number => hash + record of the entry, with the raw payment it tells of.
	bucketAudit = named("audit", fillAppended)

	// bucketUnits maps: sku + 0 + number => number of its batch as a varint + unit, for units that
	// no order owns. The lowest number is sold first.
	bucketUnits = named("units", fillAppended)
	// bucketKnown maps: the first 10 bytes of the SHA-256 of a unit's canonical form + sku => where
	// the unit is (marks.go), for every unit that the product has or had.
	bucketKnown = named("known units", fillMixed)
	// bucketBatches maps: sku + 0 + number => record of the batch.
	bucketBatches = named("batches", fillAppended)
	// bucketStock maps: sku => record of how many units are free, reserved and sold.
	bucketStock = named("stock", fillMixed)
	// bucketStatistics maps: day, "m" and a month, or "all" for all time + 0 + sku, or nothing for
	// all products => record of counters.
	bucketStatistics = named("statistics", fillMixed)

	// bucketCoupons maps: code => record of the coupon and of what the orders count for it.
	bucketCoupons = named("coupons", fillMixed)
	// bucketCouponList maps: group + 0 + code => nothing. The group is "" for the shop's own coupons,
	// the code of a batch for its codes, or "@" and a user for coupons of that person alone.
	bucketCouponList = named("coupons listed", fillMixed)
	// bucketCouponBuyers maps: code, or that of the batch + 0 + buyer => how many orders use it.
	bucketCouponBuyers = named("coupons by buyer", fillMixed)

	// bucketInbox maps: update => its raw text.
	bucketInbox = named("inbox", fillAppended)
	// bucketDone maps: update => moment it was done.
	bucketDone = named("done updates", fillAppended)
	// bucketDoneByTime maps: moment done + update => nothing.
	bucketDoneByTime = named("done updates by time", fillAppended)
	// bucketDeadLetters maps: number => record of the update, its reason and its raw text.
	bucketDeadLetters = named("dead letters", fillAppended)

	// bucketPeople maps: user => record of the person.
	bucketPeople = named("people", fillMixed)
	// bucketPeopleByName maps: user name in lower case + 0 + user => nothing.
	bucketPeopleByName = named("people by name", fillMixed)
	// bucketQuestions maps: number => record of the question.
	bucketQuestions = named("questions", fillAppended)
	// bucketQuestionsByBuyer maps: buyer + number => nothing.
	bucketQuestionsByBuyer = named("questions by buyer", fillMixed)
	// bucketOpenQuestions maps: number => nothing, while the question waits for an answer.
	bucketOpenQuestions = named("open questions", fillMixed)
	// bucketQuestionsByTopic maps: chat + topic => number; 0 for a question that was forgotten.
	bucketQuestionsByTopic = named("questions by topic", fillMixed)
	// bucketWishes maps: sku + 0 + place in the queue => user, while that one waits for the product.
	bucketWishes = named("wishes", fillAppended)
	// bucketWishesOf maps: user + sku => record of the wish.
	bucketWishesOf = named("wishes by person", fillMixed)
	// bucketWishTurns maps: sku => how many people are to be told that it is back.
	bucketWishTurns = named("turns of wishes", fillMixed)
	// bucketWishBack maps: sku => the last place that was taken before the product came back. Later
	// ones asked while it was for sale.
	bucketWishBack = named("places of wishes", fillMixed)
	// bucketAccess maps: user + sku => record of the access.
	bucketAccess = named("access", fillMixed)
	// bucketAccessDue maps: moment of the next step + user + sku => nothing.
	bucketAccessDue = named("access by next step", fillMixed)
	// bucketMembers maps: sku + 0 + moment of the end + user => nothing, while that one has access.
	bucketMembers = named("members", fillMixed)
	// bucketMemberCounts maps: sku => how many people have access.
	bucketMemberCounts = named("members counted", fillMixed)
	// bucketReviews maps: number => record of the review.
	bucketReviews = named("reviews", fillAppended)
	// bucketReviewsByLine maps: order + 0 + line => number.
	bucketReviewsByLine = named("reviews by line", fillMixed)
	// bucketReviewsByBuyer maps: buyer + number => nothing, until the buyer is forgotten.
	bucketReviewsByBuyer = named("reviews by buyer", fillMixed)
	// bucketReviewsShown maps: sku + 0 + number => nothing, for those that are not hidden.
	bucketReviewsShown = named("reviews shown", fillMixed)
	// bucketRatings maps: sku => record of the count and the stars of its reviews.
	bucketRatings = named("ratings", fillMixed)
	// bucketInvited maps: user + a user whom that one invited => nothing.
	bucketInvited = named("people by inviter", fillMixed)
	// bucketNotes maps: name => value.
	bucketNotes = named("notes", fillMixed)
	// bucketForms maps: user + name => record of the draft of that name, and user => record of the
	// form that the user is filling in.
	bucketForms = named("forms", fillMixed)
	// bucketFormsByEnd maps: moment of its end + key in bucketForms => nothing.
	bucketFormsByEnd = named("forms by end", fillAppended)
	// bucketCarts maps: user => record of the cart.
	bucketCarts = named("carts", fillMixed)
	// bucketCartsByEnd maps: moment of its end + user => nothing.
	bucketCartsByEnd = named("carts by end", fillAppended)

	// bucketBroadcasts maps: number => record of the broadcast. Only the last can be active.
	bucketBroadcasts = named("broadcasts", fillAppended)
	// bucketRevisions maps: number => record of the catalog's revision, the newest ones.
	bucketRevisions = named("catalog revisions", fillAppended)
	// bucketFiles maps: name => size, for files that were sent in the chat.
	bucketFiles = named("files", fillMixed)
	// bucketFileChunks maps: name + 0 + index of the chunk as four bytes => up to 1 MiB of the file.
	// Chunks of a file that was never whole are left over.
	bucketFileChunks = named("file chunks", fillMixed)
)

// Buckets lists all buckets.
func Buckets() []*Bucket {
	return []*Bucket{
		bucketMeta, bucketOrders, bucketByBuyer, bucketByState, bucketWork, bucketChecks, bucketReferences, bucketAudit,
		bucketUnits, bucketKnown, bucketBatches, bucketStock, bucketStatistics,
		bucketCoupons, bucketCouponList, bucketCouponBuyers,
		bucketInbox, bucketDone, bucketDoneByTime, bucketDeadLetters,
		bucketPeople, bucketPeopleByName, bucketInvited, bucketQuestions, bucketQuestionsByBuyer, bucketOpenQuestions, bucketQuestionsByTopic, bucketNotes, bucketForms, bucketFormsByEnd,
		bucketCarts, bucketCartsByEnd,
		bucketWishes, bucketWishesOf, bucketWishTurns, bucketWishBack,
		bucketAccess, bucketAccessDue, bucketMembers, bucketMemberCounts,
		bucketReviews, bucketReviewsByLine, bucketReviewsByBuyer, bucketReviewsShown, bucketRatings,
		bucketBroadcasts,
		bucketRevisions, bucketFiles, bucketFileChunks,
	}
}
