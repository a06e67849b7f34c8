package cryptopay

import (
	"slices"
	"strings"
	"time"

	"shopbot/internal/money"
)

// Limits of createInvoice.
const (
	maxDescription   = 1024 // characters
	maxHiddenMessage = 2048 // characters
	maxButtonURL     = 1024 // characters
	maxPayload       = 4096 // bytes, the stricter reading of "4 KB"
	maxExpiresIn     = 31 * 24 * 60 * 60
)

// expiryLead is how much earlier than created_at + expires_in an invoice expires: 1 to 4 ms were
// observed.
const expiryLead = 2 * time.Millisecond

func (s *Service) createInvoice(a *app, in *reader) (any, error) {
	v := &Invoice{
		AppID:          a.id,
		token:          a.token,
		Description:    in.limited("description", maxDescription),
		HiddenMessage:  in.limited("hidden_message", maxHiddenMessage),
		Payload:        in.text("payload"),
		AllowComments:  in.flag("allow_comments", true),
		AllowAnonymous: in.flag("allow_anonymous", true),
		CreatedAt:      now(),
	}
	in.require("payload", len(v.Payload) <= maxPayload)
	s.readPrice(v, in)
	v.ButtonName, v.ButtonURL = in.button()
	if expires := in.expiresIn(); expires > 0 {
		v.ExpiresAt = v.CreatedAt.Add(expires - expiryLead)
	}
	if target := in.word("swap_to", swapTargets()...); s.network.swaps {
		v.SwapTo = money.Currency(target)
	}
	if in.err != nil {
		return nil, in.err
	}
	hash, err := newHash("IV", s.rand, s.lastID.invoice+1)
	if err != nil {
		return nil, err
	}
	s.lastID.invoice++
	v.ID, v.Hash = s.lastID.invoice, hash
	v.BotURL, v.MiniAppURL, v.WebAppURL = s.network.botLink(hash), s.network.miniAppLink(hash), s.network.webAppLink(hash)
	s.invoices[v.ID] = v
	s.byHash[hash] = v.ID
	a.invoices = append(a.invoices, v)
	return v.object(), nil
}

// unsupported is one of the two asset errors, with the list of assets that come in question.
func (s *Service) unsupported(name string) apiError {
	e := bad(name)
	e.allowed = s.network.assets
	return e
}

// readPrice reads the currency and the amount.
func (s *Service) readPrice(v *Invoice, in *reader) {
	if in.word("currency_type", "crypto", "fiat") != "fiat" {
		v.Amount = in.amount(in.code("asset", s.network.assets, s.unsupported("UNSUPPORTED_ASSET")))
		return
	}
	v.Fiat = true
	fiat := in.code("fiat", s.rates.fiats, invalid("fiat"))
	for _, part := range in.parts("accepted_assets") {
		asset := money.Currency(part)
		if !slices.Contains(s.network.assets, asset) {
			in.refuse(s.unsupported("UNSUPPORTED_ACCEPTED_ASSET"))
		}
		if !slices.Contains(v.Accepted, asset) {
			v.Accepted = append(v.Accepted, asset)
		}
	}
	if len(v.Accepted) == 0 {
		v.Accepted = slices.Clone(s.network.assets)
	}
	v.Amount = in.amount(fiat)
}

// button reads the button to show after payment. A name needs an address.
func (r *reader) button() (name, url string) {
	name = r.word("paid_btn_name", "viewItem", "openChannel", "openBot", "callback")
	url = r.limited("paid_btn_url", maxButtonURL)
	if name != "" && url == "" {
		r.refuse(missing("paid_btn_url"))
	}
	r.require("paid_btn_url", url == "" || strings.HasPrefix(url, "http://") || strings.HasPrefix(url, "https://"))
	return name, url
}

// expiresIn reads how long the invoice may be paid; 0: no limit.
func (r *reader) expiresIn() time.Duration {
	if r.text("expires_in") == "" {
		return 0
	}
	seconds := r.integer("expires_in", 0)
	r.require("expires_in", seconds >= 1 && seconds <= maxExpiresIn)
	return time.Duration(seconds) * time.Second
}

// deleteInvoice deletes an unpaid invoice.
func (s *Service) deleteInvoice(a *app, in *reader) (any, error) {
	id := in.id("invoice_id")
	if in.err != nil {
		return nil, in.err
	}
	v := s.invoices[id]
	if v == nil || v.token != a.token || !v.Payment.At.IsZero() {
		return nil, bad("INVOICE_NOT_FOUND")
	}
	delete(s.invoices, id)
	delete(s.byHash, v.Hash)
	a.invoices = slices.DeleteFunc(a.invoices, func(other *Invoice) bool { return other == v })
	return true, nil
}

func (s *Service) getInvoices(a *app, in *reader) (any, error) {
	assets, fiats := in.codeFilter("asset"), in.codeFilter("fiat")
	wanted := in.idFilter("invoice_ids")
	status := Status(in.word("status", string(StatusActive), string(StatusPaid)))
	window := in.window()
	if in.err != nil {
		return nil, in.err
	}
	moment := now()
	keep := func(v *Invoice) bool {
		var asset, fiat money.Currency
		if v.Fiat {
			fiat = v.Amount.Currency()
		} else {
			asset = v.Amount.Currency()
		}
		return wanted.passes(v.ID) && assets.passes(asset) && fiats.passes(fiat) &&
			(status == "" || status == v.statusAt(moment))
	}
	return newest(a.invoices, window, keep, (*Invoice).object), nil
}
