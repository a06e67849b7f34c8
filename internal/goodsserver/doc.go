// Package goodsserver asks an owner's own server for goods, and tells it what became of them.
//
// It sends POST requests with a JSON body, signed as Standard Webhooks 1.0 says
// (standardwebhooks.com), and reads a JSON answer. docs/server.md is the manual for those who write
// such a server, and testdata/vectors.json has signed requests to test one against.
//
// A request may be repeated. It has the same id and body each time, and its id names the order, the
// line and the event. The shop keeps the first answer that it could read; nothing here is stored.
//
// Nothing is sent into the shop's own network: see newTransport.
package goodsserver
