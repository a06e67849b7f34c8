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
	maxPayload       = 4096 // bytes, the stricter of the two readings of "4 KB"
	maxExpiresIn     = 31 * 24 * 60 * 60
)

// expiryLead is how much earlier than created_at + expires_in an invoice
// expires: 1 to 4 ms were seen.
const expiryLead = 2 * time.Millisecond

func (s *Service) createInvoice(a *app, in *reader) (any, error) {
	v := &Invoice{
		AppID:          a.id,
		token:          a.token,
		Description:    in.limited("description", maxDescription),
		HiddenMessage:  in.limited("hidden_message", maxHiddenMessage),
		Payload:        in.payload(),
		AllowComments:  in.flag("allow_comments", true),
		AllowAnonymous: in.flag("allow_anonymous", true),
		CreatedAt:      now(),
	}
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
	if err := s.issue(a, v); err != nil {
		return nil, err
	}
	return v.object(), nil
}

// issue gives the invoice its number and its links, and keeps it.
func (s *Service) issue(a *app, v *Invoice) error {
	hash, err := newHash("IV", s.rand, s.lastID.invoice+1)
	if err != nil {
		return err
	}
	s.lastID.invoice++
	v.ID, v.Hash = s.lastID.invoice, hash
	v.BotURL = s.network.botLink(hash)
	v.MiniAppURL = s.network.miniAppLink(hash)
	v.WebAppURL = s.network.webAppLink(hash)
	s.invoices[v.ID] = v
	s.byHash[hash] = v.ID
	a.invoices = append(a.invoices, v)
	return nil
}

func (s *Service) readPrice(v *Invoice, in *reader) {
	unsupported := bad("UNSUPPORTED_ASSET")
	if in.word("currency_type", "crypto", "fiat") != "fiat" {
		v.Amount = in.amount(in.code("asset", s.network.assets, unsupported))
		return
	}
	v.Fiat = true
	fiat := in.code("fiat", s.rates.fiats, invalid("fiat"))
	for _, part := range in.parts("accepted_assets") {
		asset := money.Currency(part)
		if !slices.Contains(s.network.assets, asset) {
			in.refuse(unsupported)
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

func (r *reader) payload() string {
	payload := r.text("payload")
	if len(payload) > maxPayload {
		r.refuse(invalid("payload"))
	}
	return payload
}

// button reads the button that is shown after payment: its kind needs its address.
func (r *reader) button() (name, url string) {
	name = r.word("paid_btn_name", "viewItem", "openChannel", "openBot", "callback")
	url = r.limited("paid_btn_url", maxButtonURL)
	switch {
	case name != "" && url == "":
		r.refuse(bad("PAID_BTN_URL_REQUIRED"))
	case url != "" && !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://"):
		r.refuse(invalid("paid_btn_url"))
	}
	return name, url
}

// expiresIn is how long the invoice may be paid; 0: for ever.
func (r *reader) expiresIn() time.Duration {
	if r.text("expires_in") == "" {
		return 0
	}
	seconds := r.integer("expires_in", 0)
	if seconds < 1 || seconds > maxExpiresIn {
		r.refuse(invalid("expires_in"))
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// deleteInvoice forgets an invoice that nobody has paid.
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
	part := in.window()
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
	return newest(a.invoices, part, keep, (*Invoice).object), nil
}
