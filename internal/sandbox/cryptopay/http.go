package cryptopay

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"shopbot/internal/sandbox/emulate"
)

// TokenHeader is the request header that holds the app's token.
const TokenHeader = "Crypto-Pay-API-Token" //nolint:gosec // the name of a header, not a secret

// maxBody limits the body of a request, in bytes.
const maxBody = 256 << 10

// method is one method of the API. It runs with the lock held.
type method struct {
	run    func(a *app, in *reader) (any, error)
	writes bool // whether a page shows something new afterwards
}

// Methods lists the methods of the API, sorted.
func Methods() []string { return slices.Sorted(maps.Keys((&Service{}).routes())) }

func (s *Service) routes() map[string]method {
	return map[string]method{
		"getMe":            {run: s.getMe},
		"createInvoice":    {run: s.createInvoice, writes: true},
		"deleteInvoice":    {run: s.deleteInvoice, writes: true},
		"createCheck":      {run: s.createCheck, writes: true},
		"deleteCheck":      {run: s.deleteCheck, writes: true},
		"transfer":         {run: s.transfer, writes: true},
		"getInvoices":      {run: s.getInvoices},
		"getTransfers":     {run: s.getTransfers},
		"getChecks":        {run: s.getChecks},
		"getBalance":       {run: s.getBalance},
		"getExchangeRates": {run: s.getExchangeRates},
		"getCurrencies":    {run: s.getCurrencies},
		"getStats":         {run: s.getStats},
	}
}

// ServeHTTP answers /api/<method>, also with several slashes in a row; other paths are a plain 404.
// A failure planned with FailNext may cut the connection by the panic http.ErrAbortHandler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, found := strings.CutPrefix(strings.TrimLeft(r.URL.Path, "/"), "api/")
	if !found {
		http.NotFound(w, r)
		return
	}
	name := strings.TrimLeft(path, "/")
	body, err := emulate.ReadBody(w, r, maxBody)
	if err != nil {
		emulate.WriteGatewayPage(w, http.StatusRequestEntityTooLarge)
		return
	}
	answer := func() reply { return s.answer(name, r, body) }
	if failure, planned := s.failures.Take(name); planned {
		failure.play(w, r, answer)
		return
	}
	answer().write(w)
}

// answer does the work of a call.
func (s *Service) answer(name string, r *http.Request, body []byte) reply {
	token := r.Header.Get(TokenHeader)
	if _, ok := appID(token); !ok {
		return refuse(apiError{Code: http.StatusUnauthorized, Name: "UNAUTHORIZED"})
	}
	m, known := s.methods[name]
	if !known || r.Method != http.MethodGet && r.Method != http.MethodPost {
		return refuse(apiError{Code: http.StatusMethodNotAllowed, Name: "METHOD_NOT_FOUND"})
	}
	p, err := parseParams(r.URL.RawQuery, r.Header.Get("Content-Type"), body)
	if err != nil {
		return refuse(bad("BAD_REQUEST"))
	}
	result, newApp, err := s.call(m, token, p)
	if newApp || m.writes && err == nil {
		s.listeners.Notify()
	}
	if err == nil {
		return reply{http.StatusOK, success{OK: true, Result: result}}
	}
	refused, ok := errors.AsType[apiError](err)
	if !ok {
		s.log.Error("call failed", "method", name, "error", err)
		refused = internalError()
	}
	return refuse(refused)
}

// call runs a method for the token's app. newApp reports whether this call created the app.
func (s *Service) call(m method, token string, p emulate.Params) (result any, newApp bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := len(s.tokens)
	a := s.app(token)
	result, err = m.run(a, &reader{params: p})
	return result, len(s.tokens) > known, err
}
