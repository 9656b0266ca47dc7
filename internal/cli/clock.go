package cli

import (
	"context"
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
)

// date returns the latest time that a gateway gave; zero where none did.
func (g *gateways) date() (latest time.Time) {
	if g == nil {
		return latest
	}
	for _, client := range g.clients {
		if at := client.Date(); at.After(latest) {
			latest = at
		}
	}
	return latest
}

// checkGatewayTime holds a saved plan's expiry against the gateway's clock too,
// before anybody is asked (hazards R39). Where nothing has been asked of the
// gateway yet, the status of the plan's first transaction brings its time; what
// else it says, or that it says nothing, is found out before each call anyway.
func (a *app) checkGatewayTime(ctx context.Context, conn *connection, p *plan.Plan, state *statefile.State) error {
	first := p.Body.Actions[0]
	if client := conn.gateways.clients[first.Merchant]; client != nil && conn.gateways.date().IsZero() {
		ctx, cancel := context.WithTimeout(ctx, preflightTime)
		_, _ = client.TransStatus(ctx, dibs.TransactID(first.Transact))
		cancel()
	}
	facts := a.facts(conn, state)
	if _, err := policy.Check(p, facts); err != nil {
		return err
	}
	if note := policy.ClockNote(p, facts); note != "" {
		fmt.Fprintln(a.env.Stderr, "Note: "+note+".")
	}
	return nil
}
