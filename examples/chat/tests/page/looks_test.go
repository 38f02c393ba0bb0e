package page

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"

	"example.com/chat/tests/client"
)

// The page fits each window, whatever it shows; the pictures are for people to look at.
func TestPageFitsAllWindows(t *testing.T) {
	web, browser := client.Address(t, "WEB_URL"), newBrowser(t)
	ada := newName("ada")
	cable := newCable(t, web)
	w := browser.open(cable.url)
	w.inAllLooks("1-signed-out")
	w.enter(ada, password, "login")
	w.until("it complains", `!document.getElementById('error').hidden`)
	w.inAllLooks("2-error")
	w.signIn(ada, "register")
	w.inAllLooks("3-empty")
	w.say("hello there")
	w.answers(1)
	w.say("What becomes of a message that is longer than a line, with a word in it that is longer than a telephone is wide: " +
		"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft?")
	w.answers(2)
	w.inAllLooks("4-talk")
	cable.pull()
	w.becomes("reconnecting")
	w.inAllLooks("5-reconnecting")
}

// inAllLooks keeps pictures of what the window shows, and checks that nothing is wider than it is.
func (w *window) inAllLooks(name string) {
	w.t.Helper()
	for size, width := range map[string]int64{"desktop": 1100, "narrow": 360} {
		for _, scheme := range []string{"light", "dark"} {
			w.look(width, 700, scheme)
			w.keep(name + "-" + size + "-" + scheme)
		}
		ctx, cancel := context.WithTimeout(w.ctx, client.Patience)
		needed, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
		cancel()
		if err != nil || needed > width {
			w.t.Errorf("%s: %d of %d points of width are needed (%v)", name, needed, width, err)
		}
	}
}
