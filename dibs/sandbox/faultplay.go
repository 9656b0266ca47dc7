package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// The charsets of FaultCharset.
const (
	charsetUTF16        = "utf-16"          // in UTF-16 with the high byte first, and labelled so
	charsetUTF16LE      = "utf-16le"        // the low byte first
	charsetBOM          = "utf-8-bom"       // labelled UTF-8, behind a byte order mark
	charsetLatin1AsUTF8 = "latin-1-as-utf8" // labelled UTF-8, with letters in Latin-1
	charsetUTF8AsLatin1 = "utf8-as-latin-1" // labelled Latin-1, with letters in UTF-8
)

func faultCharsets() []string {
	return []string{charsetUTF16, charsetUTF16LE, charsetBOM, charsetLatin1AsUTF8, charsetUTF8AsLatin1}
}

// play answers a call that f hits. next carries it out, as often as it is
// called, with the judge counting.
func (g *Gateway) play(f Fault, s service, q query, w http.ResponseWriter, r *http.Request, next func() Reply) {
	var reply Reply
	carryOut := func() { next() }
	g.meddle(f.Before, q)
	switch f.commits() {
	case CommitFirst:
		done := g.movesOf(q)
		reply = next()
		switch f.Do {
		case FaultTwice:
			reply = next()
		case FaultDeclined:
			g.declineLater(f, q, done)
		}
	case CommitHeld:
		g.mischief.late.hold(0, carryOut)
	case CommitLate:
		g.mischief.late.hold(f.Late, carryOut)
	case CommitLast: // also when the reply ends the connection by a panic
		defer g.mischief.late.now(carryOut)
	}
	g.meddle(f.After, q)
	if f.Do == FaultDown {
		g.mischief.down(f.Pause)
	}
	wait(r.Context(), f.Delay)
	f.transmit(g.distort(f, s, q, reply), w, r)
}

// wait returns after d, or sooner when the request ends.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// distort returns what goes out instead of a reply.
func (g *Gateway) distort(f Fault, s service, q query, reply Reply) Reply {
	if reply.Header == nil { // a hook's reply may have none
		reply.Header = http.Header{}
	}
	switch f.Do {
	case FaultAnswer:
		return g.replyTo(g.answerWith(s.name(), q, strconv.Itoa(f.Number)))
	case FaultHTTP:
		if f.Number == http.StatusUnauthorized {
			return g.replyTo(answer{login: true})
		}
		reply = g.reply(f.Number, errorPage(strconv.Itoa(f.Number)+" "+http.StatusText(f.Number)))
		if f.Number == http.StatusTooManyRequests || f.Number == http.StatusServiceUnavailable {
			reply.Header.Set("Retry-After", "120")
		}
	case FaultHTML:
		return g.reply(http.StatusOK, errorPage("The service is not available. Please try again later."))
	case FaultEmpty:
		return g.reply(http.StatusOK, "")
	case FaultRedirect:
		reply = g.reply(f.Number, errorPage(http.StatusText(f.Number)))
		reply.Header.Set("Location", s.path)
		if f.Words != "" {
			reply.Header.Set("Location", f.Words)
		}
	case FaultGzip:
		reply.Body = gzipped(reply.Body)
		reply.Header.Set("Content-Encoding", "gzip")
	case FaultBomb:
		reply.Body = bomb(reply.Body, bombSize)
		reply.Header.Set("Content-Encoding", "gzip")
	case FaultDuplicate:
		reply.Body = contradicted(reply.Body)
	case FaultCharset:
		return recoded(reply, f.Words)
	}
	return reply
}

func errorPage(text string) string {
	return "<html><head><title>Error</title></head><body><h1>" + text + "</h1></body></html>"
}

// answerWith is how a service says a code, of which nothing is true. Where a
// code means acceptance, the reply says so.
func (g *Gateway) answerWith(name string, q query, code string) answer {
	status := "DECLINED"
	if code == "0" || code == "1000" {
		status = "ACCEPTED"
	}
	switch name {
	case "transstatus.pml", "transstat.cgi", "confirmtransact.cgi", "cardtype.pml", "cardtype.cgi", "transimg.cgi", "status.pml", "callback.cgi":
		return answer{body: code}
	case "splitpay_changestatus.cgi":
		return answer{reply: pairs{"result", status, "reason", code}.with(q)}
	case "capture.cgi":
		if g.plainCapture && !q.on("textreply") {
			return answer{body: code}
		}
	case "refund.cgi", "cancel.cgi", "changestatus.cgi", "suppl_auth.cgi":
	default: // an authorisation, a ticket, a question: no result, and the number in a reason
		reply := pairs{"status", status, "reason", code}
		if status == "ACCEPTED" {
			reply = pairs{"status", status, "transact", q.text("transact")}
		}
		return answer{reply: reply.with(q)}
	}
	reply := pairs{"status", status, "result", code}
	if status == "ACCEPTED" {
		reply = append(reply, "transact", q.text("transact"))
	} else {
		reply = append(reply, "reason", code)
	}
	return answer{reply: reply.with(q)}
}

func gzipped(body string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	// A buffer takes all.
	_, _ = z.Write([]byte(body))
	_ = z.Close()
	return b.String()
}

// contradicted says after a reply the contrary of its status and result; a
// bare value is said twice.
func contradicted(body string) string {
	again := ""
	for pair := range strings.SplitSeq(body, "&") {
		switch name, value, _ := strings.Cut(pair, "="); {
		case name == "status" && value == "ACCEPTED", name == "result" && value == "ACCEPTED":
			again += "&" + name + "=DECLINED"
		case name == "status" && value == "DECLINED", name == "result" && value == "DECLINED":
			again += "&" + name + "=ACCEPTED"
		case name == "result" && value == "0":
			again += "&result=4"
		case name == "result":
			again += "&result=0"
		}
	}
	if again == "" {
		return body + "&" + body
	}
	return body + again
}

// recoded writes a reply in a charset, or labels it with one that is wrong; the
// letters show it.
func recoded(reply Reply, charset string) Reply {
	const letters = "&message=Ærø"
	label := "utf-8"
	switch charset {
	case charsetUTF16:
		label = "utf-16"
		reply.Body = inUTF16(reply.Body, binary.BigEndian)
	case charsetUTF16LE:
		label = "utf-16le"
		reply.Body = inUTF16(reply.Body, binary.LittleEndian)
	case charsetBOM:
		reply.Body = "\ufeff" + reply.Body + letters
	case charsetLatin1AsUTF8:
		reply.Body += strings.NewReplacer("Æ", "\xc6", "ø", "\xf8").Replace(letters)
	case charsetUTF8AsLatin1:
		label = Latin1.String()
		reply.Body += letters
	}
	reply.Header.Set("Content-Type", "text/html; charset="+label)
	return reply
}

func inUTF16(body string, order binary.AppendByteOrder) string {
	text := order.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune(body)) {
		text = order.AppendUint16(text, unit)
	}
	return string(text)
}
