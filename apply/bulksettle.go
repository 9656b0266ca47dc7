package apply

import (
	"context"
	"fmt"

	"flexform/dibs/bulk"
	"flexform/statefile"
)

// settleFiles follows the bulk files that earlier runs left with rows that
// have no end.
func (r *Runner) settleFiles(ctx context.Context) (found []BatchFinding, err error) {
	for _, use := range r.Ledger.State().Batches() {
		if use.Open == 0 {
			continue
		}
		f, err := r.await(ctx, use.Name)
		if found = append(found, f); err != nil {
			return found, err
		}
	}
	return found, nil
}

// tellable reports whether the gateway's status may be asked about an
// undecided action. For a row whose response is certainly still to come it is not: the
// response will tell, and what the status shows in the meantime may be somebody
// else's doing.
func tellable(a statefile.Action, files []BatchFinding) bool {
	if a.Batch == "" || a.State != statefile.ActionOpen {
		return true
	}
	for _, f := range files {
		if f.Name == a.Batch {
			return f.Stage == StageUnclear || f.Gone
		}
	}
	return false
}

// Distrust says why the response of a bulk file that the server shows as
// answered can be taken for no row's answer, or "" when [Runner.Settle] will
// read it. It records nothing. An error says that the server could not be asked.
func (r *Runner) Distrust(ctx context.Context, name string) (why string, err error) {
	use, _ := r.Ledger.State().Batch(name)
	p, err := r.recorded(use)
	if err != nil {
		return fmt.Sprintf("its rows cannot be made again: %v", err), nil
	}
	err = r.within(ctx, use.Merchant, func(d bulk.Drop) error {
		data, err := d.Response(ctx, p.name)
		if err != nil {
			return err
		}
		if _, err := p.file.ReadResponse(data); err != nil {
			why = err.Error()
		}
		return nil
	})
	return why, err
}
