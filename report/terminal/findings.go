package terminal

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"testrunner/report/event"
	"testrunner/report/text"
)

// The columns of a table of findings, where there is room.
const (
	narrowest  = 40 // columns below which nothing is laid out any more
	valueCells = 16 // the least room of a measured value
	timeCells  = 7  // "1m2.3s"
)

// Findings prints findings as a table, worst last, with what to do below each that is not well. Width is the terminal's, 0 is 80; a
// remedy is never cut or broken, because somebody will copy it.
func Findings(out io.Writer, findings []event.Finding, width int, colour bool) error {
	if width <= 0 {
		width = defaultWidth
	}
	width = max(width, narrowest)
	sorted := slices.Clone(findings)
	slices.SortStableFunc(sorted, func(a, b event.Finding) int { return cmp.Compare(badness(a.Status), badness(b.Status)) })
	label := 0
	for _, f := range sorted {
		label = max(label, cells(text.Line(f.ID)))
	}
	label = min(label, width/3)
	p := newPalette(colour)
	var b strings.Builder
	for _, f := range sorted {
		for _, l := range findingLines(f, label, width) {
			b.WriteString(p.paint(l) + "\n")
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// badness orders the statuses, worst last. What nobody knows is worse than a warning: it may be anything.
func badness(s event.Status) int {
	return slices.Index([]event.Status{event.OK, event.Warn, event.Unknown, event.Fail}, s)
}

func statusMark(s event.Status) (ink, string) {
	switch s {
	case event.OK:
		return good, passMark
	case event.Warn:
		return caution, warnMark
	case event.Fail:
		return bad, failMark
	default:
		return caution, "?"
	}
}

// findingLines is one row, and below a finding that is not well its detail and the way out.
func findingLines(f event.Finding, label, width int) []line {
	i, mark := statusMark(f.Status)
	const gap = "  "
	row := inked(i, mark).add(normal, " "+pad(text.Line(f.ID), label)+gap)
	took := ""
	if f.Millis > 0 {
		took = lasted(time.Duration(f.Millis) * time.Millisecond)
	}
	room := width - 1 - cells(row.String()) - len(gap) - timeCells
	said := text.Line(f.Value)
	about := text.Line(f.Detail)
	if f.Status != event.OK {
		about = text.Line(f.Threshold)
	}
	value := cut(said, room)
	if rest := room - max(cells(value), valueCells) - len(gap); about != "" && said != "" && rest >= 8 {
		value = pad(value, max(cells(value), valueCells))
		row = row.add(normal, value+gap).add(faint, pad(about, rest))
	} else if said == "" {
		row = row.add(faint, pad(about, room))
	} else {
		row = row.add(normal, pad(value, room))
	}
	row = row.add(faint, gap+fmt.Sprintf("%*s", timeCells, took))
	lines := []line{row}
	if f.Status == event.OK {
		return lines
	}
	const indent = "    "
	if f.Detail != "" {
		for _, l := range wrap(text.Line(f.Detail), width-1-len(indent)) {
			lines = append(lines, bare(indent+l))
		}
	}
	if f.Remedy != "" {
		l := bare(indent+"try: ").add(strong, text.Line(f.Remedy))
		l.whole = true
		lines = append(lines, l)
	}
	return lines
}
