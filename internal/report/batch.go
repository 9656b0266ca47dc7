package report

import (
	"fmt"

	"flexform/statefile"
)

func batchText(v statefile.Batch) string {
	return fmt.Sprintf("bulk file %s of merchant %s, %s, %s, of plan %s", Ident(v.Name), Ident(v.Merchant), Count(v.Rows, "row"), Ident(v.Digest), ShortDigest(v.Plan))
}

func releasingText(v statefile.Releasing) string {
	return fmt.Sprintf("bulk file %s: its run file is about to be made, so it may be carried out from here on", Ident(v.Batch))
}

func releasedText(v statefile.Released) string {
	return fmt.Sprintf("bulk file %s: the gateway has it, and is waited for", Ident(v.Batch))
}
