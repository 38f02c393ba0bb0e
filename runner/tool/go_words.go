package tool

import (
	"slices"
	"strings"
)

var _ Worded = (*goDecoder)(nil)

// Words is what a test or its package printed, without go test's own frame around it.
func (d *goDecoder) Words(line []byte) string {
	e, ok := d.reader.line(line)
	if text := string(e.output); ok && len(e.pkg) > 0 && !goFrame(text) {
		return text
	}
	return ""
}

// Stacks puts the goroutines of tests first, and those of the runtime and the testing package alone last: a dump begins
// with goroutine 0 and the scheduler, and the test that hangs stands a hundred lines below.
func (d *goDecoder) Stacks(text string) string {
	before, dump, found := strings.Cut(text, "\n\n")
	if !found {
		return text
	}
	blocks := strings.Split(strings.TrimRight(dump, "\n"), "\n\n")
	slices.SortStableFunc(blocks, func(a, b string) int { return goWaits(a) - goWaits(b) })
	return before + "\n\n" + strings.Join(blocks, "\n\n") + "\n"
}

// goWaits ranks one goroutine of a dump: 0 runs a test's own code, 1 other code of the user, 2 is a test that waits for
// a subtest, 3 has nothing of the user.
func goWaits(block string) int {
	head, frames, _ := strings.Cut(block, "\n")
	if !strings.HasPrefix(head, "goroutine ") {
		return 3 // registers, and what else was printed
	}
	user, test, waits := false, false, false
	for line := range strings.Lines(frames) {
		name := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "\t"): // its file
		case strings.HasPrefix(name, "testing.(*T).Run("):
			waits = true
		case strings.HasPrefix(name, "testing.tRunner("):
			test = true
		case name != "" && !strings.HasPrefix(name, "created by ") && !goOwn(name):
			user = true
		}
	}
	switch {
	case user && test && !waits:
		return 0
	case user && !waits:
		return 1
	case user && test:
		return 2
	default:
		return 3
	}
}

// goOwn says whether a frame is of the runtime, the testing package, or the main function that go test makes.
func goOwn(name string) bool {
	return slices.ContainsFunc([]string{"runtime.", "runtime/", "testing.", "testing/", "main.main(", "internal/", "os/signal."}, func(p string) bool { return strings.HasPrefix(name, p) })
}
