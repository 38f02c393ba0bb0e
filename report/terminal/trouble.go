package terminal

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
)

// trouble is one failure, error or collection error at the end of a run. Its texts are still as the tool wrote them.
type trouble struct {
	name    string // the test's ID, or the place of a file
	home    string // category, suite, and what else there is to know
	class   string // the type of the error
	message string
	place   string // path:line, "" where the name says it
	detail  string
	output  string
	rerun   string
}

func collectionTroubles(sum report.Summary) []trouble {
	var all []trouble
	for _, h := range suites(sum) {
		for _, b := range h.suite.Collection {
			all = append(all, trouble{
				name: place(b.Path, b.Line, b.Column), home: h.String(),
				message: b.Message, detail: b.Detail, rerun: b.Rerun,
			})
		}
	}
	return all
}

func failureTroubles(sum report.Summary) []trouble {
	var all []trouble
	for _, h := range suites(sum) {
		for i := range h.suite.Cases {
			if k := &h.suite.Cases[i]; k.Outcome == event.Failed || k.Outcome == event.Errored {
				all = append(all, failure(h, k))
			}
		}
	}
	return all
}

func failure(h home, k *report.Case) trouble {
	t := trouble{
		name: text.Line(k.Test.ID), home: h.String(), class: k.Type,
		message: k.Message, detail: k.Detail, output: k.Output, rerun: k.Rerun(),
	}
	if t.name == "" { // a job's own error
		t.name = text.Line(k.Test.Name)
	}
	if k.Outcome == event.Errored {
		t.home += ", errored"
	}
	if k.Elapsed > 0 {
		t.home += ", " + lasted(k.Elapsed)
	}
	if k.Test.Line > 0 {
		file := k.Test.File
		if file == "" {
			file, _ = event.SplitID(k.Test.ID)
		}
		t.place = place(file, k.Test.Line, 0)
	}
	return t
}

// Bounds of a section of troubles: a few are shown each in full; more are grouped by their message, the most common
// first, with one of each group in full.
const (
	maxFull   = 20
	maxGroups = 12
	maxAlike  = 3
)

func (c *closing) troubles(all []trouble, what, noun string) {
	if len(all) == 0 {
		return
	}
	head := fmt.Sprintf("%s %s", count(len(all), noun), what)
	if len(all) <= maxFull {
		c.title(head)
		for i, t := range all {
			if i > 0 {
				c.add(line{})
			}
			c.trouble(t)
		}
		return
	}
	groups := alike(all)
	c.title(fmt.Sprintf("%s, with %s", head, count(len(groups), "message")))
	shown := 0
	for i, g := range groups[:min(len(groups), maxGroups)] {
		if i > 0 {
			c.add(line{})
		}
		c.trouble(g[0])
		shown += len(g)
		if len(g) > 1 {
			c.add(inked(caution, fmt.Sprintf("    and %d more in the same way:", len(g)-1)))
		}
		for _, t := range g[1:min(len(g), 1+maxAlike)] {
			c.copied(bare("      " + t.name))
		}
		if n := len(g) - 1 - maxAlike; n > 0 {
			c.prose("      ", normal, fmt.Sprintf("… %d more, all %s", n, c.everything()))
		}
	}
	if n := len(all) - shown; n > 0 {
		c.add(line{})
		c.prose("", caution, fmt.Sprintf("and %s %s with other messages, all %s", count(n, noun), what, c.everything()))
	}
}

// alike groups troubles by what they say, the largest group first, and groups of one size in their order.
func alike(all []trouble) [][]trouble {
	number := regexp.MustCompile(`0x[0-9a-fA-F]+|\d+`) // ports, addresses and counts differ where the cause is one
	at := map[string]int{}
	var groups [][]trouble
	for _, t := range all {
		key := t.class + ": " + number.ReplaceAllString(event.FirstLine(t.message), "0")
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], t)
	}
	slices.SortStableFunc(groups, func(a, b []trouble) int { return len(b) - len(a) })
	return groups
}

// Lines of a failure that are shown. A traceback says most at its end, a compiler at its beginning.
const (
	detailHead = 8
	detailTail = 12
	outputHead = 2
	outputTail = 8
)

func (c *closing) trouble(t trouble) {
	c.copied(inked(bad, failMark).add(strong, " "+t.name).add(faint, "  ("+t.home+")"))
	message := firstLine(t.message)
	if class := text.Line(t.class); class != "" && !strings.Contains(message, class) {
		message = strings.TrimSuffix(class+": "+message, ": ")
	}
	if message != "" {
		c.prose("    ", normal, message)
	}
	if t.place != "" {
		c.copied(bare("    at " + t.place))
	}
	if strings.TrimSpace(t.detail) != strings.TrimSpace(t.message) {
		c.excerpt("    ", "", t.detail, detailHead, detailTail)
	}
	if !strings.Contains(t.detail, strings.TrimSpace(t.output)) {
		c.excerpt("    ", "output:", t.output, outputHead, outputTail)
	}
	if t.rerun != "" {
		c.copied(bare("    rerun: ").add(strong, text.Line(c.fromHere(t.rerun))))
	}
}

// fromHere makes a rerun line of the root one of the working folder, where the same path may be another file.
func (c *closing) fromHere(rerun string) string {
	words, ok := strings.CutPrefix(rerun, "runner ")
	if !ok || c.opts.From == "" {
		return rerun
	}
	return "runner " + c.opts.From + " " + words
}
