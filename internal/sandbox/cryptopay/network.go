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
	swaps  bool // whether swap_to does anything
}

func mainnet() network {
	return network{
		bot:    "CryptoBot",
		web:    "https://app.send.tg",
		assets: []money.Currency{"USDT", "TON", "BTC", "ETH", "LTC", "BNB", "TRX", "USDC"},
		swaps:  true,
	}
}

func testnet() network {
	return network{
		bot:    "CryptoTestnetBot",
		web:    "https://testnet-app.send.tg",
		assets: append(mainnet().assets, "JET"),
	}
}

// botLink opens an invoice or a check in the bot's chat.
func (n network) botLink(hash string) string {
	return "https://t.me/" + n.bot + "?start=" + hash
}

func (n network) miniAppLink(hash string) string {
	return "https://t.me/" + n.bot + "/app?startapp=invoice-" + hash + "&mode=compact"
}

func (n network) webAppLink(hash string) string {
	return n.web + "/invoices/" + hash
}

// hashLength is that of a hash without its prefix.
const hashLength = 10

// newHash makes the public name of an invoice (prefix IV) or a check (CQ). The
// id goes in too, so that names differ even when random does not.
func newHash(prefix string, random io.Reader, id int64) (string, error) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	var seed [24]byte
	if _, err := io.ReadFull(random, seed[:16]); err != nil {
		return "", fmt.Errorf("random bytes of a hash: %w", err)
	}
	binary.BigEndian.PutUint64(seed[16:], uint64(id)) //nolint:gosec // ids count up from 1
	sum := sha256.Sum256(seed[:])
	name := []byte(prefix)
	for _, b := range sum[:hashLength] {
		name = append(name, alphabet[int(b)%len(alphabet)])
	}
	return string(name), nil
}

// find is the id of what a person may have in hand: an id, a hash, or a link that
// holds the hash; 0, which is nobody's id, for a strange one. Call it with the
// lock held.
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
