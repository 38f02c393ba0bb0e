//go:build unix

package tool_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"testrunner/runner/tool"
)

// A worker that ended may have left its number to a stranger: who asks where the tests hang leaves that one alone. The signal
// that starts an inspector would end it.
func TestAskLeavesStrangersAlone(t *testing.T) {
	target := jsTargets(t, tool.Jest{}, "workers", jsExpect{})[0]
	command, err := tool.Jest{}.Command(target)
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
	ended := exec.Command("true") // jest itself, that is over
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	stranger := exec.CommandContext(ctx, "sleep", "300")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	run := fmt.Sprintf("%s#%d", target.Job, target.Attempt)
	nodeWrite(t, filepath.Join(target.Scratch, tool.EventsFile), fmt.Sprintf(`{"p":%d,"k":"hook","run":%q,"tool":"jest","born":"1"}
{"p":%d,"k":"file","run":%q,"f":"/a.test.js","born":"1"}
`, ended.Process.Pid, run, stranger.Process.Pid, run))
	if text, err := exec.CommandContext(ctx, command.Dump.Ask[0], command.Dump.Ask[1:]...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	if err := stranger.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = stranger.Wait() // its state says it all
	if status, ok := stranger.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Errorf("a stranger was ended: %s", stranger.ProcessState)
	}
	if got := nodeRead(t, filepath.Join(target.Scratch, command.Dump.File)); strings.Contains(got, fmt.Sprint(stranger.Process.Pid)) {
		t.Errorf("a stranger was asked:\n%s", got)
	}
}
