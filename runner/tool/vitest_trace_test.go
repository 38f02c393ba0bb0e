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

// A test sees the arguments, the environment, the stack depth, the module cache, the globals, the listeners and the children
// of a plain run, in each of vitest's pools, whatever NODE_OPTIONS the user has.
func TestVitestLeavesNoTrace(t *testing.T) {
	for name, c := range map[string]struct {
		modules, options string
		args             []string
	}{
		"plain": {}, "own options": {options: "--no-warnings --max-old-space-size=512"}, "threads": {args: []string{"--pool=threads"}},
		"vm": {args: []string{"--pool=vmForks"}}, "vitest 3": {modules: "older"}, "vitest 3, threads": {modules: "older", args: []string{"--pool=threads"}},
	} {
		t.Run(name, func(t *testing.T) {
			target := jsTargets(t, tool.Vitest{}, "arguments-and-environment", jsExpect{Modules: c.modules})[0]
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
			lines, x := jsRunTarget(t, tool.Vitest{}, target, jsExpect{})
			j := newJSJudge(tool.Vitest{}, "")
			j.attempt(target, lines, x)
			if got := j.counts(); got.Passed != 1 || got.Cause != "done" {
				t.Fatalf("got %+v\n%s\n%s", got, nodeEvents(t, j.bodies), x.Stderr)
			}
			hooked := nodeSeen(t, out)

			node, script, _ := strings.Cut(target.Program, "\n")
			plain := exec.Command(node, append([]string{script, "run"}, c.args...)...)
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

// A positional of the user's would choose files behind runner's back, and some options run no test.
func TestVitestRefuses(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"src/a"}, "name files to runner itself"}, {[]string{"--coverage", "src"}, "name files to runner itself"},
		{[]string{"-w"}, "never ends"}, {[]string{"--ui"}, "never ends"}, {[]string{"--merge-reports"}, "runs no test"},
		{[]string{"--shard=1/2"}, "leaves out files"}, {[]string{"--reporter", "dot", "-t", "x", "--no-file-parallelism", "--bail=1"}, ""},
	} {
		_, err := tool.Vitest{}.Command(tool.Target{Root: "/r", Dir: ".", Files: []string{"a.test.js"}, Args: c.args, Program: "node\nvitest.mjs", Scratch: "/s", Attempt: 1})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%q: got %v, want %q", c.args, err, c.want)
		}
	}
}

// vitest fills one core a file, unless the project keeps it from that.
func TestVitestCores(t *testing.T) {
	for _, c := range []struct {
		target tool.Target
		want   int
	}{
		{tool.Target{}, 3}, {tool.Target{Workers: 2}, 2}, {tool.Target{Args: []string{"--max-workers", "1"}}, 1}, {tool.Target{Args: []string{"--maxWorkers=50%"}}, 3},
		{tool.Target{Args: []string{"--no-file-parallelism"}}, 1}, {tool.Target{Debug: true}, 1},
	} {
		c.target.Dir, c.target.Files = ".", []string{"a.test.js", "b.test.js", "c.test.js"}
		if got := (tool.Vitest{}).Cores(c.target); got != c.want {
			t.Errorf("%+v: got %d, want %d", c.target, got, c.want)
		}
	}
}

// A title that is too long for a report is the same one to the worker that starts the test and to who counts it.
func TestVitestLongTitle(t *testing.T) {
	target := jsTargets(t, tool.Vitest{}, "concurrent", jsExpect{})[0]
	nodeWrite(t, filepath.Join(target.Root, "bad.test.js"), `import { test } from 'vitest';

test('x'.repeat(70000), () => {});
test('short', () => {});
`)
	lines, x := jsRunTarget(t, tool.Vitest{}, target, jsExpect{})
	j := newJSJudge(tool.Vitest{}, "")
	j.attempt(target, lines, x)
	if got := j.counts(); got.Passed != 2 || got.Errored+got.NotRun+got.Failed > 0 || got.Cause != "done" {
		t.Errorf("got %+v\n%s", got, x.Stderr)
	}
}
