package cryptopay

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"shopbot/internal/money"
)

// network is what differs between the main and the test network.
type network struct {
	bot    string // user name of the wallet's bot
	web    string // address of the wallet's web app
	assets []money.Currency
	swaps  bool // whether swap_to has an effect
}

func networkFor(testnet bool) network {
	n := network{bot: "CryptoBot", web: "https://app.send.tg", swaps: true}
	if testnet {
		n = network{bot: "CryptoTestnetBot", web: "https://testnet-app.send.tg"}
	}
	for _, a := range knownAssets() {
		if testnet || a.code != "JET" {
			n.assets = append(n.assets, a.code)
		}
	}
	return n
}

// botLink opens an invoice or a check in the bot's chat.
func (n network) botLink(hash string) string {
	return "https://t.me/" + n.bot + "?start=" + hash
}

func (n network) miniAppLink(hash string) string {
	return "https://t.me/" + n.bot + "/app?startapp=invoice-" + hash + "&mode=compact"
}

func (n network) webAppLink(hash string) string { return n.web + "/invoices/" + hash }

// hashLength is the length of a hash without its prefix.
const hashLength = 10

// newHash returns the public name of an invoice (prefix IV) or a check (CQ). The id goes in too, so
// names differ even if random repeats itself.
func newHash(prefix string, random io.Reader, id int64) (string, error) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var seed [24]byte
	if _, err := io.ReadFull(random, seed[:16]); err != nil {
		return "", fmt.Errorf("read random bytes for a hash: %w", err)
	}
	binary.BigEndian.PutUint64(seed[16:], uint64(id)) //nolint:gosec // ids count up from 1
	sum := sha256.Sum256(seed[:])
	name := []byte(prefix)
	for _, b := range sum[:hashLength] {
		name = append(name, alphabet[int(b)%len(alphabet)])
	}
	return string(name), nil
}

// find returns the id behind a reference: an id, a hash, or a link that contains the hash. It
// returns 0, which is not an id, for an unknown one. The lock is held.
func (s *Service) find(prefix, ref string) int64 {
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil {
		return id
	}
	hash := regexp.MustCompile(prefix + `[0-9A-Za-z]{10}`)
	for _, candidate := range hash.FindAllString(ref, -1) {
		if id, found := s.byHash[candidate]; found {
			return id
		}
	}
	return 0
}
