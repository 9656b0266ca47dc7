package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"flexform/money"
)

// maxPressed caps the form that a button sends.
const maxPressed = 4 << 10

// An attempt is a button that was pressed and what came of it.
type attempt struct {
	Action  string
	Amount  string // as it was written
	Field   string // what is wrong with the amount
	Problem string // why nothing was done, or not what was asked for
	Done    string
}

var errStale = errors.New("the transaction has changed since the page was loaded, so nothing was done; it is shown as it is now")

// seen is what a page knows of t. A button that was pressed on an older page,
// or twice, does nothing.
func seen(t *record) string { return fmt.Sprintf("%d.%d.%d", t.Status, len(t.Moves), t.Amount.Minor()) }

// act answers the buttons of a transaction's page. Done, it sends the browser
// back to the page, so that loading it again repeats nothing.
func (p *merchantPage) act(w http.ResponseWriter, r *http.Request) {
	if !p.pressed(w, r) {
		return
	}
	t := p.find(w, r)
	if t == nil {
		return
	}
	a := attempt{Action: r.PathValue("action"), Amount: strings.TrimSpace(r.PostForm.Get("amount"))}
	var amount money.Amount
	switch a.Action {
	case actCapture, actRefund:
		var err error
		if amount, err = money.ParseDecimal(a.Amount, t.Amount.Currency()); err != nil {
			a.Field = err.Error()
		} else if amount.Zero() {
			a.Field = "write an amount above zero"
		}
	case actCancel, actSettle, actDecline:
	default:
		p.fail(w, r, http.StatusNotFound, "The back-office has no such action.")
		return
	}
	if a.Field != "" {
		p.showTransaction(w, r, t, http.StatusUnprocessableEntity, a)
		return
	}
	refused, err := p.gateway.press(a.Action, t.Transact, amount, r.PostForm.Get("seen"))
	switch {
	case err != nil:
		p.fail(w, r, http.StatusInternalServerError, "Nothing is known of what became of it: "+err.Error()+".")
	case refused != nil:
		a.Problem = refusalText(refused)
		p.showTransaction(w, r, p.gateway.book.find(t.Transact), http.StatusConflict, a)
	default:
		http.Redirect(w, r, transactionHref(t.Transact)+"?done="+a.Action, http.StatusSeeOther)
	}
}

// pressed reads the form of a button and reports whether it may act; if not,
// it has sent an error page.
func (p *merchantPage) pressed(w http.ResponseWriter, r *http.Request) bool {
	if err := checkPressed(r); err != nil {
		p.fail(w, r, http.StatusForbidden, sentence(err.Error())+".")
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPressed)
	if err := r.ParseForm(); err != nil {
		p.fail(w, r, http.StatusBadRequest, "The form did not arrive whole: nothing was done.")
		return false
	}
	return true
}

// press does what a button is for, unless the transaction is not any more what
// its page showed. The first error is a refusal, after which nothing or, where
// the acquirer rejects, only the status has changed.
func (g *Gateway) press(action, transact string, amount money.Amount, shown string) (refused, err error) {
	err = g.writer.do(func(c *batch) {
		t := c.find(transact)
		if seen(t) != shown {
			refused = errStale
			return
		}
		switch action {
		case actSettle:
			if g.step(c, []string{transact}, always) == 0 {
				refused = errors.New("nothing is in flight")
			}
		case actDecline:
			refused = g.declineOpen(c, transact)
		default:
			refused = g.backOffice(c, MoveKind(action), transact, amount)
		}
	})
	return refused, err
}

// settleAll answers the button that takes all that is in flight a step further.
func (p *merchantPage) settleAll(w http.ResponseWriter, r *http.Request) {
	if !p.pressed(w, r) {
		return
	}
	if _, err := p.gateway.Settle(); err != nil {
		p.fail(w, r, http.StatusInternalServerError, "Nothing is known of what became of it: "+err.Error()+".")
		return
	}
	http.Redirect(w, r, "/?done=settle", http.StatusSeeOther)
}
