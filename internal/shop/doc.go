// Package shop is the domain: orders, stock, payments received, fulfilment,
// refunds and statistics. It knows no chat, no HTTP and no database: what it
// needs of them stands in store.go, rail.go and courier.go; other packages implement it.
//
// The one idea to keep in mind: the state of an order is the work queue. An
// order in StatePaid is a delivery still to be made, one in StateRefunding a
// transfer still to be made, one in StateNew an invoice still to be made. There
// is no second list that could disagree, so after a crash the next pass goes on
// from what is on disk, and every step may be repeated.
//
//	          checkout            invoice made              paid              goods handed over
//	(none) ───────────► new ───────────────────► awaiting ───────► paid ─────────────────────► delivered
//	                     │                          │               │ cannot be delivered now    │
//	                     └───────► cancelled ◄──────┘               ▼                            ▼
//	                                   │  late payment             held ◄────────────────── refunding ──► refunded
//	                                   └──────────────────► paid or held
//
// A paid order can be refunded while its goods are still made, and not while they are on their way. A
// delivered order is paid once more when one of its units is replaced, until the new unit is
// handed over (replace.go).
package shop
