// Package cryptopay is a Crypto Pay API in memory: for the demo, for tests, and for trying other
// bots and SDKs without an account.
//
// It answers what the real service answers, byte for byte where the bytes are known: the requests
// of real SDKs in all their forms, limits, error names, fields in the order of captured answers,
// signed webhooks with their retries. It knows nothing of shops and shares no code with the shop's
// client, so the two cannot share a mistake. The one idea to keep in mind: any well-formed token is
// an app of its own, every user has a wallet, and coins only move between the two.
//
// A Service is safe for concurrent use. In a testing/synctest bubble, create and close it inside
// the bubble.
//
// # Choices where the real behavior is unknown
//
//   - A missing or wrong parameter without a known error name gives 400 with NAME_REQUIRED or
//     NAME_INVALID, such as SPEND_ID_REQUIRED. A body that cannot be read gives 400 BAD_REQUEST.
//   - The token is checked before the method's name.
//   - Lists are sorted by id, newest first. Their status filter takes only the documented words, so
//     not "expired". A count of 0 or above 1000 gives COUNT_INVALID.
//   - A paid invoice cannot be deleted: INVOICE_NOT_FOUND.
//   - A fiat invoice costs amount ÷ rate in the chosen asset, with 8 decimals, rounded up, so the
//     merchant never gets less than the price.
//   - The fee is 3 %, truncated to 8 decimals.
//   - A transfer is worth 1 to 25,000 USD, a check at least 0.01 USD.
//   - volume and conversion of getStats are strings, as last observed; conversion is in percent. A
//     span over 366 days is INTERVAL_TOO_BIG.
//   - A webhook is tried 17 times: after 4 s, then after twice the previous wait, about 3 days in
//     all. Every attempt carries the same bytes and so the request_date of the first. An attempt
//     may take 5 s, any 2xx ends the delivery, redirects are not followed. update_id counts up per
//     app.
package cryptopay
