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

// On the signal that Command names, the main process writes where its workers are: in a loop, and waiting.
func TestPlaywrightDump(t *testing.T) {
	for situation, want := range map[string]string{"hang-loop": "hang.spec.ts:", "hang": "waits for: "} {
		t.Run(situation, func(t *testing.T) {
			target := jsTargets(t, tool.Playwright{}, situation, jsExpect{})[0]
			c, err := tool.Playwright{}.Command(target)
			if err != nil {
				t.Fatal(err)
			}
			if c.Dump.Signal != "USR2" || c.Dump.To != "leader" || c.Dump.File == "" {
				t.Fatalf("dump is %+v", c.Dump)
			}
			for name, text := range c.Files {
				file := filepath.Join(target.Scratch, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				nodeWrite(t, file, text)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
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
			read := func(file string) string { return nodeRead(t, filepath.Join(target.Scratch, file)) }
			_, title, _ := strings.Cut(jsExpected(t, "playwright", situation).Until, "::")
			started := func() bool { return strings.Contains(read(tool.EventsFile), `"t":["`+title+`"],"l":4,"c":1}`+"\n") }
			asked := time.Time{}
			for !strings.Contains(read(c.Dump.File), want) {
				if ctx.Err() != nil {
					t.Fatalf("%s never holds %q:\n%s\n%s", c.Dump.File, want, read(c.Dump.File), read(tool.EventsFile))
				}
				if started() && time.Since(asked) > 5*time.Second { // a test is told before its own code has begun
					asked = time.Now()
					if err := cmd.Process.Signal(syscall.SIGUSR2); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(20 * time.Millisecond)
			}
			if !strings.Contains(read(c.Dump.File), "a worker of playwright (pid ") {
				t.Errorf("whose stack is it?\n%s", read(c.Dump.File))
			}
		})
	}
}
