package tool

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool/cargodrive"
)

var cargoRecord = flag.Bool("record-cargo", false, "rewrite recorded.jsonl and results.txt of testdata/cargo from the real cargo")

// TestCargoDriver is the driver, when the test binary is started as a job's command: `-test.run=^TestCargoDriver$ -- SETTINGS`.
func TestCargoDriver(t *testing.T) {
	if flag.NArg() == 0 || filepath.Base(flag.Arg(0)) != cargoSettings {
		return
	}
	if err := cargodrive.Drive(t.Context(), flag.Arg(0), os.Environ()); err != nil {
		t.Fatal(err)
	}
}

func cargoTool() Cargo {
	return Cargo{driver: []string{os.Args[0], "-test.run=^TestCargoDriver$", "--"}}
}

// cargoNeeded skips where no recent cargo is: there the recorded streams are replayed alone.
func cargoNeeded(t *testing.T) {
	t.Helper()
	out, err := exec.Command("cargo", "--version").Output()
	const oldest = 85 // the first with edition 2024, which a situation is written in
	if minor := cargoMinor(strings.TrimPrefix(string(out), "cargo ")); err != nil || minor < oldest {
		t.Skipf("no cargo of 1.%d or newer is installed (%v): the recorded streams are replayed instead", oldest, err)
	}
}

// cargoExpect is a situation's expect.json.
type cargoExpect struct {
	goExpect
	After string `json:"after,omitempty"` // kill_at waits until this test has ended
}

func cargoReadExpect(t *testing.T, dir string) cargoExpect {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var e cargoExpect
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("%s: %v", dir, err)
	}
	return e
}

// cargoTarget is the target of a situation whose tree lies in root, as the catalog would make it, of all categories at once.
func cargoTargetIn(t *testing.T, root string, e cargoExpect) Target {
	t.Helper()
	target := Target{
		Root: root, Dir: ".", Job: "unit/cargo", Category: "unit", Suite: "cargo", Files: e.Files, Whole: true, Tests: e.Tests,
		Filter: e.Filter, Args: e.Args, Share: 2, Cores: 2, Attempt: 1, Program: "cargo",
		Env: append([]string{"RUST_BACKTRACE=0", "CARGO_TERM_COLOR=auto"}, e.Env...),
	}
	for _, p := range (Cargo{}).Discover(goTree(t, root)) {
		if len(e.Files) == 0 {
			for _, f := range p.Files {
				target.Files = append(target.Files, f.Path)
			}
			target.Beside = append(target.Beside, p.Beside...)
		}
	}
	return target
}

// cargoExecute runs a job as the scheduler does, and kills it where the situation says so.
func cargoExecute(t *testing.T, target Target, e cargoExpect, fold *goFold) (lines []string, exit Exit, c Conclusion) {
	t.Helper()
	target.Scratch = t.TempDir()
	tool := cargoTool()
	command, err := tool.Command(target)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range command.Files {
		if err := os.WriteFile(filepath.Join(target.Scratch, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	environ := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return strings.HasPrefix(pair, "RUNNER_") || strings.HasPrefix(pair, "CARGO_TARGET_DIR=") || strings.HasPrefix(pair, "RUST_TEST_THREADS=")
	})
	var out bytes.Buffer
	p, err := process.Start(t.Context(), process.Spec{
		Argv: command.Argv, Dir: filepath.Join(target.Root, target.Dir), Env: Environ(environ, target, command), Stdout: &out, Stderr: &out,
	})
	if err != nil {
		t.Fatal(err)
	}
	hung, after := false, e.After == ""
	d := tool.Decode(target, func(b event.Body) {
		fold.emit(b)
		switch b := b.(type) {
		case event.TestStarted:
			hung = hung || e.KillAt != "" && strings.HasSuffix(b.Test.ID, "::"+e.KillAt)
		case event.TestFinished:
			after = after || strings.HasSuffix(b.Test.ID, "::"+e.After)
		}
	})
	take := process.NewLineWriter(0, func(line []byte) {
		lines = append(lines, string(line))
		d.Line(line)
		hung = hung || e.KillAt == cargodrive.OwnName && bytes.Contains(line, []byte(`"k":"begin"`))
	})
	var channel *os.File
	read := func() {
		if channel == nil {
			channel, _ = os.Open(filepath.Join(target.Scratch, EventsFile))
		}
		if channel != nil {
			if _, err := io.Copy(take, channel); err != nil {
				t.Error(err)
			}
		}
	}
	for ended := false; !ended; {
		select {
		case <-p.Done():
			ended = true
		case <-time.After(20 * time.Millisecond):
		}
		read()
		if hung && after {
			p.Kill()
		}
	}
	take.Flush()
	if channel != nil {
		channel.Close()
	}
	ended := p.Wait()
	exit = Exit{Code: ended.Code, Signal: ended.Signal}
	if ended.Code != 0 && !hung {
		t.Logf("the driver said: %s", out.String())
	}
	if hung {
		exit.Stopped = event.TimedOut
	}
	return lines, exit, d.End(exit)
}

// cargoCopy is a situation's tree, in a folder of its own: cargo writes a lock file and builds beside it.
func cargoCopy(t *testing.T, name string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(root, os.DirFS(filepath.Join("testdata", "cargo", name))); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{"expect.json", "recorded.jsonl", "results.txt"} {
		if err := os.Remove(filepath.Join(root, made)); err != nil && made == "expect.json" {
			t.Fatal(err)
		}
	}
	return root
}

// TestCargoTruth runs every situation with the real cargo.
func TestCargoTruth(t *testing.T) {
	cargoNeeded(t)
	for _, name := range goSituations(t, "cargo") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := cargoCopy(t, name)
			e := cargoReadExpect(t, filepath.Join("testdata", "cargo", name))
			fold := newGoFold()
			lines, exit, c := cargoExecute(t, cargoTargetIn(t, root, e), e, fold)
			got, results := fold.close(c)
			if got.counts() != e.counts() {
				t.Errorf("%s\n got  %s\n want %s\n%s\n%s", e.Why, got.counts(), e.counts(), strings.Join(results, "\n"), event.Capped(strings.Join(lines, "\n"), 6000))
			}
			if *cargoRecord {
				cargoWrite(t, name, root, lines, results, exit)
			}
		})
	}
}

// cargoWrite writes a situation's stream and results, without what differs from machine to machine.
func cargoWrite(t *testing.T, name, root string, lines, results []string, exit Exit) {
	t.Helper()
	last, err := json.Marshal(goRecorded{exit})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("testdata", "cargo", name)
	goWriteLines(t, filepath.Join(dir, "recorded.jsonl"), cargoScrub(append(lines, string(last)), root))
	goWriteLines(t, filepath.Join(dir, "results.txt"), cargoScrub(results, root))
}

func cargoScrub(lines []string, root string) []string {
	home, _ := os.UserHomeDir()
	var out []string
	for _, line := range lines {
		line = strings.ReplaceAll(line, root, "$ROOT")
		line = strings.ReplaceAll(line, os.TempDir(), "$TMP")
		if home != "" && home != "/" {
			line = strings.ReplaceAll(line, home+"/", "$HOME/")
		}
		out = append(out, line)
	}
	return out
}

// TestCargoReplay decodes the recorded streams: cargo is not run, and the results are the same to the letter.
func TestCargoReplay(t *testing.T) {
	for _, name := range goSituations(t, "cargo") {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", "cargo", name)
			got, e, results := cargoReplay(t, name, -1, nil, nil)
			if got.counts() != e.counts() {
				t.Errorf("%s\n got  %s\n want %s", e.Why, got.counts(), e.counts())
			}
			if diff := goDiff(results, goReadLines(t, filepath.Join(dir, "results.txt"))); diff != "" {
				t.Errorf("results differ (rewrite with -record-cargo):\n%s", diff)
			}
		})
	}
}

// cargoReplay decodes a situation's recorded stream: cut to a percentage, with another exit, with a decoder broken on purpose.
func cargoReplay(t testing.TB, name string, cut int, exit *Exit, mutate func(*cargoDecoder, *cargodrive.Record) bool) (got goExpect, want cargoExpect, results []string) {
	t.Helper()
	tt, ok := t.(*testing.T)
	if !ok {
		t.Fatal("only in tests")
	}
	dir := filepath.Join("testdata", "cargo", name)
	want = cargoReadExpect(tt, dir)
	root, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	lines := goReadLines(t, filepath.Join(dir, "recorded.jsonl"))
	var recorded goRecorded
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &recorded); err != nil {
		t.Fatal(err)
	}
	lines = lines[:len(lines)-1]
	if cut >= 0 {
		lines = lines[:cut*len(lines)/100]
	}
	if exit == nil {
		exit = &recorded.Exit
	}
	fold := newGoFold()
	target := cargoTargetIn(tt, root, want)
	d := Cargo{}.Decode(target, fold.emit).(*cargoDecoder)
	for _, line := range lines {
		line = strings.ReplaceAll(line, "$ROOT", filepath.ToSlash(root))
		var r cargodrive.Record
		if mutate != nil && json.Unmarshal([]byte(line), &r) == nil {
			if mutate(d, &r) {
				continue
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			line = string(text)
		}
		d.Line([]byte(line))
	}
	c := d.End(*exit)
	got, results = fold.close(c)
	for i := range results {
		results[i] = strings.ReplaceAll(results[i], filepath.ToSlash(root), "$ROOT")
	}
	return got, want, results
}

// TestCargoIDsAreExact runs each test of a situation by the ID that was reported, and wants that test and no other.
func TestCargoIDsAreExact(t *testing.T) {
	cargoNeeded(t)
	for _, name := range []string{"odd-names", "same-name", "doc-tests"} {
		root := cargoCopy(t, name)
		target := cargoTargetIn(t, root, cargoExpect{})
		fold := newGoFold()
		cargoExecute(t, target, cargoExpect{}, fold)
		for _, id := range sortedKeys(fold.outcome) {
			target.Tests = []string{id}
			again := newGoFold()
			_, _, c := cargoExecute(t, target, cargoExpect{}, again)
			for got, outcome := range again.outcome {
				twin := strings.HasPrefix(got, strings.TrimSuffix(id, " [2]")) && strings.Contains(id, "twice.rs")
				if got != id && !twin || outcome != fold.outcome[id] {
					t.Errorf("%s: ran %s: %s", id, got, outcome)
				}
			}
			if again.outcome[id] == "" || c.Cause != event.Done {
				t.Errorf("%s did not run: %v, %+v", id, again.outcome, c)
			}
		}
	}
}

// TestCargoEnvironment: a test executable gets from the driver what cargo test gives it.
func TestCargoEnvironment(t *testing.T) {
	cargoNeeded(t)
	root := cargoCopy(t, "args-and-env")
	show := "#[test]\nfn show() {\n    for (name, value) in std::env::vars() {\n        println!(\"SEEN {name}={value}\");\n    }\n    println!(\"SEEN folder {:?}\", std::env::current_dir());\n    panic!();\n}\n"
	for _, file := range []string{"src/lib.rs", "src/main.rs", "tests/seen.rs"} {
		text := show
		if file == "src/main.rs" {
			text += "\nfn main() {}\n"
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	seen := func(text string) []string {
		var out []string
		for line := range strings.Lines(text) {
			_, pair, ok := strings.Cut(strings.TrimSpace(line), "SEEN ")
			name, _, _ := strings.Cut(pair, "=")
			// PWD, OLDPWD, _ and SHLVL are a shell's; the RUSTUP_* and RUST_RECURSION_COUNT are between rustup and its stand-ins.
			ours := slices.Contains([]string{"PWD", "OLDPWD", "_", "SHLVL", "RUST_TEST_THREADS", "RUST_RECURSION_COUNT", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN_SOURCE", "CARGO_HOME"}, name)
			if ok && !ours {
				out = append(out, pair)
			}
		}
		slices.Sort(out)
		return out
	}
	target := cargoTargetIn(t, root, cargoExpect{})
	fold := newGoFold()
	cargoExecute(t, target, cargoExpect{}, fold)
	for _, each := range []struct{ file, flags string }{{"src/lib.rs", "--lib"}, {"src/main.rs", "--bins"}, {"tests/seen.rs", "--test=seen"}} {
		cmd := exec.Command("cargo", "test", each.flags)
		cmd.Dir = root
		cmd.Env = Environ(os.Environ(), target, Command{Env: []string{"CARGO_TARGET_DIR"}})
		native, _ := cmd.Output()
		var ours string
		for _, b := range fold.bodies {
			if f, ok := b.(event.TestFinished); ok && f.Test.ID == each.file+"::show" {
				ours = f.Output
			}
		}
		got, want := seen(ours), seen(string(native))
		if len(want) < 20 {
			t.Errorf("%s: cargo test shows %d variables:\n%s", each.file, len(want), native)
		}
		for _, pair := range got {
			if !slices.Contains(want, pair) && !strings.HasPrefix(pair, "CARGO_BIN_EXE_") { // new in cargo 1.94
				t.Errorf("%s: only from the driver: %s", each.file, pair)
			}
		}
		for _, pair := range want {
			if !slices.Contains(got, pair) {
				t.Errorf("%s: only from cargo test: %s", each.file, pair)
			}
		}
	}
}
