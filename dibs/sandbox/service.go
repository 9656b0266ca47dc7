package sandbox

import (
	"cmp"
	"errors"
	"net/http"
	"path"
	"slices"
	"strconv"
)

// A service is one path of the gateway. Exactly one of read and change is set.
type service struct {
	path   string
	login  bool                       // an API user is needed
	read   func(query) answer         // looks at the book
	change func(*batch, query) answer // goes through the writer; its calls are durable
}

// services is the table of everything that FlexWin offers here.
func (g *Gateway) services() []service {
	return []service{
		{path: "/cgi-bin/transinfo.cgi", read: g.transInfo},
		{path: "/transstatus.pml", read: g.transStatus},
		{path: "/cgi-bin/transstat.cgi", read: g.transStat},
		{path: "/cgi-bin/transimg.cgi", read: g.transImg},
		{path: "/cgi-bin/confirmtransact.cgi", read: g.confirmTransact},
		{path: "/cardtype.pml", read: g.cardType},
		{path: "/cardtype.cgi", read: g.cardType},         // as the overview calls it
		{path: "/cgi-bin/cardtype.cgi", read: g.cardType}, // as its neighbours lie
		{path: "/status.pml", read: g.acquirerStatus},
		{path: "/cgi-adm/callback.cgi", login: true, read: g.callbackCall},
		{path: "/cgi-adm/splitpay_info.cgi", login: true, read: g.splitPayInfo},
		{path: "/cgi-adm/splitpay_changestatus.cgi", login: true, change: g.splitPayChangeStatus},
		{path: "/cgi-adm/payinfo.cgi", login: true, read: g.payInfo},
		{path: "/cgi-ssl/auth.cgi", change: g.authCall},
		{path: "/cgi-bin/reauth.cgi", change: g.reauthCall},
		{path: "/cgi-ssl/3dsecure.cgi", change: g.threeDSecureCall},
		{path: "/cgi-bin/danskenet.cgi", change: g.danskeNetCall},
		{path: "/cgi-ssl/solo_payment.cgi", change: g.soloCall},
		{path: bankPath, change: g.bankAnswer},
		{path: "/cgi-adm/generatevouchers.cgi", login: true, change: g.generateVouchers},
		{path: "/cgi-ssl/ticket_auth.cgi", change: g.ticketAuthCall},
		{path: "/cgi-adm/delticket.cgi", login: true, change: g.delTicketCall},
		{path: "/cgi-bin/capture.cgi", change: g.captureCall},
		{path: "/cgi-adm/refund.cgi", login: true, change: g.refundCall},
		{path: "/cgi-adm/cancel.cgi", login: true, change: g.cancelCall},
		{path: "/cgi-adm/changestatus.cgi", login: true, change: g.changeStatusCall},
		{path: "/cgi-adm/suppl_auth.cgi", login: true, change: g.supplAuthCall},
	}
}

func (s service) name() string { return path.Base(s.path) }

// serviceNames returns the name of each service, in order.
func serviceNames() []string {
	var names []string
	for _, s := range (&Gateway{}).services() {
		names = append(names, s.name())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// A Hook stands between the client and a service, to play a network or a
// gateway that fails. next carries the call out and returns, for a call that
// can move money, once it is durable; the hook may call it late, twice or not
// at all, and may answer something else. Requests run side by side, so a hook
// does, too. Params hold no secrets.
type Hook func(service string, params Params, next func() Reply) Reply

// serve answers a request for s.
func (g *Gateway) serve(s service, w http.ResponseWriter, r *http.Request) {
	g.log.arrive(s.name())
	q, err := readQuery(w, r)
	q.call = Call{Service: s.name(), Money: s.change != nil, Transact: cut(q.text("transact")), Params: q.logged()}
	next := func() Reply { return g.execute(s, q) }
	var bad *badRequest
	if errors.As(err, &bad) || g.limiter.refuses(q.text("merchant"), g.now, &bad) {
		next = func() Reply { return g.turnAway(q, bad) }
	}
	if g.hook != nil {
		served := next
		next = func() Reply { return g.hook(s.name(), q.call.Params, served) }
	}
	if f := g.mischief.hits(s, q); f != nil {
		q.call.Fault = cut(f.String()) // next sees it
		g.play(*f, s, q, w, r, next)
		return
	}
	next().send(w)
}

// execute runs the service once and logs that it did.
func (g *Gateway) execute(s service, q query) Reply {
	q.call.Seq, q.call.Time = g.log.number(), g.now()
	admitted := !s.login || g.door.admits(q, q.call.Time)
	if s.read != nil {
		a := answer{login: true}
		if admitted {
			a = s.read(q)
		}
		g.log.add(logged(q.call, a))
		return g.replyTo(a)
	}
	a := answer{login: true}
	err := g.writer.do(func(c *batch) {
		if admitted {
			a = s.change(c, q)
		}
		c.calls = append(c.calls, logged(q.call, a))
	})
	if err != nil {
		return g.turnAway(q, &badRequest{http.StatusInternalServerError, "Internal error"})
	}
	return g.replyTo(a)
}

// turnAway answers a request that no service carried out.
func (g *Gateway) turnAway(q query, bad *badRequest) Reply {
	q.call.Seq, q.call.Time, q.call.HTTP = g.log.number(), g.now(), bad.code
	g.log.add(q.call)
	return g.reply(bad.code, "<html><body>"+strconv.Itoa(bad.code)+" "+bad.text+"</body></html>")
}

func logged(c Call, a answer) Call {
	c.HTTP, c.Result, c.Message, c.Moved = cmp.Or(a.code, http.StatusOK), a.result, a.message, a.moved
	if a.login {
		c.HTTP = http.StatusUnauthorized
	}
	if a.transact != "" {
		c.Transact = a.transact
	}
	return c
}
