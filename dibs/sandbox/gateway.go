package sandbox

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Options say what a [Gateway] is like. The zero value of every field but Now
// is fine.
type Options struct {
	Store        string           // SQLite file that keeps the money; "": in memory only
	Merchants    []Merchant       // empty: any merchant number is accepted
	Users        []User           // API users; empty: any login is accepted
	Settle       SettleMode       // Instant unless set
	Bulk         SettleMode       // when bulk files that were released are carried out; Instant unless set
	ClearBulk    bool             // rows and run files are taken away when they were carried out
	SingleRefund bool             // a transaction is refunded once, even partly
	Lockout      time.Duration    // how long bad logins block a user; zero: 30 minutes; [NoLockout]
	Now          func() time.Time // the gateway's clock; needed
	Hook         Hook             // nil: nothing fails but what Faults say
	Faults       []Fault          // in force from the start
	TLS          TLSKind          // what [Serve] speaks; TLSNone unless set

	FirstTransact int64                     // number of the first transaction that a call makes; zero: 2,800,000,001
	PlainCapture  bool                      // capture.cgi without textreply answers a bare result code
	CallbackTo    func(netip.AddrPort) bool // which addresses get callbacks; nil: loopback only

	NoEmptyValues bool          // replies leave out what has no name or no value, for clients that stumble over it
	AnyMerchant   Merchant      // what every merchant is like when Merchants is empty; its ID is not used
	Charset       Charset       // of replies; Latin1 unless set
	RateLimit     time.Duration // calls of a merchant that come sooner after the one before are answered 429; zero: no limit
}

// A Gateway is a FlexWin gateway with its money and its judge. It is an
// [http.Handler] and safe for concurrent use.
type Gateway struct {
	merchants map[string]Merchant
	settle    SettleMode
	bulk      SettleMode
	clears    bool // what was carried out
	single    bool
	clock     func() time.Time
	hook      Hook
	first     int64 // number of the first transaction that a call makes

	plainCapture bool
	noEmpty      bool
	charset      Charset
	anyone       Merchant // what a merchant is like when merchants is empty
	limiter      *limiter
	mischief     mischief
	tlsKind      TLSKind
	tls          *tls.Config // nil: none, or none that gets to a certificate

	paths     map[string]service
	acquirers acquirers
	door      *doorkeeper
	courier   *courier
	book      *book
	log       *callLog
	store     *store // nil: in memory only
	writer    *writer
	page      *merchantPage
}

// usualFirst is past 32 bits, as real numbers are (flexwin.md 1.2).
const usualFirst = 2_800_000_001

// Open returns a gateway that holds what its store holds. The caller closes it.
// A store belongs to one process at a time: see [ErrInUse].
func Open(o Options) (*Gateway, error) {
	if o.Now == nil {
		return nil, errors.New("open gateway: Options.Now is not set")
	}
	g := &Gateway{
		merchants: map[string]Merchant{}, settle: o.Settle, bulk: o.Bulk, clears: o.ClearBulk, single: o.SingleRefund, clock: o.Now, hook: o.Hook,
		first: cmp.Or(o.FirstTransact, usualFirst), plainCapture: o.PlainCapture, noEmpty: o.NoEmptyValues,
		tlsKind: o.TLS, charset: o.Charset, anyone: o.AnyMerchant, limiter: newLimiter(o.RateLimit),
		acquirers: acquirers{down: map[string]time.Time{}}, paths: map[string]service{}, door: newDoorkeeper(o.Users, o.Lockout), courier: newCourier(o.CallbackTo), book: newBook(), log: newCallLog(),
	}
	if !isNumber(strconv.FormatInt(g.first, 10), 6, 18) {
		return nil, fmt.Errorf("open gateway: %d is not a transaction number to count from", g.first)
	}
	if !g.anyone.hasWholeKeys() {
		return nil, errors.New("open gateway: merchants need both MD5 keys or none")
	}
	if err := g.AddFaults(o.Faults...); err != nil {
		return nil, fmt.Errorf("open gateway: %w", err)
	}
	g.courier.record = g.recordCallback
	for _, m := range o.Merchants {
		if !isNumber(m.ID, 1, 16) {
			return nil, fmt.Errorf("open gateway: %q is not a merchant number", m.ID)
		}
		if !m.hasWholeKeys() {
			return nil, fmt.Errorf("open gateway: merchant %s needs both MD5 keys or none", m.ID)
		}
		g.merchants[m.ID] = m
	}
	for _, s := range g.services() {
		g.paths[s.path] = s
	}
	g.page = newMerchantPage(g)
	if err := g.openStore(o.Store); err != nil {
		g.courier.close()
		return nil, err
	}
	g.writer = startWriter(g.book, g.log, g.courier, g.store)
	g.courier.resume()
	if err := g.openTLS(); err != nil {
		return nil, errors.Join(fmt.Errorf("open gateway: %w", err), g.Close())
	}
	if g.bulk == Instant { // and it was not always
		if _, err := g.RunBulk(); err != nil {
			return nil, errors.Join(err, g.Close())
		}
	}
	return g, nil
}

func (g *Gateway) openStore(path string) error {
	if path == "" {
		return nil
	}
	s, err := openStore(path)
	if err != nil {
		return err
	}
	if err := s.load(g.book, g.log, g.courier); err != nil {
		return errors.Join(err, s.close())
	}
	g.store = s
	return nil
}

// Close finishes the changes under way and closes the store. Later changes
// fail; the judge still answers. A callback under way is given up, and sent
// again when the store is opened. Calls that faults hold back are never carried
// out then.
func (g *Gateway) Close() error {
	g.mischief.late.close()
	g.courier.close()
	g.writer.close()
	if g.store == nil {
		return nil
	}
	return g.store.close()
}

// Seed adds those transactions that are not there yet, all of them or, after
// an error, none. A transaction that is there stays as it is; one that stands
// in seeds twice is an error.
func (g *Gateway) Seed(seeds []Transaction) error {
	now := g.now()
	missing := make([]Transaction, 0, len(seeds))
	met := make(map[string]bool, len(seeds))
	for _, t := range seeds {
		if met[t.Transact] {
			return fmt.Errorf("seed transaction %s: it stands there twice", t.Transact)
		}
		met[t.Transact] = true
		complete, err := t.complete(now)
		if err != nil {
			return fmt.Errorf("seed transaction %s: %w", t.Transact, err)
		}
		if g.book.find(t.Transact) == nil {
			missing = append(missing, complete)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return g.writer.do(func(c *batch) {
		for _, t := range missing {
			if c.find(t.Transact) == nil {
				c.insert(t, now)
			}
		}
	})
}

// Transactions returns every transaction, in the order in which they came.
func (g *Gateway) Transactions() []Transaction {
	records := g.book.all()
	all := make([]Transaction, len(records))
	for i, r := range records {
		all[i] = r.copy()
	}
	return all
}

// Transaction returns one transaction and whether it is there.
func (g *Gateway) Transaction(transact string) (Transaction, bool) {
	r := g.book.find(transact)
	if r == nil {
		return Transaction{}, false
	}
	return r.copy(), true
}

// Calls returns the calls that f chooses, oldest first. The newest 100,000 are
// remembered; after a restart, those of them that could move money.
func (g *Gateway) Calls(f Filter) []Call { return g.log.chosen(f) }

// Requests returns how many requests arrived for each service, also those that
// a [Hook] kept from it. Unknown counts those for paths that FlexWin lacks.
// Services that can move money are counted on after a restart.
func (g *Gateway) Requests() map[string]uint64 { return g.log.counts() }

// Unknown is the name under which [Gateway.Requests] and the log have requests
// for paths that are no service.
const Unknown = "unknown"

// ServeHTTP answers the services, the judge's questions under /_sandbox/, and
// people who look at the merchant page at /.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, judgePrefix) {
		g.judge(w, r)
		return
	}
	s, found := g.paths[r.URL.Path]
	if !found && g.page.serves(w, r) {
		return
	}
	if !found {
		g.log.arrive(Unknown)
		c := Call{Service: Unknown, Params: Params{{"path", cut(strings.ToValidUTF8(r.URL.Path, "?"))}}}
		reply := g.turnAway(query{call: c}, &badRequest{http.StatusNotFound, "Not found"})
		if !g.page.missing(w, r) {
			reply.send(w)
		}
		return
	}
	g.serve(s, w, r)
}

func (g *Gateway) now() time.Time { return g.clock().UTC().Round(0) }

// shop returns the merchant with this number and whether there is one.
func (g *Gateway) shop(id string) (Merchant, bool) {
	if len(g.merchants) == 0 {
		anyone := g.anyone
		anyone.ID = id
		return anyone, isNumber(id, 1, 16)
	}
	m, known := g.merchants[id]
	return m, known
}
