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

// A test sees the arguments, the environment, the stack depth, the module cache, the listeners and the children of a plain
// run, in one process and in workers, whatever NODE_OPTIONS the user has.
func TestMochaLeavesNoTrace(t *testing.T) {
	for name, c := range map[string]struct {
		options string
		args    []string
	}{
		"plain": {}, "own options": {options: "--no-warnings --max-old-space-size=512"}, "workers": {args: []string{"--parallel", "--jobs", "2"}},
		"a node of mocha's own": {args: []string{"--expose-gc"}},
	} {
		t.Run(name, func(t *testing.T) {
			target := jsTargets(t, tool.Mocha{}, "arguments-and-environment", jsExpect{})[0]
			target.Args = append(c.args, target.Args...)
			target.Scratch = filepath.Join(jsTemp(t), "a folder with spaces")
			if err := os.Mkdir(target.Scratch, 0o755); err != nil {
				t.Fatal(err)
			}
			if c.options != "" {
				target.Env = append(target.Env, "NODE_OPTIONS="+c.options)
			}
			out := filepath.Join(jsTemp(t), "seen")
			t.Setenv("SEE", out)
			lines, x := jsRunTarget(t, tool.Mocha{}, target, jsExpect{})
			j := newJSJudge(tool.Mocha{}, "")
			j.attempt(target, lines, x)
			if got := j.counts(); got.Passed != 1 || got.Cause != "done" {
				t.Fatalf("got %+v\n%s\n%s", got, nodeEvents(t, j.bodies), x.Stderr)
			}
			hooked := nodeSeen(t, out)

			node, script, _ := strings.Cut(target.Program, "\n")
			plain := exec.Command(node, append([]string{script}, append(c.args, "--retries", "1", "test/**/*.test.js")...)...)
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

// A positional of the user's would be one more spec to mocha, and some options run no test.
func TestMochaRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"test/a.js"}, "name files to runner itself"}, {[]string{"spec", "--", "--retries", "2", "x.js"}, "name files to runner itself"},
		{[]string{"-w"}, "never ends"}, {[]string{"--dry-run"}, "runs no test"}, {[]string{"x", "--", "--list-reporters"}, "runs no test"},
		{[]string{"spec/**", "-g", "x", "--", "--retries", "2", "-R", "dot", "--bail"}, ""},
	} {
		_, err := tool.Mocha{}.Command(tool.Target{Root: "/r", Dir: ".", Files: []string{"test/a.js"}, Args: c.args, Program: "node\nmocha.js", Scratch: "/s", Attempt: 1})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.args, err, c.want)
		}
	}
}

// mocha runs its files one after another, unless the project lets it start workers.
func TestMochaCores(t *testing.T) {
	files := []string{"test/a.js", "test/b.js", "test/c.js"}
	for _, c := range []struct {
		target tool.Target
		want   int
	}{
		{tool.Target{}, 1}, {tool.Target{Workers: -1}, 3}, {tool.Target{Workers: 2}, 2}, {tool.Target{Args: []string{"--parallel"}}, 3},
		{tool.Target{Args: []string{"--parallel", "--jobs=2", "--"}}, 2}, {tool.Target{Workers: -1, Debug: true}, 1},
	} {
		c.target.Dir, c.target.Files = ".", files
		if got := (tool.Mocha{}).Cores(c.target); got != c.want {
			t.Errorf("%+v: got %d, want %d", c.target, got, c.want)
		}
	}
}

// --debug takes a parallel project's files one after another into the process that has the terminal; the counts are the same.
func TestMochaDebug(t *testing.T) {
	for _, situation := range []string{"parallel-broken-file", "broken-setup", "exit-0", "retries"} {
		t.Run(situation, func(t *testing.T) {
			want := jsExpected(t, "mocha", situation)
			target := jsTargets(t, tool.Mocha{}, situation, want)[0]
			j := newJSJudge(tool.Mocha{}, "")
			for again := &target; again != nil; again = j.again {
				again.Debug, again.Scratch = true, jsTemp(t)
				lines, x := jsRunTarget(t, tool.Mocha{}, *again, want)
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
