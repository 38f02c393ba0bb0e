package terminal

import (
	"fmt"
	"strings"
	"time"

	"testrunner/report/text"
)

// Columns below which a part of a row is left out.
const (
	barFrom     = 60 // the width from which there is a bar
	barCells    = 16
	currentFrom = 8 // the least room in which a test's name says anything
)

// jobRow is one running job in one line: who, how far, what went wrong, which test, how long.
//
//	unit/go:.  ████████░░░░░░░░ 155/310  2 failed  pkg/x_test.go::TestFoo          12s
func jobRow(j *job, label, width int, now time.Time) line {
	l := bare(pad(text.Line(j.id), label)).add(normal, "  ")
	if j.known && width >= barFrom {
		l = l.add(good, bar(j.done, j.total(), barCells)).add(normal, " ")
	}
	l = l.add(normal, progressed(j))
	if n := j.wrongs(); n > 0 {
		l = l.add(normal, "  ").add(bad, failedShort(n, width))
	}
	return withEnd(l, currentTest(j), seconds(now.Sub(j.started)), width-1)
}

// withEnd fills the line up to width columns: with the current test as far as there is room, and the elapsed time at the
// right end. Where not even the time fits, it is left out.
func withEnd(l line, current, elapsed string, width int) line {
	const gap = "  "
	room := width - cells(l.String()) - len(gap) - cells(elapsed)
	if room < 0 {
		return l
	}
	if room > len(gap)+currentFrom {
		current = cut(current, room-len(gap))
		l = l.add(normal, gap).add(faint, current)
		room -= len(gap) + cells(current)
	}
	return l.add(normal, strings.Repeat(" ", room)+gap+elapsed)
}

func progressed(j *job) string {
	switch {
	case j.known:
		return fmt.Sprintf("%d/%d", j.done, j.total())
	case j.done > 0:
		return fmt.Sprintf("%d", j.done)
	default:
		return "-"
	}
}

func failedShort(n, width int) string {
	if width < barFrom {
		return fmt.Sprintf("%d%s", n, failMark)
	}
	return fmt.Sprintf("%d failed", n)
}

func currentTest(j *job) string {
	switch id := j.current(); {
	case id != "":
		return text.Line(id)
	case j.again:
		return "started again, apart from what broke"
	default:
		return "starting"
	}
}

// bar is a bar of n columns for done of total.
func bar(done, total, n int) string {
	full := 0
	if total > 0 {
		full = min(n, done*n/total)
	}
	return strings.Repeat("█", full) + strings.Repeat("░", n-full)
}

// maxRows bounds the rows, so that they stay on the screen, also when a narrow terminal breaks each into two.
const maxRows = 8

// rows is what runs now, the longest-running first.
func (v *view) rows(width int) []line {
	now := v.opts.Now()
	shown := v.running
	more := 0
	if len(shown) > maxRows {
		shown, more = shown[:maxRows-1], len(shown)-maxRows+1
	}
	label := 0
	for _, j := range shown {
		label = max(label, cells(text.Line(j.id)))
	}
	label = min(label, max(width/3, currentFrom))
	rows := make([]line, 0, len(shown)+1)
	for _, j := range shown {
		rows = append(rows, jobRow(j, label, width, now))
	}
	if more > 0 {
		rows = append(rows, inked(faint, "and "+count(more, "more running job")))
	}
	return rows
}
