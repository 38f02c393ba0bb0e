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

// On the signal that Command names, the launcher writes where its test processes are: in a loop, and waiting.
func TestNodeDump(t *testing.T) {
	for situation, want := range map[string]string{"hang-loop": "hang.test.js:6:", "hang": "waits for: "} {
		t.Run(situation, func(t *testing.T) {
			target := nodeTargets(t, situation, nodeExpect{})[0]
			c, err := tool.Node{}.Command(target)
			if err != nil {
				t.Fatal(err)
			}
			if c.Dump.Signal != "USR2" || c.Dump.To != "leader" || c.Dump.File == "" {
				t.Fatalf("dump is %+v", c.Dump)
			}
			for name, text := range c.Files {
				nodeWrite(t, filepath.Join(target.Scratch, name), text)
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, c.Argv[0], c.Argv[1:]...)
			cmd.Dir, cmd.Env = target.Root, tool.Environ(os.Environ(), target, c)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
				_ = cmd.Wait()
			}()
			await := func(file, text string) {
				for !strings.Contains(nodeRead(t, filepath.Join(target.Scratch, file)), text) {
					if ctx.Err() != nil {
						t.Fatalf("%s never holds %q:\n%s", file, text, nodeRead(t, filepath.Join(target.Scratch, file)))
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
			await(tool.EventsFile, `"k":"open","id":2}`)
			if err := cmd.Process.Signal(syscall.SIGUSR2); err != nil {
				t.Fatal(err)
			}
			await(c.Dump.File, want)
		})
	}
}
