package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"flexform/money"
)

// judgePrefix starts every path that is not FlexWin's.
const judgePrefix = "/_sandbox/"

// A transactionView is a [Transaction] in JSON.
type transactionView struct {
	Transact     string     `json:"transact"`
	Merchant     string     `json:"merchant,omitempty"`
	OrderID      string     `json:"orderid"`
	Currency     string     `json:"currency"`
	Amount       int64      `json:"amount_minor"`
	Status       Status     `json:"status"`
	Captured     int64      `json:"captured_minor"`
	Refunded     int64      `json:"refunded_minor"`
	AuthorisedAt time.Time  `json:"authorised_at"`
	PayType      string     `json:"paytype"`
	Batch        int64      `json:"batch,omitempty"`
	Moves        []moveView `json:"moves"`
	Details      *Details   `json:"details,omitempty"`
}

type moveView struct {
	Time   time.Time `json:"time"`
	Kind   MoveKind  `json:"kind"`
	Amount int64     `json:"amount_minor"`
	By     Origin    `json:"by"`
	Call   uint64    `json:"call,omitempty"`
}

func view(t *Transaction) transactionView {
	v := transactionView{
		Transact: t.Transact, Merchant: t.Merchant, OrderID: t.OrderID, Currency: t.Amount.Currency().Code(),
		Amount: t.Amount.Minor(), Status: t.Status, Captured: t.Captured.Minor(), Refunded: t.Refunded.Minor(),
		AuthorisedAt: t.AuthorisedAt, PayType: t.PayType, Batch: t.Batch, Moves: []moveView{},
	}
	if !reflect.ValueOf(t.Details).IsZero() {
		v.Details = &t.Details
	}
	for _, m := range t.Moves {
		v.Moves = append(v.Moves, moveView{m.Time, m.Kind, m.Amount.Minor(), m.By, m.Call})
	}
	return v
}

// judge answers /_sandbox/: GET transactions, calls, callbacks, vouchers, bulk,
// acquirers and authority; POST settle, bulk/run, decline, capture, refund, cancel and
// acquirers (up=yes or no); and what [Gateway.judgeFaults] does.
func (g *Gateway) judge(w http.ResponseWriter, r *http.Request) {
	if err := checkOrigin(r); err != nil {
		sendJSON(w, http.StatusForbidden, problem(err))
		return
	}
	what := strings.TrimPrefix(r.URL.Path, judgePrefix)
	if what == "faults" || what == "release" {
		g.judgeFaults(w, r, what)
		return
	}
	q, err := readQuery(w, r)
	if err != nil {
		sendJSON(w, http.StatusBadRequest, problem(err))
		return
	}
	switch r.Method + " " + what {
	case "GET transactions":
		sendJSON(w, http.StatusOK, map[string]any{"transactions": g.chosenViews(q)})
	case "GET calls":
		f := Filter{Service: q.text("service"), Money: q.text("kind") == "money", Transact: q.text("transact")}
		sendJSON(w, http.StatusOK, map[string]any{"requests": g.Requests(), "calls": g.Calls(f)})
	case "GET callbacks":
		sendJSON(w, http.StatusOK, map[string]any{"callbacks": append([]Callback{}, g.Callbacks()...)})
	case "GET vouchers":
		sendJSON(w, http.StatusOK, map[string]any{"vouchers": g.Vouchers()})
	case "GET bulk":
		sendJSON(w, http.StatusOK, map[string]any{"batches": g.BulkBatches(), "files": g.bulkFileViews()})
	case "GET bulk/certificate":
		certificate, err := g.FTPCertificate()
		sendPEM(w, certificate, err)
	case "GET authority":
		certificate, err := g.Authority()
		sendPEM(w, certificate, err)
	case "POST bulk/run":
		done, err := g.RunBulk()
		g.sendOutcome(w, map[string]any{"done": done}, err)
	case "POST settle":
		moved, err := g.Settle()
		g.sendOutcome(w, map[string]any{"moved": moved}, err)
	case "GET acquirers":
		sendJSON(w, http.StatusOK, map[string]any{"down": g.outages()})
	case "POST acquirers":
		if q.text("acquirer") == "" || q.params["up"] == "" {
			sendJSON(w, http.StatusBadRequest, problem(errors.New("acquirer and up=yes or up=no are needed")))
			return
		}
		g.SetAcquirer(q.text("acquirer"), q.on("up"))
		sendJSON(w, http.StatusOK, map[string]any{"down": g.outages()})
	case "POST decline":
		g.sendTransaction(w, q, g.Decline(q.text("transact")))
	case "POST capture", "POST refund", "POST cancel":
		g.sendTransaction(w, q, g.backOfficeQuery(MoveKind(what), q))
	default:
		sendJSON(w, http.StatusNotFound, problem(errors.New("no such judge: "+r.Method+" "+what)))
	}
}

func (g *Gateway) chosenViews(q query) []transactionView {
	merchant, transact := q.text("merchant"), q.text("transact")
	views := []transactionView{}
	for _, r := range g.book.all() {
		if (merchant == "" || r.belongsTo(merchant)) && (transact == "" || r.Transact == transact) {
			views = append(views, view(&r.Transaction))
		}
	}
	return views
}

func (g *Gateway) backOfficeQuery(kind MoveKind, q query) error {
	r := g.book.find(q.text("transact"))
	minor, isAmount := parseMinor(q.text("amount"))
	switch {
	case r == nil || kind == MoveCancel:
		return g.BackOffice(kind, q.text("transact"), money.Amount{})
	case !isAmount:
		return errors.New("amount is needed, in minor units")
	}
	return g.BackOffice(kind, r.Transact, inCurrencyOf(r, minor))
}

func (g *Gateway) sendTransaction(w http.ResponseWriter, q query, err error) {
	var body any
	if r := g.book.find(q.text("transact")); r != nil {
		body = view(&r.Transaction)
	}
	g.sendOutcome(w, body, err)
}

func (g *Gateway) sendOutcome(w http.ResponseWriter, body any, err error) {
	if err != nil {
		sendJSON(w, http.StatusConflict, problem(err))
		return
	}
	sendJSON(w, http.StatusOK, body)
}

func problem(err error) any {
	p := map[string]any{"error": err.Error()}
	var refused *RefusedError
	if errors.As(err, &refused) {
		p["result"] = refused.Result
	}
	return p
}

func sendJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// A client that has gone does not hear us.
	_ = json.NewEncoder(w).Encode(body)
}
