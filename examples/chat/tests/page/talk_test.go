package page

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"example.com/chat/tests/client"
)

const password = "correct horse"

// newName is a name that nobody else has.
func newName(name string) string { return name + "-" + strings.ToLower(rand.Text()[:10]) }

// message is one as the page shows it.
type message struct {
	Role  string   `json:"role"`
	Text  string   `json:"text"`
	Steps []string `json:"steps"`

	Failed string `json:"failed"` // why
}

// asShown reads the messages from the page.
const asShown = `Array.from(document.querySelectorAll('.message'), (m) => ({
	role: m.classList.contains('user') ? 'user' : 'agent',
	text: m.querySelector('p').innerText,
	steps: Array.from(m.querySelectorAll('.steps li'), (step) => step.dataset.step),
	failed: m.querySelector('.why')?.innerText ?? '',
}))`

func (w *window) messages() []message {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, client.Patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[[]message](asShown))
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// enter fills the form in, and presses a button of it: login or register.
func (w *window) enter(name, password, how string) {
	w.t.Helper()
	w.do("fill the form in",
		chromedp.SetValue(chromedp.CSS("[name=name]"), name), chromedp.SetValue(chromedp.CSS("[name=password]"), password),
		chromedp.Click(chromedp.CSS("button[value="+how+"]")))
}

// signIn enters, and waits until the user can talk.
func (w *window) signIn(name, how string) {
	w.t.Helper()
	w.enter(name, password, how)
	w.becomes("connected")
}

// becomes waits until the page says so of its connection.
func (w *window) becomes(state string) {
	w.t.Helper()
	w.until("it is "+state, fmt.Sprintf(`document.getElementById('status').dataset.state === %q`, state))
}

// say types a text and sends it.
func (w *window) say(text string) {
	w.t.Helper()
	w.do("say "+text, chromedp.SendKeys(chromedp.CSS("#say input"), text), chromedp.Click(chromedp.CSS("#say button")))
}

// answers waits until so many runs have come to their end.
func (w *window) answers(n int) {
	w.t.Helper()
	w.until(fmt.Sprintf("there are %d answers", n),
		fmt.Sprintf(`document.querySelectorAll('[data-step=agent_completed]').length >= %d || document.querySelector('.failed')`, n))
	for _, m := range w.messages() {
		if m.Failed != "" {
			w.t.Fatalf("%q was refused: %s", m.Text, m.Failed)
		}
	}
}

// wantTalk checks what the page shows: messages of the user, each with its answer and all steps of the run, and nothing else.
func (w *window) wantTalk(texts ...string) {
	w.t.Helper()
	got := w.messages()
	want := make([]message, 0, 2*len(texts))
	for i, text := range texts {
		answer := fmt.Sprintf("That was %d words. Messages before it in this thread: %d.", len(strings.Fields(text)), 2*i)
		want = append(want, message{Role: "user", Text: text}, message{Role: "agent", Text: answer, Steps: client.Steps()})
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("the page shows\n%v\nwant\n%v", got, want)
	}
}

func TestUserTalksInThePage(t *testing.T) {
	w := newBrowser(t).open(client.Address(t, "WEB_URL"))
	w.signIn(newName("ada"), "register")
	w.say("hello there")
	w.answers(1)
	w.say("and again hello")
	w.answers(2)
	w.wantTalk("hello there", "and again hello")
}

func TestAllWindowsOfTheUserSeeTheTalkAndNobodyElse(t *testing.T) {
	web, browser := client.Address(t, "WEB_URL"), newBrowser(t)
	ada := newName("ada")
	desk, phone, bob := browser.open(web), browser.open(web), browser.open(web)
	desk.signIn(ada, "register")
	phone.signIn(ada, "login")
	bob.signIn(newName("bob"), "register")
	desk.say("for ada alone")
	for _, w := range []*window{desk, phone} {
		w.answers(1)
		w.wantTalk("for ada alone")
	}
	// Had anything been on its way to bob, it would come before his own.
	bob.say("for bob alone")
	bob.answers(1)
	bob.wantTalk("for bob alone")
	// Who comes later finds what was said.
	later := browser.open(web)
	later.signIn(ada, "login")
	later.until("the talk is there", `document.querySelectorAll('.message').length === 2`)
}

func TestPageComesBackWhenItsConnectionWasCut(t *testing.T) {
	web, browser := client.Address(t, "WEB_URL"), newBrowser(t)
	cable := newCable(t, web)
	ada := newName("ada")
	train, desk := browser.open(cable.url), browser.open(web)
	train.signIn(ada, "register")
	desk.signIn(ada, "login")
	train.say("before the tunnel")
	train.answers(1)
	cable.pull()
	train.becomes("reconnecting")
	train.until("nothing can be sent", `document.querySelector('#say button').disabled`)
	desk.answers(1)
	desk.say("in the tunnel")
	desk.answers(2)
	cable.plug()
	train.becomes("connected")
	train.answers(2)
	train.say("behind the tunnel")
	for _, w := range []*window{train, desk} {
		w.answers(3)
		w.wantTalk("before the tunnel", "in the tunnel", "behind the tunnel")
	}
}

func TestPageSaysWhatIsWrong(t *testing.T) {
	w := newBrowser(t).open(client.Address(t, "WEB_URL"))
	w.enter(newName("nobody"), password, "login")
	w.until("it says that", `document.getElementById('error').textContent === 'the name or the password is wrong'`)
	name := newName("ada")
	w.signIn(name, "register")
	w.until("it says so no more", `document.getElementById('error').hidden`)
	w.do("sign out", chromedp.Click(chromedp.CSS("#logout")))
	w.becomes("signed out")
	w.until("the form is there again", `!document.getElementById('login').hidden && document.getElementById('talk').hidden`)
}
