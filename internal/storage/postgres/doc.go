// Package postgres is the storage engine on PostgreSQL, for a shop that runs on more than one
// machine.
//
// It knows entries, and nothing of orders: the business steps are those of package storage. The one
// idea to keep in mind: whoever writes first locks the one row of table shop, so that one
// transaction writes at a time, whichever replica it is of. What a replica wants to write while
// another one does is gathered into its next transaction.
//
// Tables:
//
//	entries   bucket and key => value
//	buckets   names of the buckets
//	sequences last number drawn from each bucket
//	shop      one row: number of the last commit, term of the leader, layout of these tables
//	commits   token of each of the last commits
//	lease     one row: who leads, and until when
//	work      which order waits for which task, and until when it is claimed
//
// It uses little of PostgreSQL, so that databases which speak its protocol can serve: transactions,
// row locks, upserts, arrays. LISTEN and NOTIFY only hurry what a look every two seconds finds.
package postgres
