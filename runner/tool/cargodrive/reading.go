package cargodrive

import (
	"regexp"
	"strconv"
	"strings"

	"testrunner/runner/process"
)

// The words with which libtest ends a test.
const (
	OK      = "ok"
	FAILED  = "FAILED"
	Ignored = "ignored"
)

// Step is what one line says of a test. Word is "" where it has begun.
type Step struct {
	Name   string
	Word   string
	Reason string // of an ignored test
}

// Mode says what a process may print.
type Mode int

// The modes.
const (
	Listed Mode = iota // one block, of the tests that the executable listed
	Docs               // documentation tests: several blocks
	Free               // nothing was listed: any name counts
)

// Reading follows what one process of a test executable prints: the words of libtest, Rust's own test harness, in its default
// format, which is the only one that a stable toolchain has.
//
// With several threads libtest names a test only with its result. Which tests are running is known all the same: it begins
// them in the order in which it lists them, one as soon as another has ended (library/test/src/lib.rs, run_tests), so those
// begun are always the first of the list, as many as have ended and there are threads. Every line that a test wrote past
// libtest's capture is a stranger here: a result counts only for a test that has begun and not ended. A line that was torn by
// such output is no result: the test stays open, and is run once more by itself.
type Reading struct {
	groups  [][]string // the tests in the order of the list: one group, or one a library for documentation tests
	threads int
	mode    Mode
	listed  map[string]bool

	word   map[string]string // of the tests that ended
	begun  map[string]bool
	block  []string // the tests of the block in their order; nil where they can't be known
	next   int      // of block: the first that has not begun
	wanted int      // how many tests the block announced
	ended  int      // and how many of them ended
	blocks int
	sums   int
	report bool // the block's tests have ended, and libtest tells about them

	pending, candidate string // the one test at a time whose result may still come
	section            string
	doubtful           []string // lines of the section that are the list of failures, unless another section follows
	texts              map[string]*process.Tail
	list               []string
	inList, shown      bool
	total, totalList   []string // the last totals, and the list of failures before them
	odd                []string
}

// NewReading reads a process that runs these tests.
func NewReading(groups [][]string, threads int, mode Mode) *Reading {
	r := &Reading{
		groups: groups, threads: threads, mode: mode, listed: map[string]bool{}, word: map[string]string{}, begun: map[string]bool{},
		texts: map[string]*process.Tail{},
	}
	for _, group := range groups {
		for _, name := range group {
			r.listed[name] = true
		}
	}
	return r
}

var (
	readRunning = regexp.MustCompile(`^running (\d+) tests?$`)
	readResult  = regexp.MustCompile(`^(ok|FAILED|ignored|bench: .*?)(?: <[\d.]+m?s>)?(?: \(time limit exceeded\))?(?:, (.*))?$`)
	readLate    = regexp.MustCompile(`(ok|FAILED|ignored(?:, .*)?)$`)
	readSum     = regexp.MustCompile(`^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored; (\d+) measured; \d+ filtered out`)
	readSlow    = regexp.MustCompile(`^test (.*) has been running for over \d+ seconds$`)
)

// Line takes one line of the process's standard output.
func (r *Reading) Line(line string) []Step {
	line = strings.TrimSuffix(line, "\r")
	if m := readRunning.FindStringSubmatch(line); m != nil && (r.blocks == 0 || r.mode == Docs && r.total != nil) {
		return append(r.sum(), r.open(m[1])...)
	}
	switch {
	case r.blocks == 0:
		return nil
	case r.report:
		r.told(line)
		return nil
	case line == "failures:" || line == "successes:" || readSum.MatchString(line):
		if r.settled() >= r.wanted {
			steps := r.settle()
			r.report = true
			r.told(line)
			return steps
		}
	}
	if name, rest, ok := r.find(line); ok {
		return r.result(name, rest)
	}
	if m := readSlow.FindStringSubmatch(line); m != nil && r.known(m[1]) && r.word[m[1]] == "" {
		return r.begin(m[1])
	}
	if m := readLate.FindStringSubmatch(line); m != nil && r.pending != "" {
		r.candidate = m[1]
		return r.fill()
	}
	return nil
}

// open begins a block. Documentation tests come in one block a library, or in more where some can't be compiled together.
func (r *Reading) open(count string) []Step {
	r.wanted, _ = strconv.Atoi(count)
	r.blocks++
	r.ended, r.next, r.block, r.report = 0, 0, nil, false
	for _, group := range r.groups {
		var left []string
		for _, name := range group {
			if r.word[name] == "" {
				left = append(left, name)
			}
		}
		if len(left) == r.wanted {
			r.block = left
		}
		if len(left) > 0 {
			break
		}
	}
	return r.fill()
}

// fill begins as many tests as there are threads. With one, the next is taken to have begun once the line of the one before is
// complete: its own line stays in the pipe's writer until the test has ended.
func (r *Reading) fill() []Step {
	var steps []Step
	for r.next < len(r.block) && r.next < r.settled()+max(1, r.threads) {
		steps = append(steps, r.begin(r.block[r.next])...)
		r.next++
	}
	return steps
}

func (r *Reading) begin(name string) []Step {
	if r.begun[name] {
		return nil
	}
	r.begun[name] = true
	return []Step{{Name: name}}
}

func (r *Reading) known(name string) bool {
	return r.mode == Free || r.listed[name]
}

// find looks for libtest's line about a test, behind whatever a test may have left on the same line.
func (r *Reading) find(line string) (name, rest string, ok bool) {
	for at := strings.Index(line, "test "); at >= 0; {
		name, rest, cut := strings.Cut(line[at+len("test "):], " ... ")
		if name, known := r.expected(name); cut && known && (r.serial() || readResult.MatchString(rest)) {
			return name, rest, true
		}
		if r.mode == Free {
			break
		}
		next := strings.Index(line[at+1:], "test ")
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return "", "", false
}

func (r *Reading) serial() bool { return r.threads == 1 }

// expected is the test of a name as libtest prints it, if it is one that may end now.
func (r *Reading) expected(printed string) (string, bool) {
	for _, suffix := range []string{"", " - should panic", " - compile fail", " - compile"} {
		name, cut := strings.CutSuffix(printed, suffix)
		if !cut {
			continue
		}
		switch {
		case r.mode == Free:
			return name, name != ""
		case r.block != nil && !r.begun[name] && !(r.serial() && r.next < len(r.block) && r.block[r.next] == name):
		case r.word[name] == "" && r.known(name):
			return name, true
		}
	}
	return "", false
}

// result takes a test's line. With one thread a test's own output may stand behind the three dots and below, and the result
// comes last: it counts when the next test begins.
func (r *Reading) result(name, rest string) []Step {
	m := readResult.FindStringSubmatch(rest)
	if !r.serial() {
		return r.end(name, m[1], m[2])
	}
	steps := r.settle()
	steps = append(steps, r.begin(name)...)
	r.pending, r.candidate = name, ""
	if late := readLate.FindString(rest); m != nil {
		r.candidate = rest
	} else {
		r.candidate = late
	}
	return append(steps, r.fill()...)
}

// settled is how many tests of the block have ended, with the one that only waits for the next line.
func (r *Reading) settled() int {
	if r.pending != "" && r.candidate != "" {
		return r.ended + 1
	}
	return r.ended
}

// settle takes the last word of the one test at a time for its result.
func (r *Reading) settle() []Step {
	name, candidate := r.pending, r.candidate
	if name == "" || candidate == "" {
		return nil
	}
	r.pending, r.candidate = "", ""
	word, reason, _ := strings.Cut(candidate, ", ")
	if m := readResult.FindStringSubmatch(candidate); m != nil {
		word, reason = m[1], m[2]
	}
	return r.end(name, word, reason)
}

func (r *Reading) end(name, word, reason string) []Step {
	if strings.HasPrefix(word, "bench:") {
		word = OK
	}
	steps := r.begin(name)
	r.word[name] = word
	r.ended++
	steps = append(steps, Step{Name: name, Word: word, Reason: reason})
	return append(steps, r.fill()...)
}

// Close ends the reading, when the process has ended. With one thread, a test whose line looks complete and behind which the next
// one's line never came is the one in which the process died: it may have printed the word itself.
func (r *Reading) Close() []Step {
	steps := r.sum()
	if r.pending == "" {
		return steps
	}
	for _, name := range r.block {
		if r.word[name] == "" && name != r.pending {
			delete(r.begun, name)
		}
	}
	r.pending, r.candidate = "", ""
	return steps
}

// Settle takes a line that looks complete for the result that it seems to be: where the process was ended from outside.
func (r *Reading) Settle() []Step { return r.settle() }

// Whole says whether the process said its end-of-run word, for every block that it began, and every test has a result.
func (r *Reading) Whole() bool {
	return r.blocks > 0 && r.sums == r.blocks && len(r.Open()) == 0 && len(r.Waiting()) == 0
}

// Open lists the tests that have begun and not ended, in their order.
func (r *Reading) Open() []string { return r.those(func(name string) bool { return r.begun[name] }) }

// Waiting lists the tests that have not begun.
func (r *Reading) Waiting() []string {
	return r.those(func(name string) bool { return !r.begun[name] })
}

func (r *Reading) those(which func(string) bool) []string {
	var out []string
	for _, group := range r.groups {
		for _, name := range group {
			if r.word[name] == "" && which(name) {
				out = append(out, name)
			}
		}
	}
	return out
}

// Failed says whether a test failed.
func (r *Reading) Failed() bool {
	for _, word := range r.word {
		if word == FAILED {
			return true
		}
	}
	return false
}

// Spoke says whether the process spoke libtest's words at all.
func (r *Reading) Spoke() bool { return r.blocks > 0 }

// Text is what a test printed, as libtest shows it: head and tail.
func (r *Reading) Text(name string) string {
	if t := r.texts[name]; t != nil {
		return t.String()
	}
	return ""
}

// Odd lists what in the output contradicts itself.
func (r *Reading) Odd() []string { return r.odd }
