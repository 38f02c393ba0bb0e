package terminal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"testrunner/report/event"
	"testrunner/report/text"
)

// excerpt is foreign text, cut to its first and last lines, each behind a bar: nothing in it can pass for a line of ours.
// where names the place of the whole text, "" is nowhere.
func excerpt(indent, foreign string, head, tail int, where string) []line {
	lines := text.Lines(foreign)
	left := len(lines) - head - tail
	if left > 1 {
		note := fmt.Sprintf("… %d lines left out", left)
		if where != "" {
			note += ", all in " + text.Line(where)
		}
		lines = slices.Concat(lines[:head], []string{note}, lines[len(lines)-tail:])
	}
	shown := make([]line, len(lines))
	for i, l := range lines {
		shown[i] = inked(faint, indent+"│ ").add(normal, l)
	}
	return shown
}

// Lines of a stall that are shown; runner.log has them all.
const (
	stallTests  = 5
	stallTail   = 10
	stallTree   = 12
	stallStacks = 20
)

// stalled says where a job hangs.
func stalled(b event.JobStalled, r Reports) []line {
	idle := seconds(time.Duration(b.IdleMS) * time.Millisecond)
	what := fmt.Sprintf(" has said nothing for %s", idle)
	if b.Why == "deadline" {
		what = fmt.Sprintf(" still runs at its deadline, silent for %s", idle)
	}
	lines := []line{inked(caution, warnMark).add(strong, " "+text.Line(b.Job)).add(normal, what)}
	for _, id := range b.Tests[:min(len(b.Tests), stallTests)] {
		lines = append(lines, bare("    in "+text.Line(id)))
	}
	if n := len(b.Tests) - stallTests; n > 0 {
		lines = append(lines, bare("    and in "+count(n, "more test")))
	}
	for _, part := range []struct {
		title, text string
		head, tail  int
	}{
		{"its last output:", b.Tail, 0, stallTail},
		{"its processes:", strings.Join(b.Tree, "\n"), stallTree, 0},
		{"where it is:", b.Stacks, stallStacks, 0},
	} {
		if shown := excerpt("    ", part.text, part.head, part.tail, r.Log); len(shown) > 0 {
			lines = append(append(lines, bare("    "+part.title)), shown...)
		}
	}
	if b.Ask != "" {
		lines = append(lines, bare("    to see where it is, and end it: "+text.Line(b.Ask)))
	}
	return lines
}
