package cryptopay

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

// TokenHeader is the request header that holds the app's token.
const TokenHeader = "Crypto-Pay-API-Token" //nolint:gosec // the name of a header, not a secret

// maxBody is the largest body of a request that is read, in bytes.
const maxBody = 256 << 10

// method is one method of the API. It runs with the lock held.
type method struct {
	run    func(a *app, in *reader) (any, error)
	writes bool // whether a page shows something new afterwards
}

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

// ServeHTTP answers /api/<method>, also with more than one slash between the two;
// other paths are a plain 404. To a failure planned with FailNext it may cut the
// connection, by the panic http.ErrAbortHandler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, found := strings.CutPrefix(r.URL.Path, "/api/")
	if !found {
		http.NotFound(w, r)
		return
	}
	name := strings.TrimLeft(path, "/")
	body, err := readBody(w, r)
	if err != nil {
		htmlPage(http.StatusRequestEntityTooLarge).write(w)
		return
	}
	answer := func() reply { return s.answer(name, r, body) }
	if failure, planned := s.takeFailure(name); planned {
		failure.play(w, r, answer)
		return
	}
	answer().write(w)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil { // a request that came through no server
		return nil, nil
	}
	return io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
}

// answer does the work of a call.
func (s *Service) answer(name string, r *http.Request, body []byte) reply {
	token := r.Header.Get(TokenHeader)
	if _, ok := appID(token); !ok {
		return refuse(apiError{http.StatusUnauthorized, "UNAUTHORIZED"})
	}
	m, known := s.methods[name]
	if !known || r.Method != http.MethodGet && r.Method != http.MethodPost {
		return refuse(apiError{http.StatusMethodNotAllowed, "METHOD_NOT_FOUND"})
	}
	p, err := parseParams(r.URL.RawQuery, r.Header.Get("Content-Type"), body)
	if err != nil {
		return refuse(bad("BAD_REQUEST"))
	}
	result, fresh, err := s.call(m, token, p)
	if fresh || m.writes && err == nil {
		s.changed()
	}
	if err != nil {
		return s.refused(name, err)
	}
	return envelope(http.StatusOK, success{OK: true, Result: result})
}

// call runs a method for the token's app, and tells whether that is a new app.
func (s *Service) call(m method, token string, p params) (result any, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := len(s.tokens)
	a := s.app(token)
	result, err = m.run(a, &reader{params: p})
	return result, len(s.tokens) > known, err
}

func (s *Service) refused(name string, err error) reply {
	known, ok := errors.AsType[apiError](err)
	if !ok {
		s.log.Error("call", "method", name, "error", err)
		known = internalError()
	}
	return refuse(known)
}
