package tool_test

import (
	"context"
	"encoding/json"
	"errors"
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
