package sandbox

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxCalls is how many calls are remembered, and maxParam how many bytes of a
// parameter's value.
const (
	maxCalls = 100_000
	maxParam = 100
)

// A Call is one execution of a service. Calls of services that can move money
// are as durable as the money; the others live in memory.
type Call struct {
	Seq      uint64    `json:"seq"` // order of execution, from 1
	Time     time.Time `json:"time"`
	Service  string    `json:"service"` // last part of the path: "refund.cgi"
	Money    bool      `json:"money"`   // the service can move money
	Transact string    `json:"transact,omitempty"`
	Params   Params    `json:"params"`
	HTTP     int       `json:"http"`              // status code of the reply
	Result   string    `json:"result"`            // result or status code of the reply; empty: none
	Message  string    `json:"message,omitempty"` // text of a parameter error
	Moved    bool      `json:"moved"`             // it captured, refunded or cancelled
	Fault    string    `json:"fault,omitempty"`   // what hit it, as a rule: the client was not told HTTP, Result and Message, or not in this way
}

// A Param is a parameter of a call. In a [Call] its name is in lower case, and
// its value cut at 100 bytes; one that could be a secret reads "redacted".
type Param struct{ Name, Value string }

// Params are the parameters of a call, by name.
type Params []Param

// Get returns the value of the parameter called name in any case, or "".
func (p Params) Get(name string) string {
	for _, q := range p {
		if strings.EqualFold(q.Name, name) {
			return q.Value
		}
	}
	return ""
}

// MarshalJSON writes an object.
func (p Params) MarshalJSON() ([]byte, error) {
	object := make(map[string]string, len(p))
	for _, q := range p {
		object[q.Name] = q.Value
	}
	return json.Marshal(object)
}

// UnmarshalJSON reads an object.
func (p *Params) UnmarshalJSON(data []byte) error {
	var object map[string]string
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	*p = (*p)[:0]
	for _, name := range slices.Sorted(maps.Keys(object)) {
		*p = append(*p, Param{name, object[name]})
	}
	return nil
}

// A Filter chooses calls; its zero value chooses all.
type Filter struct {
	Service  string // "refund.cgi"
	Money    bool   // only services that can move money
	Transact string
}

func (f Filter) wants(c Call) bool {
	return (f.Service == "" || f.Service == c.Service) && (!f.Money || c.Money) &&
		(f.Transact == "" || f.Transact == c.Transact)
}

// A callLog is a bounded memory of calls with a count of all requests.
type callLog struct {
	mu       sync.Mutex
	seq      uint64
	ring     []Call
	next     int // place of the oldest call once the ring is full
	requests map[string]uint64
}

func newCallLog() *callLog { return &callLog{requests: map[string]uint64{}} }

// arrive counts a request, whatever becomes of it.
func (l *callLog) arrive(service string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests[service]++
}

// number returns the next sequence number.
func (l *callLog) number() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seq++
	return l.seq
}

func (l *callLog) add(calls ...Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range calls {
		if len(l.ring) < maxCalls {
			l.ring = append(l.ring, c)
			continue
		}
		l.ring[l.next] = c
		l.next = (l.next + 1) % maxCalls
	}
}

func (l *callLog) chosen(f Filter) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	chosen := []Call{}
	for _, c := range l.ring {
		if f.wants(c) {
			chosen = append(chosen, c)
		}
	}
	slices.SortFunc(chosen, func(x, y Call) int { return cmp.Compare(x.Seq, y.Seq) })
	return chosen
}

func (l *callLog) counts() map[string]uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.requests)
}
