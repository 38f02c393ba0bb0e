package junit

import (
	"cmp"
	"fmt"
	"slices"
)

// split deals the entries out to several documents, each within the bounds. What is neither passed nor skipped comes first,
// so that a reader of the first file alone never sees green where the run was red.
func (d *document) split(dialect Dialect, b bounds) []*document {
	type place struct{ suite, entry uint32 }
	order := make([]place, 0, d.totals().Tests)
	for _, red := range []bool{true, false} {
		for i, s := range d.suites {
			for k := range s.entries {
				if o := s.entries[k].outcome(); (o == failure || o == errored) == red {
					order = append(order, place{uint32(i), uint32(k)})
				}
			}
		}
	}
	head := encoder{dialect: dialect}
	frame := *d
	frame.part = "999 of 999"
	frame.encodeFrame(&head)
	var parts []*document
	var size bounds
	e := encoder{dialect: dialect}
	for n, p := range order {
		e.reset()
		e.testcase(&d.suites[p.suite].entries[p.entry])
		if n == 0 || size.bytes+len(e.buf) > b.bytes || size.nodes+e.nodes > b.nodes {
			parts = append(parts, &document{summary: d.summary, verdict: d.verdict, suites: d.emptySuites()})
			size = bounds{bytes: len(head.buf), nodes: head.nodes}
		}
		size.bytes += len(e.buf)
		size.nodes += e.nodes
		s := &parts[len(parts)-1].suites[p.suite]
		s.entries = append(s.entries, d.suites[p.suite].entries[p.entry])
	}
	timed := make([]bool, len(d.suites))
	for i, part := range parts {
		part.part = fmt.Sprintf("%d of %d", i+1, len(parts))
		part.suites = slices.DeleteFunc(part.suites, func(s testsuite) bool {
			return len(s.entries) == 0 && (i > 0 || len(d.suites[s.id].entries) > 0)
		})
		for k := range part.suites {
			s := &part.suites[k]
			slices.SortFunc(s.entries, func(a, b entry) int { return cmp.Compare(a.index, b.index) })
			if timed[s.id] {
				s.elapsed = 0 // so that the files add up
			}
			timed[s.id] = true
		}
	}
	return parts
}

func (d *document) emptySuites() []testsuite {
	suites := slices.Clone(d.suites)
	for i := range suites {
		suites[i].entries = nil
	}
	return suites
}
