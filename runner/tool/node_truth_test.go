package tool_test

import (
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

var nodeRecord = flag.Bool("record.node", false, "rewrite testdata/node/*/recorded.jsonl from the real node")

// TestNodeTruth runs each situation with the real node. With -record.node its channel becomes the fixture of the replay.
func TestNodeTruth(t *testing.T) {
	for _, situation := range nodeSituations(t) {
		t.Run(situation, func(t *testing.T) {
			t.Parallel()
			want := nodeExpected(t, situation)
			if want.UnixOnly && runtime.GOOS == "windows" || len(want.Nodes) > 0 && !slices.Contains(want.Nodes, nodeMajor(t)) {
				return // a signal is the situation, or this node never ends in it
			}
			j := newNodeJudge("")
			var recorded []nodeLine
			for _, target := range nodeTargets(t, situation, want) {
				for again := &target; again != nil; again = j.again {
					if again.Attempt > 5 {
						t.Fatal("it never comes to an end")
					}
					again.Scratch = t.TempDir()
					lines, x := nodeRunTarget(t, *again, want)
					j.attempt(*again, lines, x)
					recorded = append(recorded, nodeRecorded(t, *again, lines, x)...)
					if !strings.Contains(x.Stdout, want.Stdout) {
						t.Errorf("stdout lacks %q:\n%s", want.Stdout, x.Stdout)
					}
				}
			}
			j.check(t, want)
			if *nodeRecord && !t.Failed() {
				nodeStore(t, situation, recorded)
			}
		})
	}
}

// TestNodeReplay decodes what was recorded; no node is needed.
func TestNodeReplay(t *testing.T) {
	for _, situation := range nodeSituations(t) {
		t.Run(situation, func(t *testing.T) {
			nodeReplay(t, situation, "").check(t, nodeExpected(t, situation))
		})
	}
}

// TestNodeMutants shows that the table turns red when a guard of the decoder is off.
func TestNodeMutants(t *testing.T) {
	for _, flaw := range tool.NodeFlaws() {
		t.Run(flaw, func(t *testing.T) {
			red := 0
			for _, situation := range nodeSituations(t) {
				if nodeReplay(t, situation, flaw).diff(nodeExpected(t, situation)) != "" {
					red++
				}
			}
			if red == 0 {
				t.Errorf("every situation is still green with %s", flaw)
			}
		})
	}
}

// TestNodeTornStream cuts every recording short: a run whose stream has no end is never well.
func TestNodeTornStream(t *testing.T) {
	for _, situation := range nodeSituations(t) {
		var target tool.Target
		var lines [][]byte
		for _, r := range nodeRecording(t, situation) {
			switch {
			case r.Target != nil:
				target, lines = *r.Target, nil
			case r.Line != nil:
				lines = append(lines, r.Line)
			case r.Exit != nil && r.Exit.Stopped == "" && len(lines) > 0:
				j := newNodeJudge("")
				j.attempt(target, lines[:len(lines)-1], tool.Exit{})
				if c := j.counts(); c.Cause != event.Vanished || c.Errored+c.CollectionErrors == 0 {
					t.Errorf("%s without its last line is %+v", situation, c)
				}
			}
		}
	}
}

func nodeReplay(t *testing.T, situation, flaw string) *nodeJudge {
	t.Helper()
	j := newNodeJudge(flaw)
	var target tool.Target
	var lines [][]byte
	for _, r := range nodeRecording(t, situation) {
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

// Where a recording was made is no part of it.
const (
	nodeRecordedRoot    = "/recorded/root"
	nodeRecordedScratch = "/recorded/scratch"
)

func nodeRecorded(t *testing.T, target tool.Target, lines [][]byte, x tool.Exit) []nodeLine {
	t.Helper()
	clean := func(text string) string {
		text = strings.ReplaceAll(text, target.Root, nodeRecordedRoot)
		text = strings.ReplaceAll(text, target.Scratch, nodeRecordedScratch)
		return strings.ReplaceAll(text, target.Program, "node")
	}
	x.Stdout, x.Stderr = "", clean(event.Capped(x.Stderr, 4<<10))
	out := []nodeLine{{Target: &tool.Target{
		Root: nodeRecordedRoot, Dir: target.Dir, Job: target.Job, Files: target.Files, Tests: target.Tests, Filter: target.Filter,
		Args: target.Args, Scratch: nodeRecordedScratch, LeaveOut: target.LeaveOut, Attempt: target.Attempt,
	}}}
	for _, line := range lines {
		out = append(out, nodeLine{Line: json.RawMessage(clean(string(line)))})
	}
	return append(out, nodeLine{Exit: &x})
}

func nodeStore(t *testing.T, situation string, recorded []nodeLine) {
	t.Helper()
	var b strings.Builder
	for _, line := range recorded {
		text, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	if err := os.WriteFile(filepath.Join(nodeRoot, situation, "recorded.jsonl"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
