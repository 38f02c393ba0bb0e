package tool_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// A test sees the arguments, the options, the environment, the configuration, the stack depth and the children of a plain run.
func TestPlaywrightLeavesNoTrace(t *testing.T) {
	for name, options := range map[string]string{"plain": "", "own options": "--no-warnings --max-old-space-size=512"} {
		t.Run(name, func(t *testing.T) {
			want := jsExpected(t, "playwright", "arguments-and-environment")
			target := jsTargets(t, tool.Playwright{}, "arguments-and-environment", want)[0]
			target.Share = 1
			target.Scratch = filepath.Join(jsTemp(t), "a folder with spaces")
			if err := os.Mkdir(target.Scratch, 0o755); err != nil {
				t.Fatal(err)
			}
			if options != "" {
				target.Env = append(target.Env, "NODE_OPTIONS="+options)
			}
			out := filepath.Join(t.TempDir(), "seen")
			t.Setenv("SEE", out)
			node, script, _ := strings.Cut(target.Program, "\n")
			plain := func() map[string]any {
				cmd := exec.Command(node, script, "test")
				cmd.Dir, cmd.Env = target.Root, tool.Environ(os.Environ(), target, tool.Command{})
				if text, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				return nodeSeen(t, out)
			}
			plain() // playwright's compiler leaves a variable behind when it has nothing in its cache
			lines, x := jsRunTarget(t, tool.Playwright{}, target, want)
			j := newJSJudge(tool.Playwright{}, "")
			j.attempt(target, lines, x)
			j.check(t, want.nodeExpect)
			hooked, seen := nodeSeen(t, out), plain()
			for key := range seen {
				if !reflect.DeepEqual(hooked[key], seen[key]) {
					t.Errorf("%s differs from a plain run:\nours  %v\nplain %v", key, hooked[key], seen[key])
				}
			}
		})
	}
}

// --debug gives the terminal's input to the tests, one at a time, and no time limit of playwright's own holds.
func TestPlaywrightDebug(t *testing.T) {
	want := jsExpected(t, "playwright", "own-timeout")
	target := jsTargets(t, tool.Playwright{}, "own-timeout", want)[0]
	target.Debug = true
	nodeWrite(t, filepath.Join(target.Root, "tests", "slow.spec.ts"), `import { test, expect } from '@playwright/test';

test('takes longer than its limit', async () => { await new Promise((done) => setTimeout(done, 1500)); });
test('reads', async () => { expect(process.stdin.fd).toBe(0); });
`)
	lines, x := jsRunTarget(t, tool.Playwright{}, target, want)
	j := newJSJudge(tool.Playwright{}, "")
	j.attempt(target, lines, x)
	j.check(t, nodeExpect{Passed: 2, Cause: event.Done})
}

// The variable holds one name: a reporter of another program is told of, and hears nothing.
func TestPlaywrightOtherReporter(t *testing.T) {
	want := jsExpected(t, "playwright", "stale-report")
	target := jsTargets(t, tool.Playwright{}, "stale-report", want)[0]
	t.Setenv("PW_TEST_REPORTER", "/elsewhere/reporter.js")
	found := (tool.Playwright{}).Check(t.Context(), target, jsHost{})
	if len(found.Findings) != 1 || found.Findings[0].Status != event.Warn || found.Findings[0].Value != "/elsewhere/reporter.js" {
		t.Errorf("got %+v", found.Findings)
	}
	lines, x := jsRunTarget(t, tool.Playwright{}, target, want)
	j := newJSJudge(tool.Playwright{}, "")
	j.attempt(target, lines, x)
	j.check(t, nodeExpect{Passed: 1, Cause: event.Done})
}

func TestPlaywrightArguments(t *testing.T) {
	for _, c := range []struct {
		name   string
		target tool.Target
		want   string // the arguments behind the script; or the error
	}{
		{"whole", tool.Target{Whole: true, Files: []string{"tests/a.spec.ts"}}, "test"},
		{"files", tool.Target{Files: []string{"tests/a.spec.ts", "tests/b+c.spec.ts"}}, `test /tests/a\.spec\.ts$ /tests/b\+c\.spec\.ts$`},
		{"left out", tool.Target{Whole: true, Files: []string{"a.spec.ts", "b.spec.ts"}, LeaveOut: []string{"a.spec.ts"}}, `test /b\.spec\.ts$`},
		{"below a folder", tool.Target{Dir: "web", Files: []string{"web/e2e/a.spec.ts"}}, `test /e2e/a\.spec\.ts$`},
		{"the script's own filters", tool.Target{Whole: true, Files: []string{"smoke/a.spec.ts"}, Args: []string{"--project", "one", "smoke", "--", "-x"}}, "test --project one smoke -x"},
		{"they give way", tool.Target{Files: []string{"smoke/a.spec.ts"}, Args: []string{"-x", "smoke", "--"}}, `test /smoke/a\.spec\.ts$ -x`},
		{"options with values", tool.Target{Whole: true, Files: []string{"a.spec.ts"}, Args: []string{"-c", "e2e", "-g", "login", "--workers=2", "--project", "one", "two"}}, "test -c e2e -g login --workers=2 --project one two"},
		{"debug", tool.Target{Whole: true, Debug: true, Files: []string{"a.spec.ts"}}, "test --timeout=0"},
		{"debug with an own limit", tool.Target{Whole: true, Debug: true, Files: []string{"a.spec.ts"}, Args: []string{"--timeout", "9"}}, "test --timeout 9"},
		{"a file behind --", tool.Target{Whole: true, Files: []string{"a.spec.ts"}, Args: []string{"b.spec.ts"}}, `playwright: "b.spec.ts" behind -- would choose files: name files to runner itself, as in runner b.spec.ts`},
		{"list", tool.Target{Whole: true, Files: []string{"a.spec.ts"}, Args: []string{"--list"}}, "playwright: --list runs no test: leave it out"},
		{"ui", tool.Target{Whole: true, Files: []string{"a.spec.ts"}, Args: []string{"--ui"}}, "playwright: --ui never ends: leave it out"},
		{"no file", tool.Target{Dir: "web"}, "playwright: no test file in web: name one below it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.target.Root, c.target.Program = "/r", "node\ncli.js"
			command, err := (tool.Playwright{}).Command(c.target)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = strings.Join(command.Argv[2:], " ")
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// A job that is given a part of the cores has as many workers, whatever the project asks for.
func TestPlaywrightCores(t *testing.T) {
	files := []string{"a.spec.ts", "b.spec.ts", "c.spec.ts"}
	for _, c := range []struct {
		target tool.Target
		want   int
	}{
		{tool.Target{Files: files, Cores: 8}, 3},
		{tool.Target{Files: files, Cores: 8, Workers: 2}, 2},
		{tool.Target{Files: files, Cores: 8, Workers: -1}, 8},
		{tool.Target{Files: files, Cores: 8, Args: []string{"-j1"}}, 1},
		{tool.Target{Files: files, Cores: 8, Args: []string{"--fully-parallel"}}, 8},
		{tool.Target{Files: files, Cores: 8, Debug: true}, 1},
		{tool.Target{Cores: 8}, 1},
	} {
		if got := (tool.Playwright{}).Cores(c.target); got != c.want {
			t.Errorf("%+v: got %d, want %d", c.target, got, c.want)
		}
	}
}
