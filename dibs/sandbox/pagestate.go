package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A userView is an API user without the password.
type userView struct {
	Name        string
	State, Tone string // Tone is a class of the style sheet
}

type usersPage struct {
	Users   []userView
	Lockout string
}

// users is the page of the API users.
func (p *merchantPage) users(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusOK, "users", "API users", usersPage{p.gateway.door.users(p.gateway.now()), p.gateway.door.rule()})
}

// users returns the users by name, and who of them is locked out.
func (d *doorkeeper) users(now time.Time) []userView {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []userView
	for _, name := range slices.Sorted(maps.Keys(d.passwords)) {
		v := userView{name, "may log in", "good"}
		switch f := d.failed[name]; {
		case now.Before(f.until):
			v.State, v.Tone = fmt.Sprintf("locked out until %s UTC", stamp(f.until)), "bad"
		case f.count == 1:
			v.State, v.Tone = "may log in, 1 wrong password", "wait"
		case f.count > 1:
			v.State, v.Tone = fmt.Sprintf("may log in, %d wrong passwords in a row", f.count), "wait"
		}
		all = append(all, v)
	}
	return all
}

// rule says what wrong passwords lead to.
func (d *doorkeeper) rule() string {
	if d.lockout < 0 {
		return "Wrong passwords lock nobody out."
	}
	return fmt.Sprintf("%d wrong passwords in a row lock a user out for %s.", maxBadLogins, spelled(d.lockout))
}

// A settingView is one setting in force.
type settingView struct{ Name, Value, Text string }

type settingsPage struct {
	Settings  []settingView
	Merchants []merchantView
	Anyone    string // the MD5 control of any merchant, when there are none
}

// A merchantView is a merchant without the keys.
type merchantView struct{ ID, MD5 string }

// settings is the page of the settings in force.
func (p *merchantPage) settings(w http.ResponseWriter, r *http.Request) {
	g := p.gateway
	v := settingsPage{Settings: g.settingsInForce(), Anyone: g.anyone.md5Control()}
	for _, id := range slices.Sorted(maps.Keys(g.merchants)) {
		v.Merchants = append(v.Merchants, merchantView{id, g.merchants[id].md5Control()})
	}
	p.show(w, r, http.StatusOK, "settings", "Settings", v)
}

func (m Merchant) md5Control() string {
	switch {
	case m.RequireMD5:
		return "keys set, control required"
	case m.Key1 != "":
		return "keys set, checked when sent"
	}
	return "no keys"
}

func (g *Gateway) settingsInForce() []settingView {
	settle := settingView{"Settle", "after " + short(time.Duration(g.settle)), "Each step of a capture or refund follows that long after the one before."}
	switch g.settle {
	case Instant:
		settle.Value, settle.Text = "instant", "Captures and refunds are final when the call is answered."
	case Manual:
		settle.Value, settle.Text = "manual", "Captures and refunds stay in flight until somebody settles them."
	}
	bulk := settingView{"Bulk files", "after " + short(time.Duration(g.bulk)), "A batch is carried out that long after its run file was made."}
	switch g.bulk {
	case Instant:
		bulk.Value, bulk.Text = "instant", "A batch is carried out when its run file is made."
	case Manual:
		bulk.Value, bulk.Text = "manual", "Batches that were released wait until somebody has them carried out."
	}
	if g.clears {
		bulk.Text += " Then its rows and its run file are taken away."
	}
	store := settingView{"Store", "memory only", "All is forgotten when the gateway stops."}
	if g.store != nil {
		store.Value, store.Text = g.store.path, "Money is on disk before the caller hears of it."
	}
	callbacks := settingView{"Callbacks", "this machine only", "Shops elsewhere are not called."}
	if g.courier.allowed != nil {
		callbacks.Value, callbacks.Text = "chosen addresses", "The program that runs the gateway decides which shops are called."
	}
	lockout := "off"
	if g.door.lockout > 0 {
		lockout = spelled(g.door.lockout)
	}
	limit := settingView{"Rate limit", "off", "Merchants may call as fast as they like."}
	if g.limiter.interval > 0 {
		limit.Value, limit.Text = "one call in "+short(g.limiter.interval), "A call of a merchant that comes sooner after the one before is answered 429."
	}
	secure := settingView{"TLS", "none", "Calls come in plain HTTP: keep to this machine."}
	switch g.tlsKind {
	case TLSNone:
	case TLSGood:
		secure.Value, secure.Text = string(g.tlsKind), "The certificate is signed by an authority of this gateway's own: see /_sandbox/authority."
	default:
		secure.Value, secure.Text = string(g.tlsKind), "Bad on purpose: a client that looks sends nothing."
	}
	return []settingView{
		settle,
		bulk,
		{"Lock-out", lockout, g.door.rule()},
		{"Single refund", onOff(g.single), "When on, a transaction is refunded once, even if only in part."},
		store,
		callbacks,
		{"Plain capture replies", onOff(g.plainCapture), "When on, capture.cgi without textreply answers a bare result code."},
		{"No empty values", onOff(g.noEmpty), "When on, replies leave out what has no name or no value."},
		{"Charset of replies", g.charset.String(), "Real clients expect iso-8859-1. Requests may come in either, and callbacks are always in iso-8859-1."},
		limit,
		secure,
		{"First transaction number", fmt.Sprint(g.first), "New payments are numbered from here."},
	}
}

// short writes a duration without the units that are zero: "30m", "1h30m".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
