// Package page drives the page as users do: in Chromium, with all services as they run.
package page

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.com/chat/tests/client"
)

// chromium is the browser: what CHROMIUM names, else the first that is found. Without one the test is not run, which is not the same as
// skipped: runner knows the words, says so, and exits with 5.
func chromium(t *testing.T) string {
	t.Helper()
	names := []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"}
	if named := os.Getenv("CHROMIUM"); named != "" {
		names = []string{named}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("runner: not run: there is no Chromium: apt-get install chromium-headless-shell, or say by CHROMIUM where one is")
	return ""
}

// browser is a browser, with windows that know nothing of one another.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// newBrowser starts one; it ends with the test.
func newBrowser(t *testing.T) browser {
	t.Helper()
	allocator, release := chromedp.NewExecAllocator(context.Background(),
		append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.Flag("user-data-dir", t.TempDir()))...)
	t.Cleanup(release)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil { // starts it
		t.Fatalf("start Chromium: %v", err)
	}
	return browser{t, ctx}
}

// window is a window of a user, who shares no session with other windows.
type window struct {
	t   *testing.T
	ctx context.Context
}

// open opens the page at an address. An error of its scripts fails the test.
func (b browser) open(web string) *window {
	b.t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(func(event any) {
		if thrown, ok := event.(*runtime.EventExceptionThrown); ok {
			b.t.Errorf("the page's script fails: %s %s", thrown.ExceptionDetails.Text, thrown.ExceptionDetails.Exception.Description)
		}
	}))
	b.t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil { // the window lives as long as the context of its first action: that has no deadline
		b.t.Fatalf("open a window: %v", err)
	}
	w := &window{b.t, ctx}
	w.do("open the page", chromedp.Navigate(web))
	return w
}

// do does something within the time that tests wait.
func (w *window) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, client.Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.t.Fatalf("%s: %v\nthe page shows: %s", what, err, w.text())
	}
}

// until waits until an expression of JavaScript holds.
func (w *window) until(what, expression string) {
	w.t.Helper()
	w.do("wait until "+what, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond)))
}

// text is all that is to be read.
func (w *window) text() string {
	ctx, cancel := context.WithTimeout(w.ctx, client.Patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

// look gives the window a width and a height, and the user's wish for light or dark.
func (w *window) look(width, height int64, scheme string) {
	w.t.Helper()
	w.do("change how it looks", chromedp.EmulateViewport(width, height), func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return chromedp.Void{}, err
	})
}

// keep keeps a picture of the window among runner's results, for people to look at. CHAT_SCREENSHOTS names another folder.
func (w *window) keep(name string) {
	w.t.Helper()
	folder := os.Getenv("CHAT_SCREENSHOTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "runner-results", "page")
	}
	ctx, cancel := context.WithTimeout(w.ctx, client.Patience)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644)
	}
	if err != nil {
		w.t.Fatalf("keep a picture: %v", err)
	}
}
