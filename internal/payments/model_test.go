package payments_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"shopbot/internal/money"
)

// model is a Crypto Pay that keeps what it did, and breaks off as a seed tells.
type model struct {
	*fakeAPI
	mu        sync.Mutex
	chance    *rand.Rand
	trouble   float64 // how likely a call goes wrong
	late      bool    // hanging calls may be done after the caller gave up
	invoices  []modelInvoice
	transfers []modelTransfer
	balance   money.Amount
	looksAt   bool // at the balance before the spend_id
}

type modelInvoice struct {
	id              int64
	payload, status string
	at              time.Time
}

type modelTransfer struct{ user, asset, amount, spendID string }

func newModel(seed uint64) *model {
	chance := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a schedule has to be repeatable
	m := &model{fakeAPI: newAPI(), chance: chance, trouble: 0.6}
	m.Handle("createInvoice", m.broken(m.createInvoice))
	m.Handle("deleteInvoice", m.broken(m.deleteInvoice))
	m.Handle("getInvoices", m.broken(m.getInvoices))
	m.Handle("transfer", m.broken(m.transfer))
	m.Handle("getTransfers", m.broken(m.getTransfers))
	return m
}

// done is what the model has done so far.
func (m *model) done() ([]modelInvoice, []modelTransfer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.invoices), slices.Clone(m.transfers)
}

func (m *model) roll(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.chance.IntN(n)
}

func (m *model) calm() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trouble = 0
}

// broken lets a call go wrong before, during or after its work.
func (m *model) broken(work func(apiCall) apiAnswer) func(apiCall) apiAnswer {
	do := func(call apiCall) apiAnswer {
		m.mu.Lock()
		defer m.mu.Unlock()
		return work(call)
	}
	return func(call apiCall) apiAnswer {
		m.mu.Lock()
		fine := m.chance.Float64() >= m.trouble
		m.mu.Unlock()
		if fine {
			return do(call)
		}
		switch m.roll(9) {
		case 0:
			return never()
		case 1:
			return cut()
		case 2:
			return refusal(http.StatusTooManyRequests, "TOO_MANY_REQUESTS").RetryAfter("1")
		case 3:
			return gatewayPage(http.StatusBadGateway)
		case 4:
			do(call)
			return gatewayPage(http.StatusBadGateway)
		case 5:
			answer := do(call)
			answer.Body = answer.Body[:len(answer.Body)/2]
			return answer
		case 6:
			return m.hang(call, do)
		default:
			do(call)
			return cut()
		}
	}
}

// hang lets the caller give up first.
func (m *model) hang(call apiCall, do func(apiCall) apiAnswer) apiAnswer {
	<-call.Context().Done()
	if m.late {
		time.AfterFunc(time.Duration(m.roll(20))*time.Second, func() { do(call) })
	}
	return apiAnswer{Err: call.Context().Err()}
}

func (m *model) createInvoice(call apiCall) apiAnswer {
	inv := modelInvoice{int64(len(m.invoices) + 1), call.Param("payload"), "active", time.Now()}
	m.invoices = append(m.invoices, inv)
	return okResult(inv.json())
}

func (i modelInvoice) json() string {
	return fmt.Sprintf(`{"invoice_id":%d,"status":%q,"payload":%q,"created_at":%q}`,
		i.id, i.status, i.payload, i.at.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (m *model) deleteInvoice(call apiCall) apiAnswer {
	for i, inv := range m.invoices {
		if strconv.FormatInt(inv.id, 10) == call.Param("invoice_id") && inv.status == "active" {
			m.invoices[i].status = "deleted"
			return okResult("true")
		}
	}
	return refusal(http.StatusBadRequest, "INVOICE_NOT_FOUND")
}

func (m *model) getInvoices(call apiCall) apiAnswer {
	var items []string
	for _, inv := range slices.Backward(m.invoices) {
		if inv.status == call.Param("status") {
			items = append(items, inv.json())
		}
	}
	offset, _ := strconv.Atoi(call.Param("offset"))
	count, _ := strconv.Atoi(call.Param("count"))
	items = items[min(offset, len(items)):min(offset+count, len(items))]
	return okResult(`{"items":[` + strings.Join(items, ",") + `]}`)
}

// payOne is a buyer who pays whatever invoice is open.
func (m *model) payOne() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, inv := range m.invoices {
		if inv.status == "active" {
			m.invoices[i].status = "paid"
			return
		}
	}
}

func (m *model) transfer(call apiCall) apiAnswer {
	t := modelTransfer{call.Param("user_id"), call.Param("asset"), call.Param("amount"), call.Param("spend_id")}
	known := slices.ContainsFunc(m.transfers, func(other modelTransfer) bool { return other.spendID == t.spendID })
	asked, err := money.Parse(t.amount, money.Currency(t.asset))
	if err != nil {
		return refusal(http.StatusBadRequest, "AMOUNT_INVALID")
	}
	rest, err := m.balance.Sub(asked)
	poor := err != nil || rest.Sign() < 0
	switch {
	case poor && (m.looksAt || !known):
		return refusal(http.StatusBadRequest, "NOT_ENOUGH_COINS")
	case known:
		return used
	}
	m.balance = rest
	m.transfers = append(m.transfers, t)
	return okResult(strings.Replace(t.json(len(m.transfers)), "spend_id", "left_out", 1))
}

func (t modelTransfer) json(id int) string {
	return fmt.Sprintf(`{"transfer_id":%d,"spend_id":%q,"user_id":%q,"asset":%q,"amount":%q,"status":"completed"}`,
		id, t.spendID, t.user, t.asset, t.amount)
}

func (m *model) getTransfers(call apiCall) apiAnswer {
	var items []string
	for i, t := range m.transfers {
		if t.spendID == call.Param("spend_id") {
			items = append(items, t.json(i+1))
		}
	}
	return okResult(`{"items":[` + strings.Join(items, ",") + `]}`)
}
