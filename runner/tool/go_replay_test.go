package tool

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"testrunner/report/event"
)

// goRecorded is the last line of a recorded.jsonl.
type goRecorded struct {
	Exit Exit `json:"runner_exit"`
}

// goScrub takes this machine's paths out.
func goScrub(lines []string, root string) []string {
	goroot := strings.TrimSpace(goOutputOf("go", "env", "GOROOT"))
	out := make([]string, len(lines))
	for i, line := range lines {
		line = strings.ReplaceAll(line, root, "$ROOT")
		line = strings.ReplaceAll(line, goroot, "$GOROOT")
		out[i] = strings.ReplaceAll(line, os.TempDir(), "$TMP")
	}
	return out
}

func goOutputOf(argv ...string) string {
	out, _ := exec.Command(argv[0], argv[1:]...).Output()
	return string(out)
}

// goWriteRecord writes the stream and the exit. Of a long run of output lines the middle is left out: it is megabytes,
// and the decoder leaves it out too.
func goWriteRecord(t *testing.T, dir, root string, run goRun) {
	t.Helper()
	exit, err := json.Marshal(goRecorded{run.exit})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, line := range goScrub(append(run.lines, string(exit)), root) {
		n := len(lines)
		if strings.Contains(line, `"Action":"output"`) && len(line) > 900 && n > 60 && len(lines[n-1]) > 900 && len(lines[n-60]) > 900 {
			continue
		}
		lines = append(lines, line)
	}
	goWriteLines(t, filepath.Join(dir, "recorded.jsonl"), lines)
}

func goWriteLines(t *testing.T, name string, lines []string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func goReadLines(t testing.TB, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// goReplay feeds a recorded stream to a decoder.
func goReplay(t *testing.T, name string, mutate func(*goReplayed)) ([]string, goExpect, goExpect) {
	t.Helper()
	dir := filepath.Join("testdata", "go", name)
	e := goReadExpect(t, dir)
	target := goTarget(t, dir, e)
	target.Program = "go"
	fold := newGoFold()
	r := &goReplayed{target: target, emit: fold.emit, lines: goReadLines(t, filepath.Join(dir, "recorded.jsonl"))}
	for i := range r.lines {
		r.lines[i] = strings.ReplaceAll(r.lines[i], "$ROOT", filepath.ToSlash(target.Root))
	}
	last := len(r.lines) - 1
	var recorded goRecorded
	if err := json.Unmarshal([]byte(r.lines[last]), &recorded); err != nil {
		t.Fatal(err)
	}
	r.lines, r.exit = r.lines[:last], recorded.Exit
	if mutate != nil {
		mutate(r)
	}
	d := Go{}.Decode(r.target, r.emit)
	for _, line := range r.lines {
		d.Line([]byte(line))
	}
	c := d.End(r.exit)
	if r.conclude != nil {
		c = r.conclude(c)
	}
	got, lines := fold.close(c)
	return goScrub(lines, target.Root), got, e
}

type goReplayed struct {
	target   Target
	emit     event.Emit
	lines    []string
	exit     Exit
	conclude func(Conclusion) Conclusion
}

// TestGoReplay decodes the recorded streams: no go test is run, and the results are the same to the letter.
func TestGoReplay(t *testing.T) {
	for _, name := range goSituations(t, "go") {
		t.Run(name, func(t *testing.T) {
			lines, got, e := goReplay(t, name, nil)
			if got.counts() != e.counts() {
				t.Errorf("%s\n got  %s\n want %s", e.Why, got.counts(), e.counts())
			}
			want := goReadLines(t, filepath.Join("testdata", "go", name, "results.txt"))
			if diff := goDiff(lines, want); diff != "" {
				t.Errorf("results differ (rewrite with -record-go):\n%s", diff)
			}
		})
	}
}
