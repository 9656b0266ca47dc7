package apply

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/statefile"
)

// R3, R40: the connection of a refund ends, with FIN and with RST, at every byte
// of its request and at every byte of its reply, through the real client, the
// real apply and a real socket. The gateway's books judge: what the ledger says
// is true or unknown, and nothing is sent twice.
func TestRefundCutAtEveryByte(t *testing.T) {
	request, reply := refundOnTheWire(t)
	for name, refunded := range map[string]int64{"the first part": 0, "a later part": 3000} {
		t.Run(name, func(t *testing.T) {
			o := offsets{street: newStreet(t, sandbox.Options{}, firstOffset+2*(request+reply)+4, refunded), refunded: refunded, next: firstOffset}
			t.Run("request", func(t *testing.T) {
				o.count = map[statefile.ActionState]int{}
				for n := 1; n <= request; n++ {
					o.cut(t, sandbox.Fault{Service: "connection", Nth: 1, Do: sandbox.FaultDropAt, Number: n})
					o.cut(t, sandbox.Fault{Service: "connection", Nth: 1, Do: sandbox.FaultResetAt, Number: n})
				}
				t.Logf("%d bytes, each cut by FIN and by RST: %v", request, o.count)
			})
			t.Run("reply", func(t *testing.T) {
				o.count = map[statefile.ActionState]int{}
				for n := range reply + 1 {
					o.cut(t, sandbox.Fault{Service: "refund.cgi", Nth: 1, Do: sandbox.FaultCut, Number: n})
					o.cut(t, sandbox.Fault{Service: "refund.cgi", Nth: 1, Do: sandbox.FaultReset, Number: n, Commit: sandbox.CommitFirst})
				}
				t.Logf("%d bytes, each cut by FIN and by RST: %v", reply, o.count)
			})
		})
	}
}

// firstOffset is the first transaction that is used: from it on all order ids
// are of the same length.
const firstOffset = 1000

// offsets are refunds of one transaction after the other, each cut once.
type offsets struct {
	*street
	refunded int64 // before
	next     int   // transaction
	count    map[statefile.ActionState]int
}

// cut refunds a part of the next transaction while a fault is in force, from
// its intent on.
func (o *offsets) cut(t *testing.T, f sandbox.Fault) {
	t.Helper()
	i, gateway := o.next, o.server.Gateway
	o.next++
	if o.refunded > 0 {
		o.record(statefile.Adopted{
			Merchant: shop, Transact: string(transact(i)), OrderID: orderID(i), Currency: "DKK",
			AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: o.refunded, Status: 8, Evidence: "the shop's books",
		})
	}
	before := gateway.Requests()["refund.cgi"]
	runner := o.runner()
	runner.Ledger = &faultyLedger{Ledger: o.file, after: func(n int, _ []statefile.Payload) error {
		if n == 2 { // the intent is on disk, and the next connection is the refund's
			return gateway.AddFaults(f)
		}
		return nil
	}}
	o.run(runner, planOf(refund(i, o.refunded, o.refunded+5000)))
	if met := gateway.Faults(); len(met) != 1 || met[0].Played != 1 {
		t.Fatalf("%s: played %v", f, met)
	}
	gateway.ClearFaults()

	truth, _ := gateway.Transaction(string(transact(i)))
	moved := truth.Refunded.Minor() - o.refunded
	calls := len(gateway.Calls(sandbox.Filter{Service: "refund.cgi", Transact: string(transact(i))}))
	if sent := gateway.Requests()["refund.cgi"] - before; sent > 1 || calls > 1 || moved != int64(calls)*5000 || (moved > 0) != (f.Service == "refund.cgi") {
		t.Errorf("%s: %d requests arrived, %d were carried out, and %d moved", f, sent, calls, moved)
	}
	tr, _ := o.file.State().Transaction(key(i))
	state := tr.Actions[len(tr.Actions)-1].State
	o.count[state]++
	switch state {
	case statefile.ActionUnknown:
	case statefile.ActionDone, statefile.ActionAccepted:
		if moved == 0 {
			t.Errorf("%s: the ledger says %s, and no money moved", f, state)
		}
	case statefile.ActionNotDone:
		if moved > 0 {
			t.Errorf("%s: the ledger says not done, and the money moved", f)
		}
	default: // declined and not sent are both false: a request left and nobody said no
		t.Errorf("%s: the ledger says %s", f, state)
	}
}

// refundOnTheWire returns how long a refund's request is, and its reply.
func refundOnTheWire(t *testing.T) (request, reply int) {
	t.Helper()
	s := newStreet(t, sandbox.Options{}, firstOffset+1, 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := make(chan []byte, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var all bytes.Buffer
		if r, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &all))); err == nil {
			io.Copy(io.Discard, r.Body)
		}
		heard <- all.Bytes()
	}()
	client, err := dibs.New(dibs.Config{Gateway: "http://" + listener.Addr().String(), Merchant: shop, User: "api", Password: dibs.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	i := firstOffset
	if _, err := client.Refund(t.Context(), dibs.RefundRequest{Transact: transact(i), OrderID: orderID(i), Amount: dkk(5000)}); err == nil {
		t.Fatal("a refund without an answer is accepted")
	}
	text := <-heard
	conn, err := net.Dial("tcp", s.server.URL[len("http://"):])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(text); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(conn)
	if err != nil || len(text) < 300 || len(answer) < 200 {
		t.Fatalf("a request of %d bytes, a reply of %d: %v", len(text), len(answer), err)
	}
	return len(text), len(answer)
}
