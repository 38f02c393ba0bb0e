package tool_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// The truth tests that jest, vitest, mocha and playwright share. Each tool's own file calls them with its adapter.

var recordJavaScript = flag.Bool("record.js", false, "rewrite testdata/TOOL/*/recorded.jsonl from the real tools (choose the tool with -run)")

// jsExpect is expect.json of a situation: that of node's, and how the tool is run where that is not plainly.
type jsExpect struct {
	nodeExpect
	Share   int      `json:"share"`   // core slots of 4: 1 keeps a tool from starting workers; 0 is all 4
	Package string   `json:"package"` // the npm package that is the tool, where it is not the newest: "jest-29"
	Modules string   `json:"modules"` // the folder of testdata/npm that has the node_modules: "older"
	Env     []string `json:"env"`     // NAME=VALUE, beside the project's own
	Noted   []string `json:"noted"`   // what is noted holds each of these
	Told    []string `json:"told"`    // "OUTCOME ID" of results; a part of the message may follow the ID
}

func jsSituations(t *testing.T, name string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, entry := range entries {
		if entry.IsDir() {
			out = append(out, entry.Name())
		}
	}
	return out
}

func jsExpected(t *testing.T, name, situation string) jsExpect {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name, situation, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want jsExpect
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&want); err != nil {
		t.Fatalf("%s: %v", situation, err)
	}
	return want
}

// jsTruth runs each situation with the real tool. With -record.js its channel becomes the fixture of the replay. change
// alters an expectation before it is used (another version of the tool); nil leaves it.
func jsTruth(t *testing.T, adapter tool.Tool, change func(situation string, want *jsExpect)) {
	for _, situation := range jsSituations(t, adapter.Name()) {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			want := jsExpected(t, adapter.Name(), situation)
			if change != nil {
				change(situation, &want)
			}
			if want.UnixOnly && runtime.GOOS == "windows" || len(want.Nodes) > 0 && !slices.Contains(want.Nodes, nodeMajor(t)) {
				return // a signal is the situation, or this node never ends in it
			}
			j := newJSJudge(adapter, "")
			var recorded []nodeLine
			for _, target := range jsTargets(t, adapter, situation, want) {
				for again := &target; again != nil; again = j.again {
					if again.Attempt > 6 {
						t.Fatal("it never comes to an end")
					}
					again.Scratch = jsTemp(t)
					lines, x := jsRunTarget(t, adapter, *again, want)
					j.attempt(*again, lines, x)
					recorded = append(recorded, jsRecorded(t, *again, lines, x)...)
					if !strings.Contains(x.Stdout, want.Stdout) {
						t.Errorf("stdout lacks %q:\n%s", want.Stdout, x.Stdout)
					}
					if t.Failed() || os.Getenv("RUNNER_TEST_SHOW") != "" {
						t.Logf("exit %d %s\nstdout:\n%s\nstderr:\n%s", x.Code, x.Signal, event.Capped(x.Stdout, 4000), event.Capped(x.Stderr, 4000))
					}
				}
			}
			jsCheck(t, j, want)
			if *recordJavaScript && change == nil && !t.Failed() {
				jsStore(t, adapter.Name(), situation, recorded)
			}
		})
	}
}

// jsReplayed decodes what was recorded; no tool is needed.
func jsReplayed(t *testing.T, adapter tool.Tool) {
	for _, situation := range jsSituations(t, adapter.Name()) {
		t.Run(situation, func(t *testing.T) {
			jsCheck(t, jsReplay(t, adapter, situation, ""), jsExpected(t, adapter.Name(), situation))
		})
	}
}

// jsMutants shows that the table turns red when a guard of the decoder is off.
func jsMutants(t *testing.T, adapter tool.Tool) {
	for _, flaw := range tool.NodeFlaws() {
		t.Run(flaw, func(t *testing.T) {
			for _, situation := range jsSituations(t, adapter.Name()) {
				if jsReplay(t, adapter, situation, flaw).diff(jsExpected(t, adapter.Name(), situation).nodeExpect) != "" {
					return
				}
			}
			t.Errorf("every situation is still green with %s", flaw)
		})
	}
}

// jsTornStream cuts every recording short: a run whose stream has no end is never well.
func jsTornStream(t *testing.T, adapter tool.Tool) {
	for _, situation := range jsSituations(t, adapter.Name()) {
		var target tool.Target
		var lines [][]byte
		for _, r := range jsRecording(t, adapter.Name(), situation) {
			switch {
			case r.Target != nil:
				target, lines = *r.Target, nil
			case r.Line != nil:
				lines = append(lines, r.Line)
			case r.Exit != nil && r.Exit.Stopped == "":
				cut := len(lines) - 1
				for cut >= 0 && !bytes.Contains(lines[cut], []byte(`"k":"end"`)) {
					cut--
				}
				if cut < 0 {
					continue // it has no end as it is
				}
				j := newJSJudge(adapter, "")
				j.attempt(target, lines[:cut], tool.Exit{})
				if c := j.counts(); c.Cause != event.Vanished && c.Errored+c.CollectionErrors == 0 {
					t.Errorf("%s without its end is %+v", situation, c)
				}
			}
		}
	}
}

func newJSJudge(adapter tool.Tool, flaw string) *nodeJudge {
	j := newNodeJudge("")
	j.decode = func(t tool.Target, emit event.Emit) tool.Decoder {
		return tool.FlawedJavaScriptDecoder(flaw, adapter, t, emit)
	}
	return j
}

// jsCheck compares counts, places of collection errors, notes and single results.
func jsCheck(t *testing.T, j *nodeJudge, want jsExpect) {
	t.Helper()
	j.check(t, want.nodeExpect)
	var noted, told []string
	for _, b := range j.bodies {
		switch e := b.(type) {
		case event.Noted:
			noted = append(noted, e.Text)
		case event.TestFinished:
			told = append(told, string(e.Outcome)+" "+e.Test.ID+" "+e.Message+" "+e.Note)
		}
	}
	for _, part := range want.Noted {
		if !slices.ContainsFunc(noted, func(text string) bool { return strings.Contains(text, part) }) {
			t.Errorf("nothing noted holds %q: %q", part, noted)
		}
	}
	for _, part := range want.Told {
		if !slices.ContainsFunc(told, func(text string) bool { return strings.HasPrefix(text, part) }) {
			t.Errorf("no result begins with %q:\n%s", part, strings.Join(told, "\n"))
		}
	}
}

// jsTemp is a folder as the tools see it: with links resolved, as they resolve them.
func jsTemp(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// jsProject copies a situation's folder, links the installed tools beside it, and returns the copy.
func jsProject(t *testing.T, name, situation, modules string) string {
	t.Helper()
	root := filepath.Join(jsTemp(t), "project")
	if err := os.CopyFS(root, os.DirFS(filepath.Join("testdata", name, situation))); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"expect.json", "recorded.jsonl"} {
		if err := os.Remove(filepath.Join(root, file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(jsModules(t, modules), filepath.Join(root, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return root
}

// jsModules is the folder of the installed tools.
func jsModules(t *testing.T, modules string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", "npm", modules, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the JavaScript tools are not installed: run scripts/setup (%v)", err)
	}
	return dir
}

// jsBin is the program of an installed package.
func jsBin(t *testing.T, home, name string) string {
	t.Helper()
	var manifest struct {
		Bin any `json:"bin"`
	}
	if err := json.Unmarshal([]byte(nodeRead(t, filepath.Join(home, "package.json"))), &manifest); err != nil {
		t.Fatal(err)
	}
	if many, ok := manifest.Bin.(map[string]any); ok {
		manifest.Bin = many[name]
	}
	bin, ok := manifest.Bin.(string)
	if !ok {
		t.Fatalf("%s has no program %s", home, name)
	}
	return filepath.Join(home, filepath.FromSlash(bin))
}

// jsHost answers adapters from this machine.
type jsHost struct{}

func (jsHost) Getenv(name string) string { return os.Getenv(name) }
func (jsHost) Exists(path string) bool   { _, err := os.Stat(path); return err == nil }
func (jsHost) LookPath(name string) []string {
	if path, err := exec.LookPath(name); err == nil {
		return []string{path}
	}
	return nil
}
func (jsHost) Output(ctx context.Context, dir string, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// jsTargets makes a target of each project of a situation.
func jsTargets(t *testing.T, adapter tool.Tool, situation string, want jsExpect) []tool.Target {
	t.Helper()
	root := jsProject(t, adapter.Name(), situation, want.Modules)
	tree := nodeTree(t, root)
	tree.Files = slices.DeleteFunc(tree.Files, func(file string) bool { return strings.HasPrefix(file, "node_modules") })
	var out []tool.Target
	for _, p := range adapter.Discover(tree) {
		if len(p.Files) == 0 {
			continue
		}
		target := tool.Target{
			Root: root, Dir: p.Dir, Job: "unit/" + adapter.Name() + ":" + p.Dir + strings.Join(p.Args, ""), Category: "unit", Suite: adapter.Name(), Whole: true,
			Tests: want.Tests, Filter: want.Filter, Args: p.Args, Env: slices.Concat(p.Env, want.Env), Workers: p.Workers,
			Share: 4, Cores: 4, Scratch: jsTemp(t), Attempt: 1,
		}
		if want.Share > 0 {
			target.Share = want.Share
		}
		for _, file := range p.Files {
			target.Files = append(target.Files, file.Path)
		}
		if want.Files != nil {
			target.Files, target.Whole = want.Files, false
		}
		target.Whole = target.Whole && want.Tests == nil
		found := adapter.Check(t.Context(), target, jsHost{})
		for _, f := range found.Findings {
			if f.Status == event.Fail {
				t.Fatalf("%s can't run here: %s", adapter.Name(), f.Detail)
			}
		}
		target.Program = found.Program
		if want.Package != "" {
			node, _, _ := strings.Cut(found.Program, "\n")
			target.Program = node + "\n" + jsBin(t, filepath.Join(root, "node_modules", want.Package), adapter.Name())
		}
		out = append(out, target)
	}
	if len(out) == 0 {
		t.Fatalf("%s: discovery finds no test file", situation)
	}
	return out
}

// jsRunTarget runs one attempt for real: the lines of its channel, and its end.
func jsRunTarget(t *testing.T, adapter tool.Tool, target tool.Target, want jsExpect) ([][]byte, tool.Exit) {
	t.Helper()
	c, err := adapter.Command(target)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range c.Files {
		file := filepath.Join(target.Scratch, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		nodeWrite(t, file, text)
	}
	channel := filepath.Join(target.Scratch, tool.EventsFile)
	if want.Stale && target.Attempt == 1 {
		file, err := json.Marshal(filepath.Join(target.Root, filepath.FromSlash(target.Files[0])))
		if err != nil {
			t.Fatal(err)
		}
		f := `"f":` + string(file)
		nodeWrite(t, channel, `{"p":1,"k":"hook","run":"before#1","tool":"`+adapter.Name()+`","version":"1","node":"20.0.0"}
{"p":1,"k":"patched"}
{"p":1,"k":"start","files":null}
{"p":1,"k":"plan",`+f+`,"tests":[{"t":["of the run before"],"l":1}]}
{"p":1,"k":"s",`+f+`,"t":["of the run before"],"l":1}
{"p":1,"k":"r",`+f+`,"t":["of the run before"],"l":1,"o":"passed"}
{"p":1,"k":"done",`+f+`,"n":1}
{"p":1,"k":"end","o":"passed","tests":1,"files":1}
`)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
	cmd.Dir = filepath.Join(target.Root, filepath.FromSlash(target.Dir))
	cmd.Env = tool.Environ(os.Environ(), target, c)
	stdout, stderr := nodeTemp(t), nodeTemp(t) // files, so that a grandchild that holds them delays nothing
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	x := tool.Exit{}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if want.Until != "" {
		x.Stopped = event.TimedOut
		jsEndAt(t, channel, want, cmd)
	}
	var exit *exec.ExitError
	if err := <-ended; err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%s did not end by itself\n%s\n%s\n%s", adapter.Name(), nodeRead(t, channel), nodeRead(t, stdout.Name()), nodeRead(t, stderr.Name()))
	}
	x.Code = cmd.ProcessState.ExitCode()
	if x.Code < 0 {
		x.Signal = map[bool]string{true: "SIGKILL", false: "SIGTERM"}[want.Signal == "SIGKILL"]
		if status, ok := cmd.ProcessState.Sys().(interface{ Signal() syscall.Signal }); ok && want.Until == "" {
			x.Signal = jsSignal(status.Signal())
		}
	}
	x.Stdout, x.Stderr = event.Capped(nodeRead(t, stdout.Name()), event.Cap), event.Capped(nodeRead(t, stderr.Name()), event.Cap)
	var lines [][]byte
	for line := range strings.Lines(nodeRead(t, channel)) {
		lines = append(lines, []byte(strings.TrimSuffix(line, "\n")))
	}
	return lines, x
}

func jsSignal(s syscall.Signal) string {
	switch s {
	case syscall.SIGABRT:
		return "SIGABRT"
	case syscall.SIGSEGV:
		return "SIGSEGV"
	case syscall.SIGKILL:
		return "SIGKILL"
	default:
		return "SIGTERM"
	}
}

// jsEndAt ends the job from outside once the channel says that the test (PATH::TITLES, or PATH for a file) has started.
func jsEndAt(t *testing.T, channel string, want jsExpect, cmd *exec.Cmd) {
	t.Helper()
	path, title, _ := strings.Cut(want.Until, "::")
	started := func(text string) bool {
		for line := range strings.Lines(text) {
			var r struct {
				K string   `json:"k"`
				F string   `json:"f"`
				T []string `json:"t"`
			}
			if json.Unmarshal([]byte(line), &r) == nil && strings.HasSuffix(filepath.ToSlash(r.F), "/"+path) &&
				(r.K == "s" && strings.Join(r.T, " > ") == title || title == "" && r.K == "file") {
				return true
			}
		}
		return false
	}
	deadline := time.After(60 * time.Second)
	for !started(nodeRead(t, channel)) {
		select {
		case <-deadline:
			t.Fatalf("%s never started:\n%s", want.Until, nodeRead(t, channel))
		case <-time.After(20 * time.Millisecond):
		}
	}
	var signal os.Signal = syscall.SIGTERM
	if want.Signal == "SIGKILL" || runtime.GOOS == "windows" {
		signal = os.Kill
	}
	// As runner does it: the whole group, so that a spinning worker goes too.
	pids := map[int]bool{}
	for line := range strings.Lines(nodeRead(t, channel)) {
		var r struct {
			P int `json:"p"`
		}
		if json.Unmarshal([]byte(line), &r) == nil && r.P != cmd.Process.Pid && r.P > 1 {
			pids[r.P] = true
		}
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	for pid := range pids {
		if p, err := os.FindProcess(pid); err == nil {
			_ = p.Kill() // it may have ended by itself
		}
	}
}

func jsReplay(t *testing.T, adapter tool.Tool, situation, flaw string) *nodeJudge {
	t.Helper()
	j := newJSJudge(adapter, flaw)
	var target tool.Target
	var lines [][]byte
	for _, r := range jsRecording(t, adapter.Name(), situation) {
		switch {
		case r.Target != nil:
			target, lines = *r.Target, nil
		case r.Line != nil:
			lines = append(lines, r.Line)
		case r.Exit != nil:
			j.attempt(target, lines, *r.Exit)
		}
	}
	return j
}

// jsRecorded is an attempt as a fixture: where it was made is no part of it.
func jsRecorded(t *testing.T, target tool.Target, lines [][]byte, x tool.Exit) []nodeLine {
	t.Helper()
	node, _, _ := strings.Cut(target.Program, "\n")
	modules := jsModules(t, "")
	clean := func(text string) string {
		text = strings.ReplaceAll(text, target.Root, nodeRecordedRoot)
		text = strings.ReplaceAll(text, target.Scratch, nodeRecordedScratch)
		text = strings.ReplaceAll(text, filepath.Join(filepath.Dir(modules), "older", "node_modules"), nodeRecordedRoot+"/node_modules")
		text = strings.ReplaceAll(text, modules, nodeRecordedRoot+"/node_modules")
		return strings.ReplaceAll(text, node, "node")
	}
	x.Stdout, x.Stderr = "", clean(event.Capped(x.Stderr, 4<<10))
	out := []nodeLine{{Target: &tool.Target{
		Root: nodeRecordedRoot, Dir: target.Dir, Job: target.Job, Files: target.Files, Whole: target.Whole, Tests: target.Tests, Filter: target.Filter,
		Args: target.Args, Scratch: nodeRecordedScratch, LeaveOut: target.LeaveOut, Attempt: target.Attempt,
	}}}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		text := clean(string(line))
		if strings.Contains(text, here) {
			t.Errorf("the recording would name a folder of this machine: %s", event.Capped(text, 600))
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("the channel holds a line that is no JSON: %q", event.Capped(text, 600))
		}
		out = append(out, nodeLine{Line: json.RawMessage(text)})
	}
	return append(out, nodeLine{Exit: &x})
}

func jsStore(t *testing.T, name, situation string, recorded []nodeLine) {
	t.Helper()
	var b bytes.Buffer
	for _, line := range recorded {
		text, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	if err := os.WriteFile(filepath.Join("testdata", name, situation, "recorded.jsonl"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// jsRecording reads recorded.jsonl.
func jsRecording(t *testing.T, name, situation string) []nodeLine {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name, situation, "recorded.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []nodeLine
	for line := range bytes.Lines(text) {
		var l nodeLine
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatalf("%s: %v", situation, err)
		}
		out = append(out, l)
	}
	return out
}
