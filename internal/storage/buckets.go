package storage

// bucket is one of the spaces of keys and values that the database is made of.
type bucket struct {
	name []byte
	// number stands for the name in the journal. One that was released is never given to another bucket.
	number byte
	fill   float64
}

func (b *bucket) String() string { return string(b.name) }

func named(name string, number byte, fill float64) *bucket {
	return &bucket{name: []byte(name), number: number, fill: fill}
}

// How full a page is left by a split. Where keys are appended, pages are filled up; orders come by time
// for the most part, and with them the late ones; buyers who come for the first time have higher numbers than
// most; elsewhere half of each page is left for what will come in between.
const (
	fillNeverChanged = 1.0
	fillAppended     = 0.9
	fillByTime       = 0.9
	fillByBuyer      = 0.7
	fillMixed        = 0.5
)

// The buckets. Numbers are eight bytes, big-endian, so that they sort as bytes. "id" is
// an order's id, which begins with its time; moments are nanoseconds since 1970, 0 for
// the zero time.
var (
	// meta maps: name => schema number, secret, last update, updates aside, journal position.
	meta = named("meta", 1, fillMixed)

	// delivered maps: id => order, when the goods are with the buyer and nothing is to be done for it. Most are.
	delivered = named("orders", 2, fillByTime)
	// others maps: id => order, in any other state, when nothing is to be done for it.
	others = named("other orders", 20, fillByTime)
	// inWork maps: id => order, as long as something is to be done for it.
	inWork = named("orders in work", 3, fillMixed)
	// byBuyer maps: buyer + id => nothing.
	byBuyer = named("by buyer", 4, fillByBuyer)
	// inWorkOf maps: buyer + id => nothing, for orders in work.
	inWorkOf = named("in work by buyer", 5, fillMixed)
	// byState maps: state + 0 + id => nothing, for the other orders.
	byState = named("by state", 6, fillByTime)
	// sold maps: the first 8 bytes of its SHA-256 => what orders copied from the catalog.
	sold = named("sold", 7, fillMixed)
	// audit maps: number => hash + entry of the audit trail, with the news of the payment that it tells of.
	audit = named("audit", 8, fillNeverChanged)

	// units maps: sku + 0 + number => key, for keys that no order owns. The lowest number is sold first.
	units = named("units", 9, fillAppended)
	// known maps: sku + 0 + the first 10 bytes of a key's SHA-256 => nothing, for every key that ever was.
	known = named("known keys", 10, fillMixed)
	// stocks maps: sku => free + reserved + sold.
	stocks = named("stock", 11, fillMixed)
	// statistics maps: day, or "all" for all time + 0 + sku, or nothing for all products => counters.
	statistics = named("statistics", 12, fillMixed)

	// inbox maps: update => its raw text.
	inbox = named("inbox", 13, fillAppended)
	// done maps: update => the moment it was done.
	done = named("done updates", 14, fillAppended)
	// doneByTime maps: moment done + update => nothing.
	doneByTime = named("done updates by time", 15, fillAppended)
	// aside maps: update => moment + reason + 0 + its raw text.
	aside = named("updates aside", 16, fillMixed)

	// languages maps: user => language.
	languages = named("languages", 17, fillMixed)
	// seen maps: user => day first seen + day last seen, in days since 1970.
	seen = named("seen", 18, fillMixed)
	// notes maps: name => value.
	notes = named("notes", 19, fillMixed)
)

// mostBuckets is above every bucket's number.
const mostBuckets = 21

// buckets lists those of today.
func buckets() []*bucket {
	return []*bucket{
		meta, delivered, others, inWork, byBuyer, inWorkOf, byState, sold, audit, units, known, stocks, statistics,
		inbox, done, doneByTime, aside, languages, seen, notes,
	}
}

// numbered maps: number => bucket, nil where there is none.
func numbered() (list [mostBuckets]*bucket) {
	for _, b := range buckets() {
		list[b.number] = b
	}
	return list
}

// ordersEverywhere are the buckets of orders, each of which lies in one of them.
func ordersEverywhere() [3]*bucket { return [3]*bucket{inWork, delivered, others} }

// firstBuckets are the buckets of schema 1.
func firstBuckets() [][]byte {
	names := [][]byte{openOf, work}
	for _, b := range buckets() {
		if b != inWork && b != inWorkOf && b != others && b != sold && b != audit {
			names = append(names, b.name)
		}
	}
	return names
}
