package cargodrive

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// told takes a line of the report behind the tests: what the failed ones printed, their names, the totals. What a test printed
// may look like each of them, so the last totals count, and the list of names that stands right before them.
func (r *Reading) told(line string) {
	if name, ok := strings.CutPrefix(line, "---- "); ok {
		name, ok = strings.CutSuffix(name, " stdout ----")
		if word := r.word[name]; ok && r.texts[name] == nil && (word == FAILED || word == OK && r.shown) {
			r.write(r.doubtful...)
			r.section, r.inList, r.doubtful = name, false, nil
			r.texts[name] = process.NewTail(event.Cap)
			return
		}
	}
	if m := readSum.FindStringSubmatch(line); m != nil {
		r.total, r.totalList = m, r.list
	}
	switch {
	case line == "failures:" || line == "successes:":
		r.write(r.doubtful...)
		r.shown = line == "successes:" // --show-output
		r.inList, r.list, r.doubtful = true, nil, []string{line}
	case r.inList:
		if name, ok := strings.CutPrefix(line, "    "); ok && !r.shown {
			r.list = append(r.list, name)
		}
		r.doubtful = append(r.doubtful, line)
	default:
		r.write(line)
	}
}

// write adds lines to what the section's test printed.
func (r *Reading) write(lines ...string) {
	if t := r.texts[r.section]; t != nil {
		for _, line := range lines {
			_, _ = t.Write([]byte(line + "\n"))
		}
	}
}

// sum compares the block's totals and the list of failures with the results that were read. It comes with the block's end.
func (r *Reading) sum() []Step {
	m, list := r.total, r.totalList
	if m == nil || !r.report {
		return nil
	}
	r.sums++
	r.report, r.total, r.list, r.inList, r.section, r.doubtful = false, nil, nil, false, "", nil
	count := func(i int) int { n, _ := strconv.Atoi(m[i]); return n }
	if said := count(1) + count(2) + count(3) + count(4); said != r.ended {
		r.odd = append(r.odd, fmt.Sprintf("libtest counts %d tests, and %d results were read", said, r.ended))
	}
	var steps []Step
	for _, name := range list {
		if word := r.word[name]; word != "" && word != FAILED {
			r.odd = append(r.odd, "libtest lists "+name+" as failed, and its own line says "+word)
			r.word[name] = FAILED
			steps = append(steps, Step{Name: name, Word: FAILED})
		}
	}
	if len(list) != count(2) {
		r.odd = append(r.odd, fmt.Sprintf("libtest counts %d failed tests and lists %d", count(2), len(list)))
		return steps
	}
	for _, name := range r.block {
		if r.word[name] == FAILED && !slices.Contains(list, name) { // made up by another test's output
			r.word[name] = OK
			steps = append(steps, Step{Name: name, Word: OK})
		}
	}
	return steps
}
