package sandbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed page
var pageFiles embed.FS

// pageViews parses the templates once a process, when the first page is asked
// for: a test that opens a gateway for its money pays nothing for them.
var pageViews = sync.OnceValue(func() map[string]*template.Template {
	views := map[string]*template.Template{}
	for _, name := range []string{"transactions", "transaction", "calls", "bulk", "batch", "faults", "users", "settings", "problem"} {
		parts := template.New(name).Funcs(template.FuncMap{
			"amount": shownAmount, "status": shownStatus, "ticket": Status.isTicket, "stamp": stamp, "day": day, "clock": clock, "machine": machineTime, "visible": visible, "count": count,
		})
		views[name] = template.Must(parts.ParseFS(pageFiles, "page/layout.html", "page/parts.html", "page/"+name+".html"))
	}
	return views
})

// A merchantPage is the gateway's administration for people: what happened,
// and buttons to act as the back-office. It is read and used without scripts,
// loads nothing from elsewhere, and has paths that FlexWin does not.
type merchantPage struct {
	gateway *Gateway
	mux     *http.ServeMux
}

func newMerchantPage(g *Gateway) *merchantPage {
	p := &merchantPage{gateway: g, mux: http.NewServeMux()}
	for method, handlers := range map[string]map[string]http.HandlerFunc{
		http.MethodGet: {
			"/{$}":                     p.list,
			"/transactions/{transact}": p.transaction,
			"/calls":                   p.calls,
			"/bulk":                    p.bulk,
			"/bulk/batches/{batch}":    p.batch,
			"/bulk/files/{file}":       p.bulkFile,
			"/faults":                  p.faults,
			"/users":                   p.users,
			"/settings":                p.settings,
			"/style.css":               pageFile("style.css"),
			"/icon.svg":                pageFile("icon.svg"),
			"/favicon.ico":             pageFile("icon.svg"), // browsers ask for it on their own
		},
		http.MethodPost: {
			"/settle":                           p.settleAll,
			"/bulk/run":                         p.runBulk,
			"/faults/{action}":                  p.actOnFaults,
			"/acquirers/{action}":               p.actOnAcquirers,
			"/transactions/{transact}/{action}": p.act,
		},
	} {
		for pattern, handler := range handlers {
			p.mux.HandleFunc(method+" "+pattern, handler)
			p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Allow", method)
				p.fail(w, r, http.StatusMethodNotAllowed, "This address is not asked with "+r.Method+".")
			})
		}
	}
	return p
}

// serves answers r and returns true when its path is one of the page's.
func (p *merchantPage) serves(w http.ResponseWriter, r *http.Request) bool {
	if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect it
		return false
	}
	if _, pattern := p.mux.Handler(r); pattern == "" {
		return false
	}
	secure(w.Header())
	p.mux.ServeHTTP(w, r)
	return true
}

// missing answers a browser that asks for a path that nothing has, and returns
// false when r is not from a browser.
func (p *merchantPage) missing(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		return false
	}
	secure(w.Header())
	p.fail(w, r, http.StatusNotFound, "This gateway has no such page, and FlexWin no such service.")
	return true
}

// secure lets a page load its own style sheet and icon and send forms to this
// gateway, and nothing else. The referrer stays within the gateway; with none
// at all, a browser would hide the origin that [checkOrigin] needs.
func secure(h http.Header) {
	for name, value := range map[string]string{
		"Content-Security-Policy":      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "same-origin",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cache-Control":                "no-store",
	} {
		h.Set(name, value)
	}
}

func pageFile(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "page/"+name)
	}
}

// A pageFrame is what all pages have around their content.
type pageFrame struct {
	Title string
	Menu  []pageLink
	Now   time.Time
	Body  any
}

// A pageLink is a link with its text; without an address, only the text.
type pageLink struct {
	Text, Href string
	Current    bool
	Count      int // of what is in force behind it; zero is not shown
}

// show sends the view called name. It is complete before its first byte leaves.
func (p *merchantPage) show(w http.ResponseWriter, r *http.Request, code int, name, title string, body any) {
	f := pageFrame{Title: title, Now: p.gateway.now(), Body: body, Menu: []pageLink{
		{Text: "Transactions", Href: "/"}, {Text: "Calls", Href: "/calls"}, {Text: "Bulk files", Href: "/bulk"},
		{Text: "Faults", Href: "/faults", Count: len(p.gateway.Faults())},
		{Text: "API users", Href: "/users"}, {Text: "Settings", Href: "/settings"},
	}}
	for i := range f.Menu {
		f.Menu[i].Current = f.Menu[i].Href == r.URL.Path
	}
	var text bytes.Buffer
	if err := pageViews()[name].ExecuteTemplate(&text, "layout", f); err != nil {
		http.Error(w, "page "+name+": "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	// A browser that has gone does not hear us.
	_, _ = w.Write(text.Bytes())
}

type problemView struct {
	Code       int
	Name, Text string
}

// fail sends an error page.
func (p *merchantPage) fail(w http.ResponseWriter, r *http.Request, code int, text string) {
	name := http.StatusText(code)
	p.show(w, r, code, "problem", name, problemView{code, name, text})
}
