package terminal

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"testrunner/report/event"
)

// On a terminal of any width no line is longer than it, whatever the events say; in plain mode no escape code gets out.
func TestAnyEventsAtAnyWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 130).Draw(t, "width")
		verbose := rapid.Bool().Draw(t, "verbose")
		bodies := rapid.SliceOfN(anyBody(), 1, 30).Draw(t, "bodies")
		clock := newClock()
		var live, plain bytes.Buffer
		drawn := untimed(Options{Out: &live, IsTerminal: true, Colour: rapid.Bool().Draw(t, "colour"), Verbose: verbose,
			Width: func() int { return width }, Now: clock.Now})
		piped := untimed(Options{Out: &plain, Verbose: verbose, Now: clock.Now})
		for _, b := range bodies {
			for _, sink := range []*Terminal{drawn, piped} {
				if err := sink.Handle(event.Event{Body: b}); err != nil {
					t.Fatal(err)
				}
				clock.advance(time.Duration(rapid.IntRange(0, 40_000).Draw(t, "ms")) * time.Millisecond)
				sink.tick()
			}
			// A remedy is made to be copied, so it is whole at any width.
			for _, l := range strings.Split(withoutCodes(t, live.String()), "\n") {
				if w := (&runewidth.Condition{}).StringWidth(l); w > width && !strings.Contains(l, "mend:") {
					t.Fatalf("%d columns on a terminal of %d: %q", w, width, l)
				}
			}
			live.Reset()
			width = max(1, width+rapid.IntRange(-20, 20).Draw(t, "resize"))
		}
		for _, r := range plain.String() {
			if r != '\n' && (unicode.IsControl(r) || r == '\u202e') {
				t.Fatalf("%q in plain lines %q", r, plain.String())
			}
		}
		for _, l := range strings.Split(plain.String(), "\n") {
			if strings.HasPrefix(strings.TrimSpace(l), "::") || strings.Contains(l, "##[") {
				t.Fatalf("a command for CI: %q", l)
			}
		}
	})
}

// withoutCodes takes out the codes that a live screen may write, and fails on every other control character.
func withoutCodes(t *rapid.T, s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\r':
		case s[i] == '\x1b':
			end := strings.IndexAny(s[i:], "AJKm")
			if end < 2 || s[i+1] != '[' || strings.Trim(s[i+2:i+end], "0123456789;") != "" {
				t.Fatalf("a foreign escape code: %q", s[i:])
			}
			i += end
		case s[i] != '\n' && s[i] < ' ':
			t.Fatalf("a control character: %q", s[i:])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func anyBody() *rapid.Generator[event.Body] {
	word := rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"", "a/b_test.go::TestX", "日本語テスト::名前", "👩‍👩‍👧 family", "❤️", "\x1b[2J", "\x1b]0;t\a", "::error::x", "\n::error::x",
			"##[error]x", "\r", "a\tb", "\xff\xfe", "\u202eabc", strings.Repeat("long ", 100), strings.Repeat("x", 500)}),
	)
	job := rapid.SampledFrom([]string{"unit/go:.", "unit/pytest:py", "e2e/日本:web", strings.Repeat("deep/", 30)})
	outcome := rapid.SampledFrom(event.Outcomes())
	return rapid.Custom(func(t *rapid.T) event.Body {
		w := func() string { return word.Draw(t, "word") }
		j := job.Draw(t, "job")
		status := rapid.SampledFrom([]event.Status{event.OK, event.Warn, event.Fail, event.Unknown}).Draw(t, "status")
		cause := rapid.SampledFrom([]event.Cause{event.Done, event.Crashed, event.TimedOut, event.NotStarted}).Draw(t, "cause")
		return rapid.SampledFrom([]event.Body{
			event.RunStarted{Scope: w()},
			event.Found{Finding: event.Finding{ID: w(), Status: status, Value: w(), Detail: w(), Remedy: w()}},
			event.Decided{Mode: event.NoDocker, Why: []string{w(), w()}},
			event.Planned{Categories: []event.PlannedCategory{{Name: w(), Suites: []string{w(), w()}}}},
			event.JobStarted{Job: j, Argv: []string{w(), w()}, Dir: w(), Attempt: 1},
			event.JobStarted{Job: j, Attempt: 2},
			event.TestsCollected{Job: j, Tests: tests(w(), w(), w())},
			event.TestStarted{Job: j, Test: test(w())},
			event.TestFinished{Job: j, Test: test(w()), Outcome: outcome.Draw(t, "outcome"), Message: w(), Note: w(), Micros: 1234567},
			event.CollectionFailed{Job: j, Path: w(), Line: 3, Message: w()},
			event.JobOutput{Job: j, Text: w()},
			event.JobStalled{Job: j, Tests: []string{w()}, Tail: w(), Tree: []string{w()}, Stacks: w(), Ask: w()},
			event.JobFinished{Job: j, Cause: cause, Problem: w(), Orphans: []string{w()}},
			event.Noted{Level: rapid.SampledFrom([]string{"info", "warn", "error"}).Draw(t, "level"), Text: w()},
			event.Stopping{Why: w(), Detail: w()},
		}).Draw(t, "body")
	})
}
