package tool

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"testrunner/report/event"
	"testrunner/runner/tool/cargodrive"
)

// cargoMutants are readers with one rule taken out each: they change or swallow a record.
func cargoMutants() map[string]func(*cargoDecoder, *cargodrive.Record) bool {
	is := func(kind cargodrive.Kind) func(*cargodrive.Record) bool {
		return func(r *cargodrive.Record) bool { return r.Kind == kind }
	}
	swallow := func(which func(*cargodrive.Record) bool) func(*cargoDecoder, *cargodrive.Record) bool {
		return func(_ *cargoDecoder, r *cargodrive.Record) bool { return which(r) }
	}
	return map[string]func(*cargoDecoder, *cargodrive.Record) bool{
		"compiler's errors unread":          swallow(is(cargodrive.Message)),
		"end of the build unread":           swallow(is(cargodrive.Finished)),
		"cargo's refusal unread":            swallow(is(cargodrive.Failed)),
		"end of a process unread":           swallow(is(cargodrive.Exit)),
		"end of the driver unread":          swallow(is(cargodrive.End)),
		"end of an executable unread":       swallow(is(cargodrive.Over)),
		"list unread":                       swallow(is(cargodrive.List)),
		"what was left out counted":         func(_ *cargoDecoder, r *cargodrive.Record) bool { r.Only = nil; return false },
		"suspects run by themselves unread": swallow(func(r *cargodrive.Record) bool { return r.Kind == cargodrive.Begin && r.Apart }),
		"open test passed": func(d *cargoDecoder, r *cargodrive.Record) bool {
			if x := d.exes[r.Exe]; r.Kind == cargodrive.Exit && x != nil && x.reading != nil {
				for _, name := range x.reading.Open() {
					d.apply(x, []cargodrive.Step{{Name: name, Word: cargodrive.OK}}, r.Millis)
				}
				x.reading = nil
				return true
			}
			return false
		},
		"any line is a result": func(d *cargoDecoder, r *cargodrive.Record) bool {
			if r.Kind == cargodrive.Begin && r.Threads > 1 {
				r.Threads = 1
			}
			return false
		},
	}
}

// TestCargoMutants: with any of the rules taken out, the table is red.
func TestCargoMutants(t *testing.T) {
	mutants := cargoMutants()
	for _, mutant := range append([]string{""}, sortedKeys(mutants)...) {
		var red []string
		for _, name := range goSituations(t, "cargo") {
			got, want, results := cargoReplay(t, name, -1, nil, mutants[mutant])
			told := goReadLines(t, filepath.Join("testdata", "cargo", name, "results.txt"))
			if got.counts() != want.counts() || goDiff(results, told) != "" {
				red = append(red, name)
			}
		}
		if (len(red) > 0) != (mutant != "") {
			t.Errorf("mutant %q: red are %v", mutant, red)
		}
	}
}

// TestCargoCutStream: wherever a stream is cut and whatever the status says, a job whose driver did not say its last word is never
// done, and something is told.
func TestCargoCutStream(t *testing.T) {
	for _, name := range goSituations(t, "cargo") {
		whole, _, _ := cargoReplay(t, name, -1, nil, nil)
		for cut := 0; cut < 100; cut += 4 {
			for _, exit := range []Exit{{}, {Code: 1}, {Code: -1, Signal: "SIGKILL"}, {Code: -1, Signal: "SIGTERM", Stopped: event.TimedOut}} {
				got, _, _ := cargoReplay(t, name, cut, &exit, nil)
				if got.Cause == event.Done {
					t.Errorf("%s cut at %d%%, %+v: done", name, cut, exit)
				}
				sum := got.Passed + got.Failed + got.Errored + got.Skipped + got.NotRun + got.CollectionErrors + got.Deselected
				if sum == 0 && whole.Passed+whole.Failed+whole.Errored > 0 {
					t.Errorf("%s cut at %d%%, %+v: nothing is told", name, cut, exit)
				}
				if got.Passed > whole.Passed+whole.Errored {
					t.Errorf("%s cut at %d%%, %+v: %d passed of %d", name, cut, exit, got.Passed, whole.Passed)
				}
			}
		}
	}
}

// TestCargoContradictions: an executable's status and libtest's words must agree.
func TestCargoContradictions(t *testing.T) {
	for _, c := range []struct {
		situation string
		code      int
		signal    string
		want      event.Cause
	}{
		{"failures", 0, "", event.Contradiction},
		{"all-skipped", 101, "", event.Contradiction},
		{"all-skipped", -1, "SIGABRT", event.Contradiction},
		{"all-skipped", 0, "", event.Done},
		{"no-tests", 101, "", event.Contradiction},
	} {
		got, _, _ := cargoReplay(t, c.situation, -1, nil, func(_ *cargoDecoder, r *cargodrive.Record) bool {
			if r.Kind == cargodrive.Exit {
				r.Code, r.Signal = c.code, c.signal
			}
			return false
		})
		if got.Cause != c.want {
			t.Errorf("%s with status %d %s: %s, want %s", c.situation, c.code, c.signal, got.Cause, c.want)
		}
	}
}

// FuzzCargoStream: whatever the channel holds, the decoder ends with a cause, and with a reason where it is a bad one.
func FuzzCargoStream(f *testing.F) {
	for _, name := range []string{"crash-twice", "doc-tests", "fake-results", "own-main", "broken-crate", "hang-serial"} {
		lines := goReadLines(f, "testdata/cargo/"+name+"/recorded.jsonl")
		var text []byte
		for _, line := range lines[:len(lines)-1] {
			text = append(append(text, line...), '\n')
		}
		f.Add(text, 0)
	}
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, stream []byte, code int) {
		fold := newGoFold()
		target := Target{Root: root, Dir: ".", Job: "unit/cargo", Files: []string{"src/lib.rs", "tests/a.rs"}, Attempt: 1}
		d := Cargo{}.Decode(target, fold.emit)
		for len(stream) > 0 {
			line, rest, _ := bytes.Cut(stream, []byte{'\n'})
			d.Line(line)
			stream = rest
		}
		c := d.End(Exit{Code: code})
		if c.Cause == "" || c.Cause != event.Done && c.Problem == "" {
			t.Fatalf("%+v", c)
		}
		for _, b := range fold.bodies {
			if r, ok := b.(event.TestFinished); ok && (r.Test.ID == "" || !slices.Contains(event.Outcomes(), r.Outcome)) {
				t.Fatalf("%+v", r)
			}
		}
		if got, _ := fold.close(c); c.Cause == event.Done && got.Passed+got.Failed+got.Errored+got.Skipped+got.NotRun+got.CollectionErrors+got.Deselected == 0 {
			t.Fatal(fmt.Sprint("done, and nothing is told of the files: ", c))
		}
	})
}
