// Package browser gives a test a headless Chromium of its own, to look at pages
// with. Only tests import it.
package browser

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"flexform/internal/need"
)

// A Tab is one tab of a Chromium. What goes wrong in it ends the test.
type Tab struct {
	*testing.T
	Ctx context.Context
}

// Start starts a Chromium, which ends with the test.
func Start(t *testing.T) Tab {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{chromedp.ExecPath(need.Command(t, "chromium")), chromedp.UserDataDir(t.TempDir())}
	for _, name := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "disable-dev-shm-usage", "hide-scrollbars",
	} {
		options = append(options, chromedp.Flag(name, true))
	}
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("stop Chromium: %v", err)
		}
		stop()
	})
	return Tab{t, ctx}
}

// Do takes steps one after the other.
func (b Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.Ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// Value returns what an expression gives: the debugger runs one even where
// scripts of the page may not run.
func Value[T any](b Tab, expression string, options ...chromedp.EvaluateOption) T {
	b.Helper()
	v, err := chromedp.Run(b.Ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// Scripts says whether pages may run scripts.
func (b Tab) Scripts(on bool) {
	b.Helper()
	if _, err := chromedp.Call(b.Ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		b.Fatal(err)
	}
}

// Look sets what pages are looked at with: the width in pixels, the kind of
// medium ("screen" or "print"), and the colour scheme ("light" or "dark").
func (b Tab) Look(width int64, kind, scheme string) {
	b.Helper()
	b.Do(chromedp.EmulateViewport(width, 900))
	if _, err := chromedp.Call(b.Ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: kind, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	}); err != nil {
		b.Fatal(err)
	}
}

// Picture saves what the tab shows in a folder, for people to look at; nothing
// when folder is empty.
func (b Tab) Picture(folder, name string) {
	b.Helper()
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.Ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
}
