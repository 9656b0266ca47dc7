package sandbox

// reauthCall is reauth.cgi (flexwin.md 5.3): it opens a deleted authorisation
// again, or makes an old one young. The number stays the same. It has no MD5
// control and needs no login. A capture that was declined counts as an
// authorisation; the documentation is silent on that.
func (g *Gateway) reauthCall(c *batch, q query) answer {
	r, no := g.named(c, q)
	if no != nil {
		no.code = reasonParameter
		return rejected(q, no)
	}
	code, fails := r.Details.Fails.plays(stageReauth)
	switch r.Status {
	case StatusAuthorised, StatusCancelled, StatusCaptureDeclined, StatusSplitOpen:
	default:
		no = wrongOrder("Status doesn't allow reauth")
	}
	switch {
	case no == nil && r.Details.Base != "":
		no = wrongOrder("Status doesn't allow reauth")
	case no == nil && isDankort(r.PayType):
		no = &refusal{code: reasonCardType}
	case no == nil && fails:
		no = &refusal{code: code, actionCode: testCode(code)}
	}
	if no != nil {
		return rejected(q, no)
	}
	to := StatusAuthorised
	if r.Status == StatusSplitOpen {
		to = StatusSplitOpen
	}
	c.turn(r, to, q.call.Time).AuthorisedAt = q.call.Time
	return answer{reply: pairs{"status", "ACCEPTED", "transact", r.Transact}.with(q), result: "0"}
}
