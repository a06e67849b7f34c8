package storage

// The buckets. Numbers are big-endian, so that they sort as bytes. "id" is an
// order's id, which begins with its time.
var (
	// meta maps: name => schema number, secret.
	meta = []byte("meta")
	// orders maps: id => order.
	orders = []byte("orders")
	// byBuyer maps: buyer (8 bytes) + id => nothing.
	byBuyer = []byte("by buyer")
	// openByBuyer maps: buyer (8 bytes) + id => nothing, for unpaid orders.
	openByBuyer = []byte("open by buyer")
	// byState maps: state + 0 + id => nothing.
	byState = []byte("by state")
	// work maps: task + 0 + due time (8 bytes, unix nanoseconds, 0 for at once) + id => nothing.
	work = []byte("work")
	// events maps: id + 0 + invoice (8 bytes) => source, time and raw text of a payment's news.
	events = []byte("events")

	// units maps: sku + 0 + number (8 bytes) => key, for keys that are still to be sold.
	units = []byte("units")
	// known maps: sku + 0 + hash of a key (16 bytes) => nothing, for every key that ever was.
	known = []byte("known keys")
	// stocks maps: sku => free, reserved, sold.
	stocks = []byte("stock")
	// statistics maps: day (or "all") + 0 + sku (or nothing for all) => counters.
	statistics = []byte("statistics")

	// inbox maps: update id (8 bytes) => raw update.
	inbox = []byte("inbox")
	// done maps: update id (8 bytes) => time it was done (8 bytes).
	done = []byte("done updates")
	// aside maps: update id (8 bytes) => reason + 0 + raw update.
	aside = []byte("updates aside")

	// languages maps: user (8 bytes) => language.
	languages = []byte("languages")
	// seen maps: user (8 bytes) => day first seen (8 bytes) + day last seen (8 bytes).
	seen = []byte("seen")
	// notes maps: name => value.
	notes = []byte("notes")
)

func buckets() [][]byte {
	return [][]byte{
		meta, orders, byBuyer, openByBuyer, byState, work, events, units, known, stocks, statistics,
		inbox, done, aside, languages, seen, notes,
	}
}
