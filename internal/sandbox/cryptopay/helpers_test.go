package cryptopay

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"shopbot/internal/money"
)

const (
	shop   = "12345:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIII"
	rival  = "54321:AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIII"
	alice  = int64(1001)
	bob    = int64(1002)
	asJSON = "application/json"
	asForm = "application/x-www-form-urlencoded"
)

// answer is an envelope as a client sees it.
type answer struct {
	status int
	raw    string
	OK     bool            `json:"ok"`
	Result json.RawMessage `json:"result"`
	Error  struct {
		Code int    `json:"code"`
		Name string `json:"name"`
	} `json:"error"`
}

// request is a call in one of the forms that SDKs use.
type request struct {
	verb, path, contentType, body string
}

func (q request) send(t *testing.T, s http.Handler, token string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), q.verb, q.path, strings.NewReader(q.body))
	r.Header.Set("Crypto-Pay-API-Token", token)
	if q.contentType != "" {
		r.Header.Set("Content-Type", q.contentType)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	a := answer{status: w.Code, raw: w.Body.String()}
	if strings.HasPrefix(a.raw, "{") {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &a))
	}
	return a
}

// call posts JSON.
func call(t *testing.T, s *Service, token, method, body string) answer {
	t.Helper()
	return request{"POST", "/api/" + method, asJSON, body}.send(t, s, token)
}

// requireBytes requires exactly these bytes: order and spelling matter, not only the meaning.
func requireBytes(t *testing.T, want, got string, why ...any) {
	t.Helper()
	require.Equal(t, want, got, why...)
}

// mustCall is a call that must succeed. It decodes the result into result if that is not nil.
func mustCall(t *testing.T, s *Service, token, method, body string, result any) {
	t.Helper()
	a := call(t, s, token, method, body)
	require.Equal(t, 200, a.status, a.raw)
	require.True(t, a.OK, a.raw)
	if result != nil {
		require.NoError(t, json.Unmarshal(a.Result, result), a.raw)
	}
}

func mustBill(t *testing.T, s *Service, body string) Invoice {
	t.Helper()
	var made struct {
		Hash string `json:"hash"`
	}
	mustCall(t, s, shop, "createInvoice", body, &made)
	v, err := s.Invoice(made.Hash)
	require.NoError(t, err)
	return v
}

func mustPay(t *testing.T, s *Service, v Invoice, asset money.Currency) Invoice {
	t.Helper()
	paid, err := s.Pay(v.Hash, alice, asset)
	require.NoError(t, err)
	return paid
}

func mustAmount(t *testing.T, number string, c money.Currency) money.Amount {
	t.Helper()
	a, err := money.Parse(number, c)
	require.NoError(t, err)
	return a
}

// has returns the amount of one currency.
func has(t *testing.T, amounts []money.Amount, c money.Currency) string {
	t.Helper()
	for _, a := range amounts {
		if a.Currency() == c {
			return a.Decimal()
		}
	}
	require.Fail(t, "no such currency", string(c))
	return ""
}

// listener receives webhooks in process.
type listener struct {
	mu     sync.Mutex
	got    []hook
	answer func(n int) (int, error) // for the nth request, from 1; nil: 200
}

type hook struct {
	url       string
	header    http.Header
	body      string
	signature string
}

func (l *listener) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, hook{r.URL.String(), r.Header, string(body), r.Header.Get(SignatureHeader)})
	status := 200
	if l.answer != nil {
		if status, err = l.answer(len(l.got)); err != nil {
			return nil, err
		}
	}
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Location": {"http://elsewhere.test/"}},
		Body:       io.NopCloser(bytes.NewReader(nil)),
		Request:    r,
	}, nil
}

func (l *listener) hooks() []hook {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]hook(nil), l.got...)
}

// zeros is a source of zeros instead of random bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
