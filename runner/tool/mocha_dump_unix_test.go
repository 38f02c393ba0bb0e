//go:build unix

package tool_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/runner/tool"
)

// The command that asks from outside writes where the tests are: in a loop, waiting, and in a loop in a worker. The cases
// share the inspector's port, so they run one after another.
func TestMochaDump(t *testing.T) {
	for _, c := range []struct{ situation, want string }{
		{"hang-loop", "slow.test.js:2:"}, {"hang", "waits for: "}, {"parallel-hang-loop", "slow.test.js:2:"},
	} {
		t.Run(c.situation, func(t *testing.T) {
			target := jsTargets(t, tool.Mocha{}, c.situation, jsExpect{})[0]
			command, err := tool.Mocha{}.Command(target)
			if err != nil {
				t.Fatal(err)
			}
			for name, text := range command.Files {
				file := filepath.Join(target.Scratch, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				nodeWrite(t, file, text)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, command.Argv[0], command.Argv[1:]...)
			cmd.Dir, cmd.Env = target.Root, tool.Environ(os.Environ(), target, command)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
				_ = cmd.Wait()
			}()
			for !strings.Contains(nodeRead(t, filepath.Join(target.Scratch, tool.EventsFile)), `"k":"s","f":"`+target.Root+`/test/slow.test.js"`) {
				if ctx.Err() != nil {
					t.Fatal("the test never started")
				}
				time.Sleep(20 * time.Millisecond)
			}
			for { // whoever else is being asked just now holds the port
				ask := exec.CommandContext(ctx, command.Dump.Ask[0], command.Dump.Ask[1:]...)
				if text, err := ask.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				got := nodeRead(t, filepath.Join(target.Scratch, command.Dump.File))
				if strings.Contains(got, c.want) {
					return
				}
				if !strings.Contains(got, "its inspector") {
					t.Fatalf("the stacks lack %q:\n%s", c.want, got)
				}
			}
		})
	}
}
