package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// judgeFaults answers /_sandbox/faults and /_sandbox/release. GET tells of the
// faults in force. POST adds the field rule, one fault a line, or in JSON
// {"rules": ["refund.cgi drop"]}. DELETE ends all, or the one with the number
// id. POST release carries out the calls that faults hold back.
func (g *Gateway) judgeFaults(w http.ResponseWriter, r *http.Request, what string) {
	switch r.Method + " " + what {
	case "GET faults":
	case "POST faults":
		faults, err := readRules(w, r)
		if err == nil {
			err = g.AddFaults(faults...)
		}
		if err != nil {
			sendJSON(w, http.StatusBadRequest, problem(err))
			return
		}
	case "DELETE faults":
		if id := r.URL.Query().Get("id"); id == "" {
			g.ClearFaults()
		} else if n, err := strconv.ParseUint(id, 10, 64); err != nil || !g.RemoveFault(n) {
			sendJSON(w, http.StatusNotFound, problem(fmt.Errorf("no fault %q is in force", cut(id))))
			return
		}
	case "POST release":
		sendJSON(w, http.StatusOK, map[string]any{"released": g.Release()})
		return
	default:
		w.Header().Set("Allow", map[string]string{"faults": "GET, POST, DELETE", "release": "POST"}[what])
		sendJSON(w, http.StatusMethodNotAllowed, problem(fmt.Errorf("%s is not asked with %s", what, r.Method)))
		return
	}
	sendJSON(w, http.StatusOK, map[string]any{"faults": g.Faults(), "held": g.Held()})
}

// readRules reads the faults of a request.
func readRules(w http.ResponseWriter, r *http.Request) ([]Fault, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	text := ""
	if err == nil && kind == "application/json" {
		var body struct {
			Rules []string `json:"rules"`
		}
		in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		in.DisallowUnknownFields()
		if err := in.Decode(&body); err != nil {
			return nil, fmt.Errorf(`the body is not {"rules": ["..."]}: %w`, err)
		}
		if _, err := in.Token(); !errors.Is(err, io.EOF) {
			return nil, errors.New("something stands behind the JSON object")
		}
		text = strings.Join(body.Rules, "\n")
	} else {
		q, err := readQuery(w, r)
		if err != nil {
			return nil, err
		}
		text = q.text("rule")
	}
	faults, err := ReadFaults(strings.NewReader(text))
	if err == nil && len(faults) == 0 {
		err = errors.New(`no fault: write rule=, a service and what happens, such as rule=refund.cgi drop`)
	}
	return faults, err
}
