package tool_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"testrunner/runner/tool"
)

// A test sees the arguments, the environment, the stack, the listeners and the worker's number of a plain run: in the one
// process, in worker processes and threads, and whatever NODE_OPTIONS the user has.
func TestJestLeavesNoTrace(t *testing.T) {
	workers := []string{"--maxWorkers=2", "--workerIdleMemoryLimit=1G"} // a limit keeps jest from running quick files in one process
	for name, c := range map[string]struct {
		options, modules string
		args             []string
	}{
		"plain": {}, "own options": {options: "--no-warnings --max-old-space-size=512"}, "workers": {args: workers},
		"threads": {args: append([]string{"--workerThreads"}, workers...)}, "workers and own options": {args: workers, options: "--no-warnings"},
		"jest 29": {modules: "older"}, "workers of jest 29": {modules: "older", args: workers},
	} {
		t.Run(name, func(t *testing.T) {
			target := jsTargets(t, tool.Jest{}, "arguments-and-environment", jsExpect{Modules: c.modules})[0]
			target.Args = append(target.Args, c.args...)
			target.Scratch = filepath.Join(jsTemp(t), "a folder with spaces")
			if err := os.Mkdir(target.Scratch, 0o755); err != nil {
				t.Fatal(err)
			}
			if c.options != "" {
				target.Env = append(target.Env, "NODE_OPTIONS="+c.options)
			}
			out := filepath.Join(jsTemp(t), "seen")
			t.Setenv("SEE", out)
			lines, x := jsRunTarget(t, tool.Jest{}, target, jsExpect{})
			j := newJSJudge(tool.Jest{}, "")
			j.attempt(target, lines, x)
			if got := j.counts(); got.Passed != 2 || got.Cause != "done" {
				t.Fatalf("got %+v\n%s\n%s", got, nodeEvents(t, j.bodies), x.Stderr)
			}
			hooked := nodeSeen(t, out)

			node, script, _ := strings.Cut(target.Program, "\n")
			plain := exec.Command(node, append([]string{script}, target.Args...)...)
			plain.Dir = target.Root
			plain.Env = tool.Environ(os.Environ(), target, tool.Command{})
			if text, err := plain.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			want := nodeSeen(t, out)
			for _, seen := range []map[string]any{hooked, want} { // which of the workers it is, nobody decides
				delete(seen, "worker")
				delete(seen["env"].(map[string]any), "JEST_WORKER_ID")
			}
			for key := range want {
				if !reflect.DeepEqual(hooked[key], want[key]) {
					t.Errorf("%s differs from a plain run:\nours  %v\nplain %v", key, hooked[key], want[key])
				}
			}
		})
	}
}

// What would take the run out of our hands is refused by name; no argument of ours is added.
func TestJestCommand(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--watch"}, "never ends"}, {[]string{"--watchAll"}, "never ends"}, {[]string{"--listTests"}, "no test runs"}, {[]string{"--init"}, "no test runs"},
		{[]string{"--watchAll=false", "src", "-i"}, ""}, {nil, ""},
	} {
		command, err := tool.Jest{}.Command(tool.Target{
			Root: "/r", Dir: ".", Files: []string{"a.test.js", "b.test.js"}, Args: c.args, Tests: []string{"a.test.js::x"}, Filter: "y", Share: 1, Cores: 4,
			Program: "node\njest.js", Scratch: "/s", Attempt: 1,
		})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.args, err, c.want)
		}
		if got, want := strings.Join(command.Argv, " "), strings.TrimSpace("node jest.js "+strings.Join(c.args, " ")); err == nil && got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, err := (tool.Jest{}).Command(tool.Target{Root: "/r", Dir: ".", Files: []string{"a.test.js"}, Filter: "(", Program: "node\njest.js"}); err == nil || !strings.HasPrefix(err.Error(), "jest: -k") {
		t.Errorf("a bad filter: %v", err)
	}
}

func TestJestCores(t *testing.T) {
	for want, target := range map[int]tool.Target{3: {}, 2: {Workers: 2}, 1: {Debug: true}} {
		target.Dir, target.Files = ".", []string{"a.test.js", "b.test.js", "c.test.js"}
		if got := (tool.Jest{}).Cores(target); got != want {
			t.Errorf("%+v: got %d, want %d", target, got, want)
		}
	}
}

// --debug and a share of one core keep all files in the process that has the terminal; the counts are the same.
func TestJestInOneProcess(t *testing.T) {
	for _, situation := range []string{"workers", "crash-exit-3-workers", "exit-0-workers"} {
		t.Run(situation, func(t *testing.T) {
			want := jsExpected(t, "jest", situation)
			target := jsTargets(t, tool.Jest{}, situation, want)[0]
			target.Debug = situation != "workers"
			target.Share = 1
			j := newJSJudge(tool.Jest{}, "")
			for again := &target; again != nil; again = j.again {
				again.Scratch = jsTemp(t)
				lines, x := jsRunTarget(t, tool.Jest{}, *again, want)
				j.attempt(*again, lines, x)
				pids := map[string]bool{}
				for _, line := range lines {
					pid, _, _ := strings.Cut(string(line), ",")
					pids[pid] = true
				}
				if len(pids) != 1 {
					t.Errorf("%d processes ran tests", len(pids))
				}
			}
			jsCheck(t, j, want)
		})
	}
}
