package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"flexform/apply"
	"flexform/dibs"
	"flexform/internal/report"
	"flexform/schema"
	"flexform/statefile"
)

const bypassFlag = "i-know-this-bypasses-the-plan"

type callOptions struct {
	config           configFlags
	folder, merchant string
	json, bypass     bool
}

func (a *app) callCommand() *cobra.Command {
	var o callOptions
	cmd := &cobra.Command{
		Use:   "call SERVICE name=value...",
		Short: "Call one service of the gateway by hand",
		Long: `Calls one service of the gateway and shows its reply, for looking closely and for
emergencies. Merchant, account, login and MD5 key are filled in, as for every
other command. A call that moves money or changes something passes by the plan
and its review: it is refused unless you say that you know, recorded in the
ledger before and after, and blocks its transaction until you adopt its totals.`,
		Example: "  flexform call transstatus.pml transact=11111111 --folder shop\n  flexform call refund.cgi --help",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			_, err := dibs.FindService(args[0])
			return fmtUsage(cmd, err)
		},
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&o.folder, "folder", ".", "the configuration's `folder`")
	flags.StringVar(&o.merchant, "merchant", "", "`name` of the merchant, where there are several")
	flags.BoolVar(&o.json, "json", false, "print as JSON")
	flags.BoolVar(&o.bypass, bypassFlag, false, "call a service that moves money or changes something")
	o.config.add(flags)
	cmd.SetUsageTemplate(serviceWords.Replace(cmd.UsageTemplate()))
	for _, group := range serviceGroups {
		cmd.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, s := range dibs.Services() {
			if group.has(s) {
				service := a.serviceCommand(s, &o)
				service.GroupID = group.id
				cmd.AddCommand(service)
			}
		}
	}
	return cmd
}

// serviceCommand is a service's own command: so it has help of its own, and
// the shell completes it.
func (a *app) serviceCommand(s dibs.Service, o *callOptions) *cobra.Command {
	use := s.Name
	for _, p := range s.Parameters {
		if p.Required {
			use += " " + p.Name + "=..."
		}
	}
	return &cobra.Command{
		Use: use, Short: s.Doc, Long: serviceHelp(s), DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && s.Withheld == "" {
				return cmd.Help()
			}
			parameters, err := parseParameters(args)
			if err != nil {
				return fmtUsage(cmd, err)
			}
			return a.runCall(cmd, s, parameters, *o)
		},
	}
}

// parseParameters reads name=value pairs.
func parseParameters(args []string) (map[string]string, error) {
	parameters := map[string]string{}
	for i, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if _, twice := parameters[name]; twice {
			return nil, fmt.Errorf("parameter %d is given before", i+1)
		}
		if !ok || name == "" {
			// Not quoted: it may be a card number.
			return nil, fmt.Errorf("parameter %d is not name=value (the configuration's folder is named with --folder)", i+1)
		}
		parameters[name] = value
	}
	return parameters, nil
}

func (a *app) runCall(cmd *cobra.Command, s dibs.Service, parameters map[string]string, o callOptions) (err error) {
	if s.Withheld != "" {
		return fmt.Errorf("%s is not called by hand: %s", s.Name, s.Withheld)
	}
	if s.Changes && !o.bypass {
		return &codeError{code: exitBlocked, err: fmt.Errorf("%s moves money or changes something, and called by hand it passes by the plan, its review and its limits; nothing was sent. Describe what you want in the configuration, or give --%s: the call is then recorded in the ledger and blocks its transaction until you adopt its totals", s.Name, bypassFlag)}
	}
	ctx := cmd.Context()
	conn, err := a.connect(ctx, o.folder, o.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	m, err := chooseMerchant(conn.config, o.merchant)
	if err != nil {
		return err
	}
	client := conn.gateways.clients[m.ID]
	if err := client.CheckCall(s.Name, parameters); errors.Is(err, dibs.ErrNoLogin) {
		return fmt.Errorf("merchant %q has no API user, and %s needs one; nothing was sent. Set\n\n  %s\n  %s", m.Name, s.Name, variable(m.Name, "USER"), variable(m.Name, "PASSWORD"))
	} else if err != nil {
		return wrongCall(cmd, err)
	}
	h := handCall{service: s, parameters: parameters, merchant: m, client: client}
	var came report.Called
	if s.Changes {
		came, err = a.callRecorded(ctx, conn, h)
	} else {
		came, err = h.look(ctx)
	}
	if came.Outcome == "" {
		return err
	}
	came.Undeclared = came.Blocked != "" && !h.declared(conn.config)
	err = a.explainMD5(m, a.explainLogin(conn, err))
	if o.json {
		return errors.Join(err, report.CalledJSON(a.env.Stdout, came))
	}
	return errors.Join(err, report.CalledText(a.env.Stdout, came, a.style(a.env.StdoutTerminal)))
}

// chooseMerchant finds the merchant to call for.
func chooseMerchant(cfg *schema.Config, name string) (schema.Merchant, error) {
	var names []string
	for _, m := range cfg.Merchants {
		if name == m.Name || name == "" && len(cfg.Merchants) == 1 {
			return m, nil
		}
		names = append(names, m.Name)
	}
	switch {
	case len(names) == 0:
		return schema.Merchant{}, errors.New("the configuration has no merchant")
	case name == "":
		return schema.Merchant{}, fmt.Errorf("the configuration has several merchants: name one with --merchant: %s", strings.Join(names, ", "))
	}
	return schema.Merchant{}, fmt.Errorf("the configuration has no merchant %q, only %s", name, strings.Join(names, ", "))
}

// A handCall is one call by hand, checked.
type handCall struct {
	service    dibs.Service
	parameters map[string]string
	merchant   schema.Merchant
	client     *dibs.Client
}

// send makes the call.
func (h handCall) send(ctx context.Context) (report.Called, error) {
	raw, err := h.client.Call(ctx, h.service.Name, h.parameters)
	came := report.Called{Service: h.service.Name, HTTP: raw.HTTP, Text: raw.Text}
	for _, f := range raw.Fields {
		came.Reply = append(came.Reply, report.CalledField(f))
	}
	if err != nil {
		came.Message = err.Error()
	}
	return came, err
}

// look calls a service that changes nothing.
func (h handCall) look(ctx context.Context) (report.Called, error) {
	came, err := h.send(ctx)
	came.Outcome = "answered"
	if err != nil {
		came.Outcome = "unread"
	}
	return came, err
}

// transact returns the transaction or ticket that the call is about, if any.
func (h handCall) transact() string {
	if id := h.parameters["transact"]; id != "" {
		return id
	}
	return h.parameters["ticket"]
}

// declared reports whether the configuration names the transaction or ticket
// that the call is about, or may name it by its order.
func (h handCall) declared(cfg *schema.Config) bool {
	order, about := h.parameters["orderid"], h.transact()
	return slices.ContainsFunc(cfg.Transactions, func(t schema.Transaction) bool {
		return t.Merchant == h.merchant.ID && (t.Transact == about || t.Transact == "" && (order == "" || order == t.OrderID))
	}) || slices.ContainsFunc(cfg.Tickets, func(t schema.Ticket) bool {
		return t.Merchant == h.merchant.ID && t.Ticket == about
	})
}

// undeclaredCalls returns the calls by hand that no row of a status is about.
func undeclaredCalls(state *statefile.State, status report.Status) (calls []report.HandCall) {
	shown := map[statefile.Key]bool{}
	for _, r := range status.Rows {
		shown[statefile.Key{Merchant: r.Declared.Merchant, Transact: r.Transact}] = true
	}
	for _, r := range status.Tickets {
		shown[statefile.Key{Merchant: r.Ticket.Merchant, Transact: r.Ticket.Ticket}] = true
	}
	for t := range state.Transactions() {
		for _, c := range t.Calls {
			if !shown[t.Key] {
				calls = append(calls, report.HandCall{Key: t.Key, Call: c})
			}
		}
	}
	return calls
}

// unknownCalls reports whether a call by hand may or may not have happened.
func unknownCalls(state *statefile.State) bool {
	for t := range state.Transactions() {
		if slices.ContainsFunc(t.Calls, func(c statefile.Call) bool { return c.Result != statefile.Accepted }) {
			return true
		}
	}
	return false
}

// callRecorded makes a call that changes something, between two entries of the
// ledger. From the first on the call is made and recorded whatever happens to
// ctx. Without an Outcome nothing was sent.
func (a *app) callRecorded(ctx context.Context, conn *connection, h handCall) (came report.Called, err error) {
	ledger, err := a.openLedger(ctx, conn.config, "call")
	if err != nil {
		return report.Called{}, err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	if err := ledger.Reserve(1); err != nil {
		return report.Called{}, err
	}
	entries, err := ledger.Append(ctx, h.entry(a.env.Actor))
	if err != nil {
		return report.Called{}, err
	}
	ctx = context.WithoutCancel(ctx)
	came, err = h.send(ctx)
	result := apply.ResultOf(err)
	if h.doubts(err) {
		result = statefile.Unknown
		err = fmt.Errorf("%w; a refund that arrives twice is refused like this the second time, and the status need not show the first: look it up", err)
		came.Message = err.Error()
	}
	came.Outcome, came.Entry = string(result), entries[0].Seq
	_, came.Ticket = h.parameters["ticket"]
	if result == statefile.Accepted || result == statefile.Unknown {
		came.Blocked = h.transact()
	}
	if result == statefile.Unknown {
		err = &codeError{code: exitUnknown, err: err}
	}
	answered := statefile.Answered{Call: int64(entries[0].Seq), Result: result, Message: came.Message, Reply: came.Text}
	if h.service.Valuable {
		answered.Reply = ""
	}
	if _, failed := ledger.Append(ctx, answered); failed != nil {
		came.Blocked = h.transact()
		return came, &codeError{code: exitUnknown, err: errors.Join(err, fmt.Errorf("the call was made, and its outcome (%s) could not be recorded: %v", result, failed))}
	}
	return came, err
}

// doubts reports whether a no may be the answer to the second delivery of the
// call, with nothing to show for the first: "amount too high" to a refund, see
// [plan.Doubt]. After every other no, what has happened shows as drift.
func (h handCall) doubts(err error) bool {
	no, refused := errors.AsType[*dibs.DeclinedError](err)
	return refused && no.Result == dibs.ResultAmountTooHigh && h.service.Name == "refund.cgi"
}

func (h handCall) entry(actor statefile.Actor) statefile.Called {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(h.parameters)) {
		pairs = append(pairs, name+"="+h.parameters[name])
	}
	return statefile.Called{
		Service: h.service.Name, Merchant: h.merchant.ID, Mode: string(h.merchant.Mode), Transact: h.transact(),
		Parameters: strings.Join(pairs, "&"), Actor: actor, Version: Version,
	}
}
