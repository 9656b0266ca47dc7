package sandbox

import "strconv"

// transStatus is transstatus.pml: the bare exact status, or an empty body for
// an unknown transaction and for one of another merchant.
func (g *Gateway) transStatus(q query) answer {
	merchant := q.text("merchant")
	r := g.book.find(q.text("transact"))
	if _, known := g.shop(merchant); !known || r == nil || !r.belongsTo(merchant) {
		return answer{}
	}
	code := strconv.Itoa(int(r.Status))
	return answer{body: code, result: code}
}
