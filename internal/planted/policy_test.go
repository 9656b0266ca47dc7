package planted

// inPolicy: which plans may be carried out.
var inPolicy = map[string]plant{
	"a plan that was used is accepted": {
		file:  "plan/policy/check.go",
		old:   "	if use.Started == 0 {",
		new:   "	if use.Started >= 0 {",
		why:   "A saved plan is applied twice.",
		judge: in("plan/policy", "TestCheckRefusesAfterOneChange"),
	},
	"a plan lives one moment too long": {
		file:  "plan/policy/check.go",
		old:   "	case !now.Before(e.ExpiresAt):",
		new:   "	case now.After(e.ExpiresAt):",
		why:   "The expiry is off by one.",
		judge: in("plan/policy", "TestExpiry"),
	},
	"a plan from the future is accepted": {
		file:  "plan/policy/check.go",
		old:   "	case e.CreatedAt.Sub(now) > maxSkew:",
		new:   "	case e.CreatedAt.Sub(now) > 1000*maxSkew:",
		why:   "A clock that went back brings an expired plan to life.",
		judge: in("plan/policy", "TestExpiry"),
	},
	"what the ledger learned since does not matter": {
		file:  "plan/policy/check.go",
		old:   "		if f.State.TouchedSince(",
		new:   "		if head.Seq > 1<<40 && f.State.TouchedSince(",
		why:   "The plan was made before somebody resolved or adopted, and moves what they have counted.",
		judge: in("plan/policy", "TestCheckRefusesAfterOneChange", "TestLedgerContinuity"),
	},
	"another ledger will do": {
		file:  "plan/policy/check.go",
		old:   "	if hash != head.Hash {",
		new:   "	if hash != head.Hash && hash == \"\" {",
		why:   "An older copy of the ledger has forgotten what was done since.",
		judge: in("plan/policy", "TestLedgerContinuity", "TestCheckRefusesAfterOneChange"),
	},
	"other settings will do": {
		file:  "plan/policy/check.go",
		old:   "	case p.Body.SettingsDigest != f.Config.SettingsDigest:",
		new:   "	case p.Body.SettingsDigest == \"\":",
		why:   "The plan goes to another gateway than the one that was reviewed.",
		judge: in("plan/policy", "TestCheckRefusesAfterOneChange"),
	},
	"a crafted plan is believed": {
		file:  "plan/policy/desired.go",
		old:   "	return derived(p, f, declared, ofTickets)",
		new:   "	_ = derived\n	return nil",
		why:   "Whoever can write a file with right hashes decides how much is refunded.",
		judge: in("plan/policy", "TestCheckDerivesFromTheConfiguration", "TestCheckRefusesCraftedActions"),
	},
	"a crafted plan may refund more than declared": {
		file:  "plan/policy/desired.go",
		old:   "	if limit, exact := total(t, a.Verb); exact && step.To != limit ||",
		new:   "	if limit, exact := total(t, a.Verb); exact && step.To.Minor() < limit.Minor() && false ||",
		why:   "The plan's total and the configuration's are two.",
		judge: in("plan/policy", "TestCheckRefusesCraftedActions"),
	},
	"one øre more than the limit of a plan": {
		file:  "plan/policy/limits.go",
		old:   "wanted.Minor > l.PerPlan.Minor() {",
		new:   "wanted.Minor > l.PerPlan.Minor()+1 {",
		why:   "The limit is off by one.",
		judge: in("plan/policy", "TestLimits"),
	},
	"the limit of a day does not count": {
		file:  "plan/policy/limits.go",
		old:   "day.Minor > l.PerDay.Minor() {",
		new:   "wanted.Minor > l.PerDay.Minor() {",
		why:   "A batch that is split over two plans moves twice what was allowed.",
		judge: in("plan/policy", "TestLimits", "TestLimitsHold"),
	},
}
