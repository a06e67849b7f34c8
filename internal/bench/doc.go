// Command bench measures the real shop under load and prints one table.
//
//	go run ./internal/bench [-quick] [-orders 100,10000,1000000] [-only part] [-data dir]
//
// The shop is the program as it is built for its owner, in a process of its own;
// so is each of the handlers that it is compared with. This process sends the
// webhooks and the chat updates, and is Telegram and Crypto Pay for the shop. All
// run on one machine and share its processors, so ratios of one run say more than
// figures of different ones. What each row means stands in docs/performance.md.
package main
