package cli

import (
	"time"

	"flexform/internal/report"
)

// progress tells on stderr how long work goes on. Stop ends that.
func (a *app) progress() (p *report.Progress, stop func()) {
	p = report.NewProgress(a.env.Stderr, a.env.Now, report.ProgressOptions{Style: a.style(a.env.StderrTerminal), Terminal: a.env.StderrTerminal})
	done := make(chan struct{})
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				p.Tick()
			}
		}
	}()
	return p, func() {
		close(done)
		p.Close()
	}
}
