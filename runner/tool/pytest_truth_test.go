package tool

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
)

// The truth table of pytest: each folder of testdata/pytest is a situation, with the project, what it must count
// (expect.json), how it is run (run.json), and what the plugin wrote when it was recorded (recorded.jsonl).

func pytestSituationNames(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(pytestSituations)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestPytestTellsTheTruthOfEachSituation(t *testing.T) {
	program := pytestProgram(t)
	for _, name := range pytestSituationNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := filepath.Join(pytestSituations, name)
			run := readPytestRun(t, from)
			root := copyPytestProject(t, from)
			target := pytestTargetOf(t, root, run)
			target.Program, target.Cache = program, t.TempDir()
			start := time.Now()
			o := livePytest(t, target, run)
			if took := time.Since(start); run.MaxSecs > 0 && took > time.Duration(run.MaxSecs)*time.Second {
				t.Errorf("took %s, want at most %d s", took, run.MaxSecs)
			}
			comparePytest(t, readPytestExpect(t, from), o)
			pytestLeftNothing(t, root)
			if run.Plain {
				pytestCountsAsPlain(t, target, o)
			}
			if *pytestRecord && !t.Failed() {
				writePytestRecord(t, from, target, o)
			}
		})
	}
}

// pytestLeftNothing checks that the user's tree holds no cache and no bytecode.
func pytestLeftNothing(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if name := e.Name(); err == nil && (name == "__pycache__" || name == ".pytest_cache" || filepath.Ext(name) == ".pyc") {
			t.Errorf("left in the user's tree: %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var pytestSummary = regexp.MustCompile(`(\d+) (passed|failed|errors?|skipped|xfailed|xpassed|deselected)`)

// pytestCountsAsPlain runs pytest without us in the same project, and compares the numbers of its last line.
func pytestCountsAsPlain(t *testing.T, target Target, o pytestOutcome) {
	t.Helper()
	cmd := exec.Command(target.Program, append([]string{"-m", "pytest", "--continue-on-collection-errors"}, target.Args...)...)
	cmd.Dir = filepath.Join(target.Root, target.Dir)
	out, _ := cmd.Output() // its status is not of interest
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	plain := map[string]string{}
	for _, m := range pytestSummary.FindAllStringSubmatch(lines[len(lines)-1], -1) {
		plain[m[2]] = m[1]
	}
	got, _ := foldPytest(t, o)
	ours := map[string]int{"passed": got.Passed, "failed": got.Failed, "skipped": got.Skipped, "deselected": got.Deselected}
	theirs := map[string]int{}
	for word, number := range plain {
		var n int
		if err := json.Unmarshal([]byte(number), &n); err != nil {
			t.Fatal(err)
		}
		theirs[map[string]string{"xfailed": "skipped", "xpassed": "passed"}[word]+map[bool]string{true: "", false: word}[word == "xfailed" || word == "xpassed"]] += n
	}
	for _, word := range sortedKeys(ours) {
		if ours[word] != theirs[word] {
			t.Errorf("%s: plain pytest has %d, we have %d (%s)", word, theirs[word], ours[word], lines[len(lines)-1])
		}
	}
}

// pytestReplayTarget is the target that a recorded stream is decoded for.
func pytestReplayTarget(attempt int) Target {
	return Target{Root: "/project", Dir: ".", Job: "unit/pytest", Category: "unit", Suite: "pytest", Scratch: "/scratch", Attempt: attempt}
}

var pytestVolatile = regexp.MustCompile(`"(us|pid)":\d+|0x[0-9a-f]{8,}`)

// pytestInstalled is where Python and its packages lie.
var pytestInstalled = regexp.MustCompile(`/usr[^\s"',:]*/(?:(?:dist|site)-packages|python3\.\d+)`)

// writePytestRecord writes what the plugin wrote, with the paths and numbers of this machine taken out.
func writePytestRecord(t *testing.T, dir string, target Target, o pytestOutcome) {
	t.Helper()
	var out bytes.Buffer
	for i, a := range o.attempts {
		replay := pytestReplayTarget(i + 1)
		tidy := func(text string) string {
			text = pytestInstalled.ReplaceAllString(text, "/python")
			text = strings.ReplaceAll(text, a.Token, pytestToken(replay))
			text = strings.ReplaceAll(text, target.Root, replay.Root)
			text = strings.ReplaceAll(text, filepath.Dir(filepath.Dir(target.Root)), "/tmp")
			return text
		}
		exit := a.Exit
		exit.Stdout, exit.Stderr = "", event.Capped(tidy(exit.Stderr), 4<<10)
		text, err := json.Marshal(pytestAttempt{Exit: exit})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(text, '\n'))
		lines := pytestVolatile.ReplaceAllStringFunc(tidy(string(a.Lines)), func(found string) string {
			if strings.HasPrefix(found, "0x") {
				return "0x0"
			}
			return found[:strings.Index(found, ":")+1] + "1"
		})
		out.WriteString(lines)
	}
	if err := os.WriteFile(filepath.Join(dir, "recorded.jsonl"), out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replayPytest decodes a recording, by the decoder or a mutant of it.
func replayPytest(t *testing.T, dir string, m pytestMutant) pytestOutcome {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "recorded.jsonl"))
	if err != nil {
		t.Fatalf("%v: record it with go test ./runner/tool -run TestPytestTells -record.pytest", err)
	}
	run := readPytestRun(t, dir)
	var o pytestOutcome
	emit := func(b event.Body) { o.events = append(o.events, b) }
	var target Target
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if bytes.HasPrefix(line, []byte(`{"exit":`)) {
			var a pytestAttempt
			if err := json.Unmarshal(line, &a); err != nil {
				t.Fatal(err)
			}
			o.attempts = append(o.attempts, a)
			continue
		}
		last := &o.attempts[len(o.attempts)-1]
		last.Lines = append(append(last.Lines, line...), '\n')
	}
	for i, a := range o.attempts {
		if target = pytestReplayTarget(i + 1); run.Dir != "" {
			target.Dir = run.Dir
		}
		d := Pytest{}.Decode(target, emit).(*pytestDecoder)
		for line := range bytes.Lines(a.Lines) {
			d.Line(bytes.TrimSuffix(line, []byte("\n")))
			if m.line != nil {
				m.line(d)
			}
		}
		if m.end != nil {
			m.end(d, a.Exit)
		}
		c := d.End(a.Exit)
		o.cause, o.problem = c.Cause, c.Problem
	}
	return o
}

func TestPytestReplaysEachSituation(t *testing.T) {
	for _, name := range pytestSituationNames(t) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(pytestSituations, name)
			comparePytest(t, readPytestExpect(t, dir), replayPytest(t, dir, pytestMutant{}))
		})
	}
}

// pytestMutant is a decoder that has forgotten one of its rules.
type pytestMutant struct {
	line func(*pytestDecoder)
	end  func(*pytestDecoder, Exit)
}

// TestPytestMutantsTurnTheTableRed shows that the table notices each rule: without it, the situations named are told wrong.
func TestPytestMutantsTurnTheTableRed(t *testing.T) {
	mutants := map[string]struct {
		mutant pytestMutant
		red    []string
	}{
		"end-of-run word ignored": {
			pytestMutant{end: func(d *pytestDecoder, e Exit) { d.ended = &pytestLine{Status: e.Code} }},
			[]string{"exit_0", "exit_3", "abort", "stale_report"},
		},
		"open test passed": {
			pytestMutant{end: func(d *pytestDecoder, _ Exit) {
				for _, id := range sortedKeys(d.open) {
					for _, c := range slices.Clone(d.open[id]) {
						d.close(c, 0, true)
					}
				}
			}},
			[]string{"abort", "exit_0", "hang", "keyboard_interrupt"},
		},
		"stale events read": {
			pytestMutant{line: func(d *pytestDecoder) { d.hooked = true }},
			[]string{"stale_report"},
		},
		"results not weighed against the status": {
			pytestMutant{end: func(d *pytestDecoder, _ Exit) { d.bad = 0 }},
			[]string{"status_silenced", "syntax_error"},
		},
	}
	for _, name := range sortedKeys(mutants) {
		for _, situation := range mutants[name].red {
			dir := filepath.Join(pytestSituations, situation)
			got, _ := foldPytest(t, replayPytest(t, dir, mutants[name].mutant))
			if want := readPytestExpect(t, dir); got.numbers() == want.numbers() {
				t.Errorf("%s: %s is told the same without the rule: %s", name, situation, got.numbers())
			}
		}
	}
}
