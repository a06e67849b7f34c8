// Package payments speaks with Crypto Pay: a Client for all methods of its API,
// and a Listener for its webhooks. It uses Crypto Pay's own words and knows
// nothing of orders. The API that it follows is version 1.5.2.
//
// The one idea to keep in mind: a call whose answer was lost may have been done.
// Every failed call is an *Error, and [MayHaveHappened] tells whether there is
// such a doubt. What the client does about it by itself depends on the method:
//
//	get…                        changes nothing and is repeated
//	transfer                    is repeated under the same spend_id, looked up where it was used before
//	deleteInvoice, deleteCheck  are repeated, "not found" then counts as done
//	createInvoice               is repeated only after failures that surely did nothing;
//	                            after others look with FindInvoicesByPayload
//	createCheck                 is never repeated
//
// # Limits
//
// Requests go through a token bucket for the whole Client, in order; those of a
// context from [Background] let others go first. After a 429 the bucket is slower
// for a while, and closed for as long as the API asked. Tries wait with
// exponential backoff and full jitter, never beyond the context's deadline.
//
// # Amounts
//
// Amounts are exact and carry their currency. What the API adds over time (fields,
// statuses, assets, error names) passes through; a value that cannot be
// expressed is left zero and named in the Unread field of its object.
//
// # Secrets
//
// The token is in no error, no log and no printed Client or Listener, also where
// a server or a proxy sends it back.
//
// # Tests
//
// Package paymentstest has a transport that answers methods by functions.
package payments
