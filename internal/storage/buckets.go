package storage

// The buckets. Numbers are eight bytes, big-endian, so that they sort as bytes. "id" is
// an order's id, which begins with its time; moments are nanoseconds since 1970, 0 for
// the zero time.
var (
	// meta maps: name => schema number, secret, last update, updates aside.
	meta = []byte("meta")

	// orders maps: id => order, when nothing is to be done for it.
	orders = []byte("orders")
	// inWork maps: id => order, as long as something is to be done for it.
	inWork = []byte("orders in work")
	// byBuyer maps: buyer + id => nothing.
	byBuyer = []byte("by buyer")
	// inWorkOf maps: buyer + id => nothing, for orders in work.
	inWorkOf = []byte("in work by buyer")
	// byState maps: state + 0 + id => nothing, for orders that are not in work.
	byState = []byte("by state")
	// sold maps: the first 8 bytes of its SHA-256 => what orders copied from the catalog.
	sold = []byte("sold")
	// audit maps: number => hash + entry of the audit trail, with the news of the payment that it tells of.
	audit = []byte("audit")

	// units maps: sku + 0 + number => key, for keys that no order owns. The lowest number is sold first.
	units = []byte("units")
	// known maps: sku + 0 + the first 10 bytes of a key's SHA-256 => nothing, for every key that ever was.
	known = []byte("known keys")
	// stocks maps: sku => free + reserved + sold.
	stocks = []byte("stock")
	// statistics maps: day, or "all" for all time + 0 + sku, or nothing for all products => counters.
	statistics = []byte("statistics")

	// inbox maps: update => its raw text.
	inbox = []byte("inbox")
	// done maps: update => the moment it was done.
	done = []byte("done updates")
	// doneByTime maps: moment done + update => nothing.
	doneByTime = []byte("done updates by time")
	// aside maps: update => moment + reason + 0 + its raw text.
	aside = []byte("updates aside")

	// languages maps: user => language.
	languages = []byte("languages")
	// seen maps: user => day first seen + day last seen, in days since 1970.
	seen = []byte("seen")
	// notes maps: name => value.
	notes = []byte("notes")
)

// firstBuckets are the buckets of schema 1.
func firstBuckets() [][]byte {
	return [][]byte{
		meta, orders, byBuyer, openOf, byState, work, units, known, stocks, statistics,
		inbox, done, doneByTime, aside, languages, seen, notes,
	}
}

// How full a page is left by a split. Where keys are appended, pages are filled up; orders come by time
// for the most part, and with them the late ones; elsewhere half of each page is left for what will come in between.
const (
	fillNeverChanged = 1.0
	fillAppended     = 0.9
	fillByTime       = 0.8
	fillMixed        = 0.5
)

func fill(bucket []byte) float64 {
	switch string(bucket) {
	case "audit":
		return fillNeverChanged
	case "units", "inbox", "done updates", "done updates by time":
		return fillAppended
	case "orders", "by state":
		return fillByTime
	}
	return fillMixed
}
