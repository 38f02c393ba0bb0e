package keeper

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestFoldersOfTwoTrees(t *testing.T) {
	a, b := FolderOf("/state", "/one/app"), FolderOf("/state", "/two/app")
	if a == b || filepath.Dir(string(a)) != filepath.Dir(string(b)) || !strings.HasPrefix(filepath.Base(string(a)), "app-") {
		t.Errorf("%s, %s", a, b)
	}
	if got := filepath.Base(string(FolderOf("/state", "/x/bad name: ö"))); !strings.HasPrefix(got, "bad_name___-") {
		t.Errorf("a name that any system takes: %s", got)
	}
}

func TestStateOfAnotherVersion(t *testing.T) {
	f := FolderOf(t.TempDir(), "/x")
	if _, err := f.Read(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if err := f.Make(); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{`{"format": 99}`: "another version", `{`: "unexpected end"} {
		if err := os.WriteFile(filepath.Join(string(f), stateFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A reader sees a whole state, however often it is written.
func TestStateIsReplacedAtOnce(t *testing.T) {
	f := FolderOf(t.TempDir(), "/x")
	if err := f.Make(); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	for i := range 2 {
		wait.Go(func() {
			for ctx.Err() == nil {
				if err := f.write(State{Set: fmt.Sprint(i), Variables: []string{strings.Repeat("x", 100*1024*i)}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[string]bool{}
	for begun := time.Now(); len(seen) < 2 && time.Since(begun) < 10*time.Second; {
		s, err := f.Read()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		} else if err == nil {
			seen[s.Set] = true
		}
	}
	stop()
	wait.Wait()
	if len(seen) != 2 {
		t.Errorf("seen %v", seen)
	}
	if left, err := filepath.Glob(filepath.Join(string(f), stateFile+".*")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestPortsAreRemembered(t *testing.T) {
	f := FolderOf(t.TempDir(), "/x")
	if len(f.ReadPorts()) != 0 {
		t.Error("ports from nowhere")
	}
	if err := f.Make(); err != nil {
		t.Fatal(err)
	}
	for _, ports := range []map[string]map[int]int{{"a": {80: 8080}, "b": {0: 1}}, {"b": {0: 2}}} {
		if err := f.WritePorts(ports); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Clear(); err != nil {
		t.Fatal(err)
	}
	if got := f.ReadPorts(); got["a"][80] != 8080 || got["b"][0] != 2 {
		t.Errorf("%v", got)
	}
}

// hard are values that quoting gets wrong when it can.
func hard() []string {
	return []string{"", "plain", "a b", "it's", `"`, "$HOME", "`id`", `\`, `a\nb`, "two\nlines", `it's "all" $x \ here` + "`", "!", "#", "~", "*", "ä’‘", "{\"json\": [1]}", "a=b", " lead", "-n", "%PATH%"}
}

// What a shell reads back is what was meant.
func TestVariablesForAShell(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no POSIX shell here")
	}
	for i, value := range hard() {
		var b bytes.Buffer
		if err := WriteVariables(&b, "dotenv", []string{"OTHER=1", fmt.Sprintf("X=%s", value)}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", b.String()+`printf '%s.' "$X"`)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nowhere"}
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != value+"." {
			t.Errorf("%d: %q became %q (%v) by\n%s", i, value, out, err, &b)
		}
	}
}

func TestVariablesAsJSON(t *testing.T) {
	for _, value := range hard() {
		var b bytes.Buffer
		if err := WriteVariables(&b, "json", []string{"X=" + value}); err != nil {
			t.Fatal(err)
		}
		var back map[string]string
		if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["X"] != value {
			t.Errorf("%q became %v, %v", value, back, err)
		}
	}
}

func TestVariablesForPowerShell(t *testing.T) {
	for value, want := range map[string]string{
		"plain": "${env:X} = 'plain'\n", "it's": "${env:X} = 'it''s'\n", "a’b": "${env:X} = 'a’’b'\n", `$x "y" ` + "`": "${env:X} = '$x \"y\" `'\n",
	} {
		var b bytes.Buffer
		if err := WriteVariables(&b, "powershell", []string{"X=" + value}); err != nil || b.String() != want {
			t.Errorf("%q: %q, %v", value, &b, err)
		}
	}
	if pwsh, err := exec.LookPath("pwsh"); err == nil {
		for _, value := range hard() {
			var b bytes.Buffer
			if err := WriteVariables(&b, "powershell", []string{"X=" + value}); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), pwsh, "-NoProfile", "-Command", b.String()+"[Console]::Out.Write(\"$env:X.\")").CombinedOutput()
			if err != nil || string(out) != value+"." {
				t.Errorf("%q became %q, %v", value, out, err)
			}
		}
	}
}

func TestFormatThatIsNone(t *testing.T) {
	if err := WriteVariables(&bytes.Buffer{}, "yaml", nil); err == nil || !strings.Contains(err.Error(), "dotenv, json, powershell") {
		t.Error(err)
	}
}
