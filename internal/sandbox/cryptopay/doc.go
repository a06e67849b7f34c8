// Package cryptopay is a Crypto Pay API that lives in memory: for the demo, for
// tests, and for trying other people's bots and SDKs without an account.
//
// It answers what the real service answers, byte for byte where bytes are
// known: the requests that real SDKs send in all their forms, limits, names of
// errors, fields in the order of captured answers, signed webhooks with their
// repeats. It knows nothing of shops, and shares no code with our own client, so
// that the two cannot share a mistake. The one idea to keep in mind: any
// well-formed token is an app of its own, every person has a wallet, and coins
// only ever move between the two.
//
// A Service may be used from many goroutines. Inside a testing/synctest bubble
// it must be made by New inside the bubble, and closed there.
//
// # Chosen where the real behaviour is not known
//
//   - A parameter that is missing or wrong, and for which no name of an error is
//     known, gives 400 with NAME_REQUIRED or NAME_INVALID, such as
//     SPEND_ID_REQUIRED. A body that cannot be read gives 400 BAD_REQUEST.
//   - The token is checked before the method's name.
//   - Lists are sorted by id, newest first. Their status filter takes only the
//     documented words, so not "expired". A count of 0 or above 1000 gives
//     COUNT_INVALID.
//   - A paid invoice cannot be deleted: INVOICE_NOT_FOUND.
//   - A fiat invoice costs amount ÷ rate in the chosen asset, with 8 decimals,
//     rounded up, so that the merchant never gets less than was asked.
//   - The fee is 3 %, cut after 8 decimals.
//   - A transfer is worth 1 to 25,000 USD, a check at least 0.01 USD.
//   - volume and conversion of getStats are strings, as seen last; conversion is
//     in percent. A span over 366 days is INTERVAL_TOO_BIG.
//   - Webhooks are tried 17 times, first after 4 s, then after twice the wait each
//     time, which makes about 3 days. Every attempt carries the same bytes and so
//     the same request_date, the time of the first. An attempt may take 5 s, any
//     2xx ends the delivery, redirects are not followed. update_id counts up
//     per app.
package cryptopay
