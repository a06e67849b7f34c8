// Command goodsserver is an example of an owner's server that makes goods: docs/server.md.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"sync"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	verifier, err := webhooks.NewWebhook(os.Getenv("GOODS_SECRET"))
	if err != nil {
		log.Fatal("GOODS_SECRET: ", err)
	}
	log.Fatal(http.ListenAndServe(os.Args[1], handler(verifier))) //nolint:gosec // behind a proxy with TLS and time limits
}

func handler(verifier *webhooks.Webhook) http.Handler {
	var mu sync.Mutex
	made := map[string]string{} // id of the request => account; a real server keeps this in its database
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || verifier.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var told struct{ Event, Order, Buyer string }
		if json.Unmarshal(body, &told) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		log.Println(told.Event, told.Order, told.Buyer) // refunded, ended: close the account here
		if told.Event != "deliver" {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		id := r.Header.Get("Webhook-Id")
		if made[id] == "" {
			made[id] = "Login: user-" + told.Order
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"text": made[id]})
	})
}
