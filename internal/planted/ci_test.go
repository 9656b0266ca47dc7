package planted

// inCI: what a pull request can do to its own guard, and which merges are
// applied.
var inCI = map[string]plant{
	"settings are read from the head": {
		file:  "internal/cli/ci.go",
		old:   "		if options.Settings, err = c.unpackSettings(ctx, c.base.commit, \"base\"); err != nil {",
		new:   "		if options.Settings, err = c.unpackSettings(ctx, c.head.commit, \"base\"); err != nil {",
		why:   "A pull request sends its refunds to a gateway of its own.",
		judge: in("internal/cli", "TestGuardedChange"),
	},
	"a pull request may write history": {
		file:  "internal/cli/ci.go",
		old:   "	case len(g.touch.ledger) > 0:",
		new:   "	case len(g.touch.ledger) > 1:",
		why:   "Somebody takes a refund out of the ledger, and it is paid again.",
		judge: in("internal/cli", "TestGuardedChange"),
	},
	"settings change along with what they guard": {
		file:  "internal/cli/ci.go",
		old:   "	case len(g.touch.settings) > 0 && len(g.touch.wishes) > 0:",
		new:   "	case len(g.touch.settings) > 1 && len(g.touch.wishes) > 0:",
		why:   "Who reviews a list of refunds lets a raised limit through with it.",
		judge: in("internal/cli", "TestGuardedChange"),
	},
	"a tag is taken for the protected branch": {
		file:  "internal/cli/cirepository.go",
		old:   "		if len(found) > 1 || len(found) == 1 && strings.HasPrefix(found[0], \"refs/tags/\") {",
		new:   "		if len(found) > 2 {",
		why:   "Who may push tags decides which settings count.",
		judge: in("internal/cli", "TestGuardedChange"),
	},
	"a branch may lack what the base has": {
		file:  "internal/cli/cichange.go",
		old:   "	if c.from == c.base.commit {\n		return nil\n	}",
		new:   "	if c.from != \"\" {\n		return nil\n	}",
		why:   "The plan that people read is not the one of the merge.",
		judge: in("internal/cli", "TestGuardedChange"),
	},
	"every merge is a clean one": {
		file:  "internal/cli/ciauthors.go",
		old:   "		return err == nil && merged == tree, nil",
		new:   "		return err == nil && merged != \"\" && tree != \"\", nil",
		why:   "Who merges changes an amount, and approves it.",
		judge: in("internal/cli", "TestAuthorsOfAChange"),
	},
	"an approval hides a wish": {
		file:  "internal/cli/ciauthors.go",
		old:   "		if place == \"\" || !within(name, place) {\n			return false",
		new:   "		if place != \"\" && within(name, place) {\n			return true",
		why:   "Who approves changes an amount in the same commit.",
		judge: in("internal/cli", "TestAuthorsOfAChange"),
	},
	"who wrote a wish before the change is no author": {
		file:  "internal/cli/writers.go",
		old:   "		if at := t.Places; wanted[t.Address] {",
		new:   "		if at := t.Places; !wanted[t.Address] {",
		why:   "Who asks for a refund waits for the next pull request, and approves it.",
		judge: in("internal/cli", "TestWritersOfAPlan"),
	},
	"a tip counts only for a ledger that is a file": {
		file:  "internal/cli/ciapply.go",
		old:   "		if tip != \"\" { //",
		new:   "		if tip == m.tip { //",
		why:   "A merge that was taken back is applied.",
		judge: in("internal/cli", "TestTipOfADatabase"),
	},
	"any ledger of that length will do": {
		file:  "internal/cli/ciapply.go",
		old:   "	return ok && found == hash\n",
		new:   "	return ok && found != \"\" && hash != \"\"\n",
		why:   "An apply that does not know of the last refund pays it again.",
		judge: in("internal/cli", "TestMergeHolds"),
	},
	"a merge does more than was reviewed": {
		file:  "internal/cli/ciapply.go",
		old:   "		if digest != p.Digest {",
		new:   "		if len(digest) != len(p.Digest) {",
		why:   "What was merged in between is applied, and nobody saw it.",
		judge: in("internal/cli", "TestMergeHolds"),
	},
}
