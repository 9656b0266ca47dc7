package sandbox

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// acquirers knows which acquirers are down. All others are up, whatever their
// name. It lives in memory: an outage ends with the process.
type acquirers struct {
	mu   sync.Mutex
	down map[string]time.Time // by lower-case name: the last contact
}

// maxDown is how many acquirers can be down.
const maxDown = 100

// SetAcquirer says whether the lines to an acquirer are up. Only status.pml
// tells of it: authorisations go on.
func (g *Gateway) SetAcquirer(name string, up bool) {
	name = strings.ToLower(name)
	g.acquirers.mu.Lock()
	defer g.acquirers.mu.Unlock()
	if up {
		delete(g.acquirers.down, name)
	} else if _, down := g.acquirers.down[name]; !down && len(g.acquirers.down) < maxDown {
		g.acquirers.down[name] = g.now()
	}
}

// lastContact returns when the acquirer was last reached, and whether it is up.
// "all" stands for the one that was not reached for longest.
func (a *acquirers) lastContact(name string, now time.Time) (time.Time, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name = strings.ToLower(name)
	if name == "all" && len(a.down) > 0 {
		return slices.MinFunc(slices.Collect(maps.Values(a.down)), time.Time.Compare), false
	}
	if at, down := a.down[name]; down {
		return at, false
	}
	return now, true
}

// An outage is an acquirer that is down.
type outage struct {
	Acquirer    string    `json:"acquirer"` // in lower case
	LastContact time.Time `json:"last_contact"`
}

// outages returns the acquirers that are down, by name.
func (g *Gateway) outages() []outage {
	down := []outage{}
	g.acquirers.mu.Lock()
	defer g.acquirers.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(g.acquirers.down)) {
		down = append(down, outage{name, g.acquirers.down[name]})
	}
	return down
}

// acquirerStatus is status.pml (flexwin.md 6.11). Without a reply type it
// answers in text: one client sends textreply instead.
func (g *Gateway) acquirerStatus(q query) answer {
	name := q.text("acquirer")
	if name == "" {
		return answer{body: "Error in argument acquirer", message: "Error in argument acquirer"}
	}
	at, up := g.acquirers.lastContact(name, q.call.Time)
	result := "0"
	if up {
		result = "1"
	}
	a := answer{result: result, body: "Last contact to the acquirer was established at " + at.Format("02/01-2006 at 15.04")}
	switch strings.ToLower(q.text("replytype")) {
	case "num":
		a.body = result
	case "html":
		a.body = "<html><body>" + a.body + "</body></html>"
	}
	return a
}
