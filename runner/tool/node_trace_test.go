package tool_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"testrunner/runner/tool"
)

// A test sees the arguments, the options, the environment, the stack depth, the module cache and the children of a plain
// run, whatever NODE_OPTIONS the user has.
func TestNodeLeavesNoTrace(t *testing.T) {
	for name, options := range map[string]string{"plain": "", "own options": "--no-warnings --max-old-space-size=512"} {
		t.Run(name, func(t *testing.T) {
			target := nodeTargets(t, "arguments-and-environment", nodeExpect{})[0]
			target.Share, target.Files = 1, []string{"see.test.js"}
			target.Scratch = filepath.Join(t.TempDir(), "a folder with spaces")
			if err := os.Mkdir(target.Scratch, 0o755); err != nil {
				t.Fatal(err)
			}
			if options != "" {
				target.Env = append(target.Env, "NODE_OPTIONS="+options)
			}
			out := filepath.Join(t.TempDir(), "seen")
			t.Setenv("SEE", out)
			lines, x := nodeRunTarget(t, target, nodeExpect{})
			j := newNodeJudge("")
			j.attempt(target, lines, x)
			if c := j.counts(); c.Passed != 1 || c.Cause != "done" {
				t.Fatalf("got %+v\n%s", c, nodeEvents(t, j.bodies))
			}
			hooked := nodeSeen(t, out)

			plain := exec.Command(target.Program, "--test", "see.test.js")
			plain.Dir = target.Root
			plain.Env = tool.Environ(os.Environ(), target, tool.Command{})
			if text, err := plain.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			want := nodeSeen(t, out)
			for key := range want {
				if !reflect.DeepEqual(hooked[key], want[key]) {
					t.Errorf("%s differs from a plain run:\nours  %v\nplain %v", key, hooked[key], want[key])
				}
			}
		})
	}
}

func nodeSeen(t *testing.T, file string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(nodeRead(t, file)), &out); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	return out
}

// --debug runs one file without a launcher, so that it has the terminal; the counts are the same.
func TestNodeDebug(t *testing.T) {
	for situation, file := range map[string]string{
		"subtests": "sub.test.js", "exit-0": "bad.test.js", "syntax-error": "bad.test.js", "late-error": "late.test.js",
		"no-tests": "empty.test.js", "crash-exit-3": "bad.test.js", "all-skipped": "skip.test.js",
	} {
		t.Run(situation, func(t *testing.T) {
			want := nodeExpected(t, situation)
			if _, err := os.Stat(filepath.Join(nodeRoot, situation, "healthy.test.js")); err == nil {
				want.Passed-- // the file beside it
			}
			target := nodeTargets(t, situation, want)[0]
			target.Debug, target.Files = true, []string{file}
			lines, x := nodeRunTarget(t, target, want)
			j := newNodeJudge("")
			j.attempt(target, lines, x)
			j.check(t, want)
		})
	}
}
