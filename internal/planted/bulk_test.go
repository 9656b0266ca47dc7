package planted

// inBulk: refunds that go as a file.
var inBulk = map[string]plant{
	"a file is released before that is recorded": {
		file: "apply/bulkfollow.go",
		old: `	if _, err := r.Ledger.Append(ctx, statefile.Releasing{Batch: p.name.String()}); err != nil {
		return &unrecordedError{err}
	}
	_, err := d.Release(ctx, p.name, p.data)
	return err
`,
		new: `	_, failed := d.Release(ctx, p.name, p.data)
	if _, err := r.Ledger.Append(ctx, statefile.Releasing{Batch: p.name.String()}); err != nil {
		return &unrecordedError{err}
	}
	return failed
`,
		why:   "After a kill between the two its rows pass for never sent.",
		judge: in("apply", "TestEveryBulkContactGoesWrong"),
	},
	"a file that may be released is taken back": {
		file:  "apply/bulkfollow.go",
		old:   "	if state <= bulk.Uploaded && !use.Exposed() {",
		new:   "	if state <= bulk.Uploaded && use.Released == 0 {",
		why:   "A server that clears up makes it look as if it had never been there, and the refunds are made again.",
		judge: in("apply", "TestEveryBulkContactGoesWrong"),
	},
	"a file is released again by itself": {
		file:  "apply/bulkfollow.go",
		old:   "		case a.Class != string(plan.SelfLimiting):",
		new:   "		case a.Class != string(plan.SelfLimiting) && a.Attempt > 9:",
		why:   "The server may have taken the run file away when it began, and pays every partial refund twice.",
		judge: in("apply", "TestReleasedByTheNextProcess", "TestEveryBulkContactGoesWrong", "TestBulkHistories"),
	},
	"a file is released again although a row has moved": {
		file:  "apply/bulkfollow.go",
		old:   "		case seen.status != dibs.Status(a.Before):",
		new:   "		case seen.status == dibs.StatusDeclined:",
		why:   "A row that moved was paid.",
		judge: in("apply", "TestReleasedByTheNextProcess", "TestEveryBulkContactGoesWrong"),
	},
	"the response of a file released twice is believed": {
		file:  "statefile/batch.go",
		old:   "	use.Again = use.Releasing > 0",
		new:   "	use.Again = use.Releasing > e.Seq",
		why:   "The no to the second time makes a refund of the first time a declined one.",
		judge: in("apply", "TestResponseOfAFileReleasedTwice"),
	},
	"a row that the response lacks is declined": {
		file:  "apply/bulkfollow.go",
		old:   "	default:\n		o.Message = fmt.Sprintf(\"%s: %s\", name.File",
		new:   "	default:\n		o.Result = statefile.Declined\n		o.Message = fmt.Sprintf(\"%s: %s\", name.File",
		why:   "It may have been paid, and is offered again.",
		judge: in("apply", "TestBulkResponses", "TestBulkGarbage"),
	},
	"the rows of a file that is not trusted are read": {
		file:  "apply/bulkfollow.go",
		old:   "		return StageUnclear, fmt.Sprintf(\"its response cannot be trusted",
		new:   "		_ = r.record(ctx, []statefile.Payload{statefile.Outcome{Action: p.ids[0], Result: statefile.Declined, Message: \"x\"}})\n		return StageUnclear, fmt.Sprintf(\"its response cannot be trusted",
		why:   "What may have lost a part says nothing of any row.",
		judge: in("apply", "TestBulkGarbage"),
	},
	"rows go on although the name is somebody else's": {
		file:  "apply/bulk.go",
		old:   "	case state != bulk.Absent:",
		new:   "	case state > bulk.Uploaded:",
		why:   "What somebody else uploaded under that name is replaced, or released with ours.",
		judge: in("apply", "TestForeignFiles"),
	},
	"the next name forgets the ledger": {
		file:  "dibs/bulk/name.go",
		old:   "	for _, n := range used {\n		taken(n)\n	}",
		new:   "	_ = used",
		why:   "Servers forget files: a second batch gets the name of the first.",
		judge: in("dibs/bulk", "TestNext"),
	},
	"what is uploaded is not compared": {
		file:  "dibs/bulk/drop.go",
		old:   "	case !bytes.Equal(there, data):\n",
		new:   "	case len(there) > len(data):\n",
		why:   "A torn upload is released with the rows that arrived.",
		judge: in("dibs/bulk", "TestRowsThatDifferAreNotReleased", "TestOneBatchWhateverFails"),
	},
	"a released file is put again": {
		file:  "dibs/bulk/drop.go",
		old:   "	case state > Uploaded:\n		return &StateError{n, state, \"put\"}",
		new:   "	case state > Answered:\n		return &StateError{n, state, \"put\"}",
		why:   "The rows change while the gateway works on them.",
		judge: in("dibs/bulk", "TestStatesForbidSteps"),
	},
	"a row with two answers is believed": {
		file:  "dibs/bulk/match.go",
		old:   "		a.open(\"it stands in the response more than once\")\n",
		new:   "",
		why:   "One of the two may be another row's.",
		judge: in("dibs/bulk", "TestRefundResponses", "TestResponsesThatCannotBeTrusted"),
	},
	"a row that was cut is believed": {
		file:  "dibs/bulk/match.go",
		old:   "	case r.mayBeCut():",
		new:   "	case r.mayBeCut() && a.Line == 0:",
		why:   "10 is a refusal and 1000 is an acceptance.",
		judge: in("dibs/bulk", "TestCutResponsesNeverSayOtherThings"),
	},
}
