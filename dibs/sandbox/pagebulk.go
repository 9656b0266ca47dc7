package sandbox

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"flexform/money"
)

// pageBatches is how many batches one page lists, pageBulkRows how many rows of
// one of them.
const (
	pageBatches  = 50
	pageBulkRows = 100
)

// A batchView is a batch and how far it has come.
type batchView struct {
	BulkBatch
	Href        string
	State, Tone string // Tone is a class of the style sheet
	Accepted    int
	Declined    int
}

func shownBatch(b BulkBatch) batchView {
	v := batchView{BulkBatch: b, Href: "/bulk/batches/" + b.Name, State: "carried out", Tone: "good", Accepted: b.Accepted()}
	v.Declined = len(b.Rows) - v.Accepted
	switch {
	case b.Done.IsZero():
		v.State, v.Tone = "waits", "wait"
	case b.Error != "":
		v.State, v.Tone = "not carried out", "bad"
	}
	return v
}

type bulkPage struct {
	Batches []batchView
	Waiting int
	Pages   pageTurner
	Files   []bulkFileView
	More    int // files that are not listed
	Done    bool
}

// maxListed is how many files of the directory are listed.
const maxListed = 200

// bulk is the page of the batches, the newest first, and of the directory.
func (p *merchantPage) bulk(w http.ResponseWriter, r *http.Request) {
	batches, files := p.gateway.BulkBatches(), p.gateway.bulkFileViews()
	slices.Reverse(batches) // so that those that wait come first
	query := r.URL.Query()
	v := bulkPage{Files: files[:min(len(files), maxListed)], Done: query.Get("done") == "run"}
	v.More = len(files) - len(v.Files)
	for _, b := range batches {
		if b.Done.IsZero() {
			v.Waiting++
		}
	}
	v.Pages = turnPages(len(batches), pageBatches, readPage(query), func(page int) string { return pageHref("/bulk", page) })
	for _, b := range batches[v.Pages.from:v.Pages.To] {
		v.Batches = append(v.Batches, shownBatch(b))
	}
	p.show(w, r, http.StatusOK, "bulk", "Bulk files", v)
}

// A bulkRowView is a row of a batch in words.
type bulkRowView struct {
	BulkRow
	Subject     pageLink     // the transaction or the ticket
	Made        pageLink     // the new transaction; without a text: none
	Money       money.Amount // zero value: it is none
	Outcome     string
	Tone, Code  string
	Reason      string
	Fault       string // none: faults hit calls
	Description string // of the amount, when it is none
}

type batchPage struct {
	batchView
	Tickets bool
	Rows    []bulkRowView
	Pages   pageTurner
	Files   []pageLink
}

// batch is the page of one batch with its rows.
func (p *merchantPage) batch(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("batch")
	batches := p.gateway.BulkBatches()
	at := slices.IndexFunc(batches, func(b BulkBatch) bool { return b.Name == name })
	if at < 0 {
		p.fail(w, r, http.StatusNotFound, "No batch of that name was released.")
		return
	}
	b := batches[at]
	v := batchPage{batchView: shownBatch(b), Tickets: bulkKind(b.Kind).tickets()}
	v.Pages = turnPages(len(b.Rows), pageBulkRows, readPage(r.URL.Query()), func(page int) string { return pageHref(v.Href, page) })
	for _, row := range b.Rows[v.Pages.from:v.Pages.To] {
		v.Rows = append(v.Rows, p.bulkRow(row))
	}
	n, _ := parseBulkName(b.Name + ".run")
	for _, part := range []bulkPart{bulkRows, bulkRun, bulkResponse, bulkResponseRun} {
		if file := n.file(part); p.gateway.book.file(file) != nil {
			v.Files = append(v.Files, pageLink{Text: file, Href: "/bulk/files/" + file})
		}
	}
	p.show(w, r, http.StatusOK, "batch", "Bulk file "+b.Name, v)
}

func (p *merchantPage) bulkRow(row BulkRow) bulkRowView {
	v := bulkRowView{BulkRow: row, Subject: p.transactionLink(row.Transact + row.Ticket), Made: p.transactionLink(row.Transaction), Outcome: "accepted", Tone: "good"}
	if row.Result != int(resultAccepted) {
		v.Outcome, v.Tone, v.Code, v.Reason = "declined", "bad", strconv.Itoa(row.Result), row.Message
		if v.Reason == "" {
			v.Reason = resultWords(resultCode(row.Result))
		}
	}
	currency, err := money.ParseCurrency(row.Currency)
	minor, isMinor := parseMinor(row.Amount)
	if err == nil && isMinor && currency.Decimals() >= 0 {
		v.Money, err = money.New(minor, currency)
	}
	if err != nil || !v.Money.Valid() {
		v.Description = fmt.Sprintf("%s in minor units of %s", row.Amount, row.Currency)
	}
	return v
}

// transactionLink links a transaction if it is there.
func (p *merchantPage) transactionLink(transact string) pageLink {
	l := pageLink{Text: transact}
	if transact != "" && p.gateway.book.find(transact) != nil {
		l.Href = transactionHref(transact)
	}
	return l
}

// bulkFile shows a file of the directory as it is.
func (p *merchantPage) bulkFile(w http.ResponseWriter, r *http.Request) {
	f := p.gateway.book.file(r.PathValue("file"))
	if f == nil {
		p.fail(w, r, http.StatusNotFound, "The bulk directory has no such file.")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	// A browser that has gone does not hear us.
	_, _ = w.Write(f.Data)
}

// runBulk answers the button that carries out what waits.
func (p *merchantPage) runBulk(w http.ResponseWriter, r *http.Request) {
	if !p.pressed(w, r) {
		return
	}
	if _, err := p.gateway.RunBulk(); err != nil {
		p.fail(w, r, http.StatusInternalServerError, "Nothing is known of what became of it: "+err.Error()+".")
		return
	}
	http.Redirect(w, r, "/bulk?done=run", http.StatusSeeOther)
}
