package ci

import (
	"cmp"
	"fmt"
	"html"
	"strings"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
)

// Bounds of the page: how many troubles are written out, and how much of each.
const (
	maxTroubles = 200
	maxExcerpt  = 4 << 10
)

// closingRoom is kept for the line that says what was left out.
const closingRoom = 300

// document is the page, as far as there is room for it.
type document struct {
	b    strings.Builder
	room int
	left int // parts that found no room
}

// add appends a part as a whole, or leaves it out as a whole: half an element would swallow what follows.
func (d *document) add(part string) {
	if d.left > 0 || d.b.Len()+len(part) > d.room-closingRoom {
		d.left++
		return
	}
	d.b.WriteString(part)
}

// page is the summary of the job, in the Markdown of GitHub, of at most room bytes.
func page(s report.Summary, v report.Verdict, room int) string {
	d := &document{room: room}
	d.add(fmt.Sprintf("## runner: %s\n\n%s\n\n", inline(v.Word), code(v.Line)))
	d.add(table(s))
	var broken []report.Broken
	var failed []*report.Case
	for _, c := range s.Categories {
		for _, suite := range c.Suites {
			broken = append(broken, suite.Collection...)
			for i := range suite.Cases {
				if k := &suite.Cases[i]; k.Outcome == event.Failed || k.Outcome == event.Errored {
					failed = append(failed, k)
				}
			}
		}
	}
	list(d, "Could not be collected", broken, func(b report.Broken) string {
		return trouble(location(b.Path, b.Line), b.Message, b.Detail, "", b.Rerun)
	})
	list(d, "Failed", failed, func(k *report.Case) string {
		return trouble(cmp.Or(k.Test.ID, k.Test.Name), k.Message, k.Detail, k.Output, k.Rerun())
	})
	list(d, "Did not run", absences(s), func(l string) string { return l })
	if d.left > 0 && d.b.Len()+closingRoom <= room {
		fmt.Fprintf(&d.b, "\nThere was no room for %d more parts: junit.xml has them all.\n", d.left)
	}
	return d.b.String()
}

// list writes a section. Only the parts that are shown are made.
func list[T any](d *document, title string, parts []T, write func(T) string) {
	if len(parts) == 0 {
		return
	}
	d.add(fmt.Sprintf("### %s: %d\n\n", title, len(parts)))
	for _, p := range parts[:min(len(parts), maxTroubles)] {
		d.add(write(p))
	}
	if n := len(parts) - maxTroubles; n > 0 {
		d.add(fmt.Sprintf("\nand %d more: junit.xml has them all.\n", n))
	}
	d.add("\n")
}

func table(s report.Summary) string {
	if len(s.Categories) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| category | tests | passed | failed | errored | skipped | not run | not collected |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|\n")
	row := func(name string, c report.Counts) {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d |\n",
			name, c.Expected(), c.Passed, c.Failed, c.Errored, c.Skipped, c.NotRun, c.CollectionErrors)
	}
	for _, c := range s.Categories {
		name := inline(c.Name)
		if c.NotRun != nil {
			name += " (not run)"
		}
		row(name, c.Counts)
	}
	if len(s.Categories) > 1 {
		row("all", s.Counts)
	}
	b.WriteString("\n")
	return b.String()
}

// trouble is one failure, folded up. The blank line ends the HTML block that <details> began, so that each <pre> begins one
// of its own: that one ends at its end tag, and not at the first blank line of a test's output (CommonMark, section 4.6).
func trouble(name, message, detail, output, rerun string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<details><summary>%s %s</summary>\n\n", code(name), inline(event.FirstLine(text.Clean(message))))
	for _, t := range []string{detail, output} {
		if strings.TrimSpace(t) != "" {
			b.WriteString(block(t))
		}
	}
	if rerun != "" {
		b.WriteString(block(rerun))
	}
	b.WriteString("</details>\n\n")
	return b.String()
}

func location(path string, line int) string {
	if line > 0 {
		return fmt.Sprintf("%s:%d", path, line)
	}
	return path
}

// absences is one line for each reason why something did not run.
func absences(s report.Summary) []string {
	type why struct {
		name     string
		reason   event.Reason
		accepted string
	}
	var order []why
	tests := map[why]int{}
	note := func(w why, n int) {
		if _, known := tests[w]; !known {
			order = append(order, w)
		}
		tests[w] += n
	}
	for _, c := range s.Categories {
		if c.NotRun != nil {
			note(why{c.Name, c.NotRun.Reason, c.NotRun.Accepted}, 0)
			continue
		}
		for _, suite := range c.Suites {
			name := c.Name + ": " + suite.Name
			if suite.NotRun != nil {
				note(why{name, suite.NotRun.Reason, suite.NotRun.Accepted}, 0)
				continue
			}
			for _, k := range suite.Cases {
				if k.Outcome == event.NotRan {
					note(why{name, k.Reason, k.Accepted}, 1)
				}
			}
		}
	}
	lines := make([]string, len(order))
	for i, w := range order {
		l := "- " + code(w.name)
		if n := tests[w]; n > 0 {
			l += fmt.Sprintf(" (tests: %d)", n)
		}
		l += " " + inline(w.reason.Text)
		if w.reason.Remedy != "" {
			l += "; mend: " + code(w.reason.Remedy)
		}
		if w.accepted != "" {
			l += "; accepted by " + code(w.accepted)
		}
		lines[i] = l + "\n"
	}
	return lines
}

// inline makes any text plain text inside a line of Markdown: a character reference is never read as markup.
func inline(s string) string {
	var b strings.Builder
	for _, r := range text.Line(event.Capped(s, maxExcerpt)) {
		switch {
		case r > '~', r == ' ', r == '-', r == '/', r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

// code is inline text in the typeface of code, where GitHub looks for no mentions and no issue numbers.
func code(s string) string { return "<code>" + inline(s) + "</code>" }

// block is text of several lines. Inside <pre> only its end tag means something, and no "<" gets there.
func block(s string) string {
	return "<pre>\n" + html.EscapeString(strings.Join(text.Lines(event.Capped(s, maxExcerpt)), "\n")) + "\n</pre>\n"
}
