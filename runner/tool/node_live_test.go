package tool_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// nodeExpect is expect.json of a situation: its counts, and how it is run where that is not plainly.
type nodeExpect struct {
	Passed           int         `json:"passed"`
	Failed           int         `json:"failed"`
	Errored          int         `json:"errored"`
	Skipped          int         `json:"skipped"`
	NotRun           int         `json:"not_run"`
	CollectionErrors int         `json:"collection_errors"`
	Deselected       int         `json:"deselected"`
	Cause            event.Cause `json:"cause"`
	Broken           []string    `json:"broken"` // "path:line:column reason" of the collection errors; a part of it is enough

	UnixOnly bool     `json:"unix_only"`
	Nodes    []int    `json:"nodes"`  // the major versions in which node itself ends; none is all
	Files    []string `json:"files"`  // instead of what discovery finds
	Tests    []string `json:"tests"`  // selected by ID
	Filter   string   `json:"filter"` // -k
	Until    string   `json:"until"`  // the job is ended from outside once this test has started
	Signal   string   `json:"signal"` // with this signal (SIGTERM)
	Stale    bool     `json:"stale"`  // the channel holds lines of a run before
	Stdout   string   `json:"stdout"` // node's own output holds this
}

// nodeLine is one line of recorded.jsonl: a line of the channel, or the end of an attempt.
type nodeLine struct {
	Target *tool.Target    `json:"target,omitempty"`
	Line   json.RawMessage `json:"line,omitempty"`
	Exit   *tool.Exit      `json:"exit,omitempty"`
}

const nodeRoot = "testdata/node"

func nodeSituations(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(nodeRoot)
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

func nodeExpected(t *testing.T, situation string) nodeExpect {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(nodeRoot, situation, "expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want nodeExpect
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&want); err != nil {
		t.Fatalf("%s: %v", situation, err)
	}
	return want
}

// nodeProgram is the node that these tests run.
func nodeProgram(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("these tests run the real node: %v", err)
	}
	return program
}

func nodeMajor(t *testing.T) int {
	t.Helper()
	said, err := exec.Command(nodeProgram(t), "-p", "process.versions.node.split('.')[0]").Output()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(said)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// nodeTree lists a folder as discovery sees it.
func nodeTree(t *testing.T, root string) tool.Tree {
	t.Helper()
	tree := tool.Tree{Root: root, FS: os.DirFS(root)}
	err := fs.WalkDir(tree.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && entry.Name() != "expect.json" && entry.Name() != "recorded.jsonl" {
			tree.Files = append(tree.Files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(tree.Files)
	return tree
}

// nodeTargets makes a target of each project of a situation.
func nodeTargets(t *testing.T, situation string, want nodeExpect) []tool.Target {
	t.Helper()
	root, err := filepath.Abs(filepath.Join(nodeRoot, situation))
	if err != nil {
		t.Fatal(err)
	}
	var out []tool.Target
	for _, p := range (tool.Node{}).Discover(nodeTree(t, root)) {
		if len(p.Files) == 0 {
			continue
		}
		target := tool.Target{
			Root: root, Dir: p.Dir, Job: "unit/node:" + p.Dir + strings.Join(p.Args, ""), Category: "unit", Suite: "node",
			Tests: want.Tests, Filter: want.Filter, Args: p.Args, Env: p.Env,
			Program: nodeProgram(t), Share: 2, Cores: 4, Scratch: t.TempDir(), Attempt: 1,
		}
		for _, file := range p.Files {
			target.Files = append(target.Files, file.Path)
		}
		if want.Files != nil {
			target.Files = want.Files
		}
		out = append(out, target)
	}
	if len(out) == 0 {
		t.Fatalf("%s: discovery finds no test file", situation)
	}
	return out
}

// nodeRunTarget runs one attempt for real: the lines of its channel, and its end.
func nodeRunTarget(t *testing.T, target tool.Target, want nodeExpect) ([][]byte, tool.Exit) {
	t.Helper()
	c, err := tool.Node{}.Command(target)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range c.Files {
		nodeWrite(t, filepath.Join(target.Scratch, name), text)
	}
	channel := filepath.Join(target.Scratch, tool.EventsFile)
	if want.Stale {
		nodeWrite(t, channel, `{"p":1,"k":"launcher","node":"20.0.0","run":"before#1"}
{"p":2,"k":"file","file":"`+filepath.ToSlash(filepath.Join(target.Root, target.Files[0]))+`","run":"before#1"}
{"p":2,"k":"plan","id":1,"n":1,"path":["of the run before"],"line":1}
{"p":2,"k":"open","id":1}
{"p":2,"k":"result","id":1,"passed":true}
{"p":1,"k":"diagnostic","message":"tests 1"}
{"p":1,"k":"end"}
`)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
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
		nodeEndAt(t, channel, want, cmd)
	}
	var exit *exec.ExitError
	if err := <-ended; err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatal("node did not end by itself")
	}
	x.Code = cmd.ProcessState.ExitCode()
	if x.Code < 0 {
		x.Signal = map[bool]string{true: "SIGKILL", false: "SIGTERM"}[want.Signal == "SIGKILL"]
	}
	x.Stdout, x.Stderr = nodeRead(t, stdout.Name()), nodeRead(t, stderr.Name())
	text := nodeRead(t, channel)
	var lines [][]byte
	for line := range strings.Lines(text) {
		lines = append(lines, []byte(strings.TrimSuffix(line, "\n")))
	}
	return lines, x
}

// nodeEndAt ends the job from outside once the channel says that the test has started.
func nodeEndAt(t *testing.T, channel string, want nodeExpect, cmd *exec.Cmd) {
	t.Helper()
	_, title, _ := strings.Cut(want.Until, "::")
	deadline := time.After(30 * time.Second)
	for {
		text, _ := os.ReadFile(channel) //nolint:errcheck // not there yet
		if i := strings.Index(string(text), `"path":["`+title+`"]`); i >= 0 {
			id := string(text[:i])
			id = id[strings.LastIndex(id, `"id":`):]
			id = id[:strings.Index(id, ",")]
			if strings.Contains(string(text), `"k":"open",`+id+"}") {
				break
			}
		}
		select {
		case <-deadline:
			t.Fatalf("%s never started:\n%s", want.Until, text)
		case <-time.After(20 * time.Millisecond):
		}
	}
	var signal os.Signal = syscall.SIGTERM
	if want.Signal == "SIGKILL" || runtime.GOOS == "windows" {
		signal = os.Kill
	}
	if want.Signal == "SIGKILL" { // as runner does it: the whole group, so that the spinning child goes too
		for line := range strings.Lines(nodeRead(t, channel)) {
			var r struct {
				P int    `json:"p"`
				K string `json:"k"`
			}
			if json.Unmarshal([]byte(line), &r) == nil && r.K == "file" {
				if p, err := os.FindProcess(r.P); err == nil {
					defer func() { _ = p.Kill() }()
				}
			}
		}
	}
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

func nodeWrite(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func nodeRead(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

func nodeTemp(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// nodeRecording reads recorded.jsonl.
func nodeRecording(t *testing.T, situation string) []nodeLine {
	t.Helper()
	f, err := os.Open(filepath.Join(nodeRoot, situation, "recorded.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []nodeLine
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, event.MaxLine)
	for scanner.Scan() {
		var line nodeLine
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", situation, err)
		}
		out = append(out, line)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
