package planted

// inDatabase: what a ledger in PostgreSQL rests on.
var inDatabase = map[string]plant{
	"a commit of unknown outcome counts as done": {
		file:  "statefile/postgres/store.go",
		old:   "	err = try(ctx, rows, do)\n	for pause",
		new:   "	err = try(ctx, rows, do)\n	if lostWrite(err) {\n		return nil\n	}\n	for pause",
		why:   "The call is sent, and no entry says so.",
		judge: in("statefile/postgres", "TestEveryContactBreaks"),
	},
	"what was committed before the session broke is not looked for": {
		file:  "statefile/postgres/store.go",
		old:   "	case found == len(rows):\n		return nil",
		new:   "	case found > len(rows):\n		return nil",
		why:   "The outcome of a call that was made is given up, with all that follows it.",
		judge: in("statefile/postgres", "TestEveryContactBreaks"),
	},
	"who lost the lock to another goes on": {
		file:  "statefile/postgres/store.go",
		old:   "	if err == nil && !got {",
		new:   "	if err == nil && !got && fresh.backend == 0 {",
		why:   "Two that write take turns in being overtaken, and neither finishes what it sent.",
		judge: in("statefile/postgres", "TestSessionLostToAnother"),
	},
	"a commit need not be on the disk": {
		file:  "statefile/postgres/store.go",
		old:   "SET LOCAL synchronous_commit TO on",
		new:   "SET LOCAL synchronous_commit TO off",
		why:   "A power cut at the server takes back the intent of a call that was sent, and the next plan makes it again.",
		judge: in("statefile/postgres", "TestEveryCommitIsSynchronous"),
	},
	"a server that does not sync is taken": {
		file:  "statefile/postgres/session.go",
		old:   "	case fsync != \"on\":",
		new:   "	case fsync == \"\":",
		why:   "A power cut at the server takes back the intent of a call that was sent, and the next plan makes it again.",
		judge: in("statefile/postgres", "TestUnfit"),
	},
	"tables without their keys are taken": {
		file:  "statefile/postgres/session.go",
		old:   "	case keys != 2:",
		new:   "	case keys > 2:",
		why:   "The keys are all that keeps two runners from claiming the same step.",
		judge: in("statefile/postgres", "TestUnfit"),
	},
	"claims are not held against the entries": {
		file:  "statefile/postgres/read.go",
		old:   "	case key != e.Claim():",
		new:   "	case key == \"\" && e.Claim() == \"-\":",
		why:   "Somebody who deletes a claim makes its action claimable again, unseen.",
		judge: in("statefile/postgres", "TestTampered"),
	},
	"an end that was cut off the table is not missed": {
		file:  "statefile/postgres/read.go",
		old:   "	if claimed > last {",
		new:   "	if claimed > last && last == 0 {",
		why:   "The last refunds are forgotten, and paid again.",
		judge: in("statefile/postgres", "TestTampered"),
	},
	"the server of a ledger is not looked at": {
		file:  "statefile/postgres/place.go",
		old:   "		if verified || local(host) {",
		new:   "		if verified || local(host) || host != \"\" {",
		why:   "Whoever is on the way answers with a ledger that knows of nothing, and everything is paid again.",
		judge: in("statefile/postgres", "TestConnections"),
	},
}
