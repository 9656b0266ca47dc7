package sandbox

import (
	"net/http"
	"strconv"
	"strings"
)

// maxAcquirer is how long the name of an acquirer can be, in bytes.
const maxAcquirer = 40

type faultsView struct {
	Faults                    []FaultState
	Held                      int
	Down                      []outage
	Rule, Problem             string // a fault that was not accepted, and why
	Acquirer, AcquirerProblem string
}

// faults is the page of what goes wrong on purpose.
func (p *merchantPage) faults(w http.ResponseWriter, r *http.Request) {
	p.showFaults(w, r, http.StatusOK, faultsView{})
}

func (p *merchantPage) showFaults(w http.ResponseWriter, r *http.Request, code int, v faultsView) {
	v.Faults, v.Held, v.Down = p.gateway.Faults(), p.gateway.Held(), p.gateway.outages()
	p.show(w, r, code, "faults", "Faults", v)
}

// actOnFaults answers the buttons of the page.
func (p *merchantPage) actOnFaults(w http.ResponseWriter, r *http.Request) {
	if !p.pressed(w, r) {
		return
	}
	switch r.PathValue("action") {
	case "add":
		rule := r.PostForm.Get("rule")
		f, err := ParseFault(rule)
		if err == nil {
			err = p.gateway.AddFaults(f)
		}
		if err != nil {
			p.showFaults(w, r, http.StatusUnprocessableEntity, faultsView{Rule: rule, Problem: sentence(err.Error()) + "."})
			return
		}
	case "end":
		if id := r.PostForm.Get("id"); id == "all" {
			p.gateway.ClearFaults()
		} else if n, err := strconv.ParseUint(id, 10, 64); err == nil {
			p.gateway.RemoveFault(n) // a button pressed twice finds it gone
		}
	case "release":
		p.gateway.Release()
	default:
		p.fail(w, r, http.StatusNotFound, "There is no such action.")
		return
	}
	http.Redirect(w, r, "/faults", http.StatusSeeOther)
}

// actOnAcquirers answers the buttons that take an acquirer down or up.
func (p *merchantPage) actOnAcquirers(w http.ResponseWriter, r *http.Request) {
	if !p.pressed(w, r) {
		return
	}
	name, action := strings.TrimSpace(r.PostForm.Get("acquirer")), r.PathValue("action")
	switch {
	case action != "down" && action != "up":
		p.fail(w, r, http.StatusNotFound, "There is no such action.")
		return
	case name == "" || len(name) > maxAcquirer:
		p.showFaults(w, r, http.StatusUnprocessableEntity, faultsView{
			Acquirer: name, AcquirerProblem: "Write the name of an acquirer, up to " + strconv.Itoa(maxAcquirer) + " characters.",
		})
		return
	}
	p.gateway.SetAcquirer(name, action == "up")
	http.Redirect(w, r, "/faults", http.StatusSeeOther)
}
