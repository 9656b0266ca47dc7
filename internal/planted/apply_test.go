package planted

// inApply: the order of steps around a call, what its answer proves, and what
// is found out later.
var inApply = map[string]plant{
	"the call comes before the intent": {
		file: "apply/act.go",
		old: `	entries, err := b.Ledger.Append(ctx, j.intent(b.plan.Digest, int(status)))
	if err != nil {
		b.unclaimed(err, result)
		return
	}
	b.Events(Event{Kind: EventIntent, Result: *result, Seq: entries[0].Seq})
	outcome, err := b.send(ctx, j, begun)
`,
		new: `	outcome, err := b.send(ctx, j, begun)
	if _, err := b.Ledger.Append(ctx, j.intent(b.plan.Digest, int(status))); err != nil {
		b.unclaimed(err, result)
		return
	}
`,
		why:   "A kill between the two leaves money moved and no trace of it.",
		judge: histories(999),
	},
	"it is sent although the intent was refused": {
		file:  "apply/act.go",
		old:   "		b.unclaimed(err, result)\n		return\n",
		new:   "		b.unclaimed(err, result)\n",
		why:   "Somebody else has claimed that step, or nobody can write it down: two send it, or nobody knows.",
		judge: in("apply", "TestClaimedElsewhere"),
	},
	"no look at the status before the call": {
		file:  "apply/act.go",
		old:   "	status, moved, err := b.before(ctx, j)",
		new:   "	_ = b.before\n	status, moved, err := j.Status, \"\", error(nil)",
		why:   "The plan's status is trusted although it is hours old: somebody may have refunded since.",
		judge: histories(999),
	},
	"it is sent although the status has moved": {
		file:  "apply/look.go",
		old:   "	if seen.status != j.Status {",
		new:   "	if seen.status != j.Status && seen.pay != nil {",
		why:   "What moved the status may have been the same refund, made by hand.",
		judge: in("apply", "TestMoved", "TestSandboxMoved"),
	},
	"it is sent although the ledger has moved": {
		file:  "apply/look.go",
		old:   "	if total.Minor() != j.FromMinor ||",
		new:   "	if total.Minor() > j.ToMinor ||",
		why:   "Another plan has moved the total meanwhile, and this one comes on top.",
		judge: in("apply", "TestMoved"),
	},
	"another currency at the gateway does not matter": {
		file:  "apply/look.go",
		old:   "	case pay.Amount.Currency() != j.amount.Currency():",
		new:   "	case !pay.Amount.Currency().Valid():",
		why:   "50.00 kroner are sent as 50.00 euro.",
		judge: in("apply", "TestPayInfoInAnotherCurrency"),
	},
	"one øre more than the gateway has may be refunded": {
		file:  "apply/look.go",
		old:   "(pay.Amount.Minor() < j.ToMinor ||",
		new:   "(pay.Amount.Minor() < j.ToMinor-1 ||",
		why:   "The refund limit is off by one.",
		judge: in("apply", "TestPayInfoAtTheLimit"),
	},
	"the total is refunded in the place of the difference": {
		file:  "apply/act.go",
		old:   "dibs.RefundRequest{Transact: id, OrderID: j.OrderID, Amount: j.amount}",
		new:   "dibs.RefundRequest{Transact: id, OrderID: j.OrderID, Amount: j.step.To}",
		why:   "A refund that is raised from 50.00 to 80.00 pays 80.00 more.",
		judge: histories(999),
	},
	"sent once more after result 2": {
		file: "apply/act.go",
		old:  "	outcome = classify(j.id, receipt, err)",
		new: `	if e, ok := err.(*dibs.UncertainError); ok && e.Reply == "result=2" {
		receipt, err = b.call(ctx, j)
	}
	outcome = classify(j.id, receipt, err)`,
		why:   "In one of the two tables of codes it is a time-out, after which the money may have moved.",
		judge: in("apply", "TestEveryResultCode"),
	},
	"sent once more when no answer came": {
		file: "apply/act.go",
		old:  "	outcome = classify(j.id, receipt, err)",
		new: `	if e, ok := err.(*dibs.UncertainError); ok && e.Reply == "" {
		receipt, err = b.call(ctx, j)
	}
	outcome = classify(j.id, receipt, err)`,
		why:   "The answer was lost and the refund was not: it is paid twice.",
		judge: histories(999),
	},
	"a refusal inside another error is believed": {
		file:  "apply/act.go",
		old:   "	switch e := err.(type) {",
		new:   "	if inner, ok := errors.AsType[*dibs.DeclinedError](err); ok {\n		err = inner\n	}\n	switch e := err.(type) {",
		why:   "What wraps it may have sent the request again, and that one happened.",
		judge: histories(3000),
	},
	"every receipt is taken for a yes": {
		file:  "apply/act.go",
		old:   "		if receipt.Result.Accepted() {",
		new:   "		if receipt.Result.Accepted() || receipt.Result == dibs.ResultTimeout {",
		why:   "A receipt with a code that proves nothing says that the money has moved.",
		judge: histories(3000),
	},
	"every refusal is taken for a no": {
		file:  "apply/proof.go",
		old:   "		declined = e.Result.Declined() ||",
		new:   "		declined = !e.Result.Accepted() ||",
		why:   "Codes 1, 2, 11 and 12 leave it open whether the money moved, and it is offered again.",
		judge: in("apply", "TestClassify", "TestEveryResultCode"),
	},
	"an order that is there already is a no to its charge": {
		file:  "apply/proof.go",
		old:   "e.Reason.Declined() && e.Reason != dibs.ReasonOrderNotUnique",
		new:   "e.Reason.Declined()",
		why:   "A request that arrives twice is refused the second time, and the first time has charged the card.",
		judge: in("apply", "TestNoToASecondDelivery", "TestSandboxTwice"),
	},
	"a no that a repeat would get is believed": {
		file:  "apply/act.go",
		old:   "	b.doubt(ctx, j, &outcome, err)",
		new:   "	_ = (*batch).doubt",
		why:   "A request that arrives twice is refused the second time, and the first time has paid.",
		judge: in("apply", "TestNoToASecondDelivery", "TestSandboxTwice"),
	},
	"a call without an answer counts as not sent": {
		file:  "apply/proof.go",
		old:   "	case *dibs.NotSentError:",
		new:   "	case *dibs.NotSentError, *dibs.UncertainError:",
		why:   "The next plan sends it again by itself.",
		judge: histories(999),
	},
	"a client that broke counts as not sent": {
		file:  "apply/act.go",
		old:   "Result: statefile.Unknown, Message: err.Error()}",
		new:   "Result: statefile.NotSent, Message: err.Error()}",
		why:   "A panic leaves the request wherever it was, also at the gateway.",
		judge: histories(999),
	},
	"it may be sent long after its intent": {
		file:  "apply/act.go",
		old:   "passed > sendBy {",
		new:   "passed > sendBy+24*time.Hour {",
		why:   "A laptop that slept sends what somebody else has given up and made again.",
		judge: in("apply", "TestSandboxSentTooLate"),
	},
	"the time to send is looked at before the connection is up": {
		file:  "apply/act.go",
		old:   "	receipt, err := b.call(dibs.WithSendBy(ctx, func() error { return b.inTime(j.Merchant, begun) }), j)",
		new:   "	early := b.inTime(j.Merchant, begun)\n	receipt, err := b.call(dibs.WithSendBy(ctx, func() error { return early }), j)",
		why:   "A process that was stopped while it connected sends when it wakes, after another took its place.",
		judge: in("apply", "TestConnectedTooLate"),
	},
	"an outcome that could not be recorded is told as it was": {
		file:  "apply/act.go",
		old:   "		b.gate.broken(err)\n		result.Fate, result.Err, result.Behind = FateUnknown, err, true",
		new:   "		result.Fate, result.Err, result.Behind = fates[outcome.Result], nil, false",
		why:   "The run goes on without a ledger, and what it says is written nowhere.",
		judge: in("apply", "TestRecordBehind"),
	},
	"no room is reserved before the first call": {
		file:  "apply/run.go",
		old:   "		err = r.Ledger.Reserve(len(b.jobs))",
		new:   "		_ = r.Ledger.Reserve",
		why:   "The disk is full in the middle, with calls sent whose outcomes cannot be written.",
		judge: in("apply", "TestReserveComesFirst"),
	},
	"the run goes on after an unknown outcome": {
		file:  "apply/gate.go",
		old:   "		if !g.pastUnknown {",
		new:   "		if !g.pastUnknown && g.row > 0 {",
		why:   "A gateway that loses answers loses five hundred of them before anybody looks.",
		judge: in("apply", "TestStopRules"),
	},
	"one øre more than the plan's total may go": {
		file:  "apply/gate.go",
		old:   "minor > left.minor ||",
		new:   "minor > left.minor+1 ||",
		why:   "The last sum before money moves is off by one.",
		judge: in("apply", "TestRunningSumStopsAtThePlansTotal"),
	},
	"what was let through is not counted": {
		file:  "apply/gate.go",
		old:   "	g.room[key] = room{left.count - 1, left.minor - minor}",
		new:   "	g.room[key] = room{left.count, left.minor}",
		why:   "A plan of 1,000.00 may move 1,000.00 again and again.",
		judge: in("apply", "TestRunningSumStopsAtThePlansTotal"),
	},
	"the ledger failed, and the run goes on": {
		file:  "apply/gate.go",
		old:   "		g.rule, g.why = StopLedger,",
		new:   "		_, g.why = StopLedger,",
		why:   "Without a ledger no money may move.",
		judge: in("apply", "TestStopRules", "TestNoLedgerNoMoney", "TestRecordBehind"),
	},
	"two actions on one transaction at once": {
		file:  "apply/job.go",
		old:   "		i, ok := place[j.step.Key]",
		new:   "		i, ok := place[statefile.Key{Merchant: j.id}]",
		why:   "The second was planned for the position after the first.",
		judge: in("apply", "TestOneTransactionOneLane", "TestReauthoriseThenCapture"),
	},
	"what follows a failed action is sent": {
		file:  "apply/run.go",
		old:   "		if stuck == nil {\n			b.act(",
		new:   "		if stuck == nil || result.Action.Attempt == 1 {\n			b.act(",
		why:   "It was planned for a position that is not there.",
		judge: in("apply", "TestOneTransactionOneLane", "TestReauthoriseThenCapture", "TestEveryContactOfReauthoriseGoesWrong"),
	},
	"no settle window": {
		file:  "apply/inquire.go",
		old:   "passed >= q.span.window",
		new:   "passed >= 0",
		why:   "The gateway is still working on the call when it is said that it did not happen.",
		judge: histories(999),
	},
	"a setting of today shortens the window of an open call": {
		file:  "apply/window.go",
		old:   "	if a.SettleWindow <= now.window {",
		new:   "	if a.SettleWindow <= now.window || now.window > 0 {",
		why:   "A call that may still take effect by the settings that it was sent with is given up.",
		judge: in("apply", "TestSettleWindowOfAnOpenIntent"),
	},
	"the window begins with the intent": {
		file:  "apply/settle.go",
		old:   "since: a.At.Add(s.sendBy),",
		new:   "since: a.At,",
		why:   "The request may have left long after the intent, and is given up too early.",
		judge: in("apply", "TestSettleOpenIntent"),
	},
	"the window is measured by a clock that was set": {
		file:  "apply/elapsed.go",
		old:   "	return min(monotonic, wall), max(monotonic, wall)",
		new:   "	return max(monotonic, wall), max(monotonic, wall)",
		why:   "A clock that jumps ahead makes a call of a moment ago an old one, and it is given up.",
		judge: in("apply", "TestElapsed"),
	},
	"a status proves something of a file that waits": {
		file:  "apply/inquire.go",
		old:   "func (q question) waitsThere() bool { return ",
		new:   "func (q question) waitsThere() bool { return q.Attempt > 9 && ",
		why:   "Time turns the rows of a bulk file into failures while the file waits at the gateway.",
		judge: in("apply", "TestReleasedFileWaits", "TestEveryBulkContactGoesWrong"),
	},
	"a lost answer is recorded as not sent": {
		file:  "apply/settle.go",
		old:   "Result: statefile.Unknown, Message: lostAnswer}",
		new:   "Result: statefile.NotSent, Message: lostAnswer}",
		why:   "A process that was killed in the call may have sent it.",
		judge: histories(999),
	},
	"what was found reversed is recorded as settled": {
		file:  "apply/finding.go",
		old:   "	case accepted && j == plan.Reversed:\n		return []statefile.Verdict{statefile.VerdictReversed}",
		new:   "	case accepted && j == plan.Reversed:\n		return []statefile.Verdict{statefile.VerdictSettled}",
		why:   "The acquirer said no, and nobody gives the customer the money.",
		judge: histories(999),
	},
	"the order of a charge need not be new": {
		file:  "apply/ticket.go",
		old:   "UniqueOID: true,",
		new:   "UniqueOID: j.Attempt > 9,",
		why:   "uniqueoid is what has the gateway refuse a second charge of the order.",
		judge: in("apply", "TestTickets", "TestEveryContactOfTicketsGoesWrong"),
	},
	"an order that is there is charged": {
		file:  "apply/ticket.go",
		old:   "	case payment != \"\" && !plan.NeverPaid(now):",
		new:   "	case payment != \"\" && plan.NeverPaid(now):",
		why:   "Somebody made that payment since the plan, and the card pays again.",
		judge: in("apply", "TestChargeOfWhatIsThere"),
	},
	"the ticket passes for the payment that it made": {
		file:  "apply/ticket.go",
		old:   "made.Transacts[0] == \"\" || made.Transacts[0] == ticket {",
		new:   "made.Transacts[0] == \"\" {",
		why:   "The number of its own ticket is no payment: nobody can tell what became of the charge.",
		judge: in("apply", "TestChargeUnderTheTicketsNumber"),
	},
	"a reauthorised payment is taken under any number": {
		file:  "apply/reauthorise.go",
		old:   "	if len(a.Transacts) != 1 || a.Transacts[0] != id {",
		new:   "	if len(a.Transacts) != 1 {",
		why:   "The capture that follows is of a payment that is no longer the one.",
		judge: in("apply", "TestReauthoriseUnderAnotherNumber"),
	},
	"the sums of a split capture are not held against the plan": {
		file:  "apply/split.go",
		old:   "	case now.Captured != j.step.From:",
		new:   "	case now.Captured.Minor() > j.step.To.Minor():",
		why:   "Somebody captured a part since, with the same status before and after, and it is captured again.",
		judge: in("apply", "TestBaseMoved"),
	},
}
