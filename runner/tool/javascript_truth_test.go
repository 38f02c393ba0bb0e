package tool_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

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
			j, recorded := jsRun(t, adapter, situation, want)
			jsCheck(t, j, want)
			if *recordJavaScript && change == nil && !t.Failed() {
				jsStore(t, adapter.Name(), situation, recorded)
			}
		})
	}
}

// jsRun runs a situation to its end, with each further attempt that the decoder asks for.
func jsRun(t *testing.T, adapter tool.Tool, situation string, want jsExpect) (*nodeJudge, []nodeLine) {
	t.Helper()
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
	return j, recorded
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
				if c := j.counts(); j.again == nil && c.Cause != event.Vanished && c.Errored+c.CollectionErrors == 0 {
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
	x.Stdout, x.Stderr = "", event.Capped(clean(x.Stderr), 4<<10) // cut after cleaning: no path is cut in two
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
