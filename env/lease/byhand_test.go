package lease

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"testrunner/runner/process"
)

// Law 10: the command that is told removes the thing.
func TestByHand_removes_a_folder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's a folder [1]")
	like := filepath.Join(filepath.Dir(dir), "it's a folder 1") // what a pattern would find
	tell(t, os.MkdirAll(filepath.Join(dir, "inner"), 0o755), os.Mkdir(like, 0o755))
	byHand(t, Thing{Kind: Folder, Name: dir}.ByHand(runtime.GOOS))
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(like); err != nil {
		t.Error(err)
	}
}

func TestByHand_ends_a_process(t *testing.T) {
	cmd := command("sleep", "")
	tell(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	told := Thing{Kind: Process, Name: "sleep", Process: identify(t, cmd.Process.Pid)}.ByHand(runtime.GOOS)
	if runtime.GOOS == "windows" && !realPowerShell(t) {
		// Wine's own taskkill ends a process, and knows no trees.
		told = strings.Replace(told, " /T", "", 1)
		if out, err := exec.Command("cmd", "/c", told).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", told, err, out)
		}
	} else {
		byHand(t, told)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("it still runs")
	}
}

// What each system is told, seen from any of them.
func TestByHand_is_of_the_system(t *testing.T) {
	process := Thing{Kind: Process, Name: "redis", Process: process.ID{Pid: 4711}}
	folder := Thing{Kind: Folder, Name: "it's"}
	for got, want := range map[string]string{
		process.ByHand("windows"): "taskkill /F /T /PID 4711",
		process.ByHand("linux"):   "kill -KILL 4711",
		folder.ByHand("windows"):  "Remove-Item -Recurse -Force -LiteralPath 'it''s'",
		folder.ByHand("darwin"):   `rm -rf 'it'\''s'`,
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// byHand types a command.
func byHand(t *testing.T, told string) {
	t.Helper()
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		if !realPowerShell(t) {
			t.Skip("there is no PowerShell here that runs what is typed, as under Wine, so this was not: ", told)
		}
		shell = []string{"powershell", "-NoProfile", "-Command"}
	}
	if out, err := exec.CommandContext(t.Context(), shell[0], append(shell[1:], told)...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", told, err, out)
	}
}

// realPowerShell tells whether PowerShell does as it is told. Wine's says that all went well, and has done nothing.
func realPowerShell(t *testing.T) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "powershell", "-NoProfile", "-Command", "exit 7")
	_ = cmd.Run()
	return cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 7
}
