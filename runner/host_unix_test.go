//go:build unix

package runner

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestHost(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	script := func(dir, name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	first := script(one, "probe", "#!/bin/sh\necho asked >>"+one+"/asked\necho \" answer \"\n", 0o755)
	second := script(two, "probe", "#!/bin/sh\nexit 3\n", 0o755)
	script(one, "data", "not a program", 0o644)
	h := &Host{Environ: []string{"X=old", "PATH=" + one + ":relative:" + two + ":" + os.Getenv("PATH"), "X=new"}}

	if h.Getenv("X") != "new" || h.Getenv("NONE") != "" {
		t.Errorf("X is %q", h.Getenv("X"))
	}
	if got := h.LookPath("probe"); !slices.Equal(got, []string{first, second}) || len(h.LookPath("data")) != 0 {
		t.Errorf("found %q, %q", got, h.LookPath("data"))
	}
	if !h.Exists(first) || h.Exists(first+"x") {
		t.Error("exists")
	}
	// Equal probes are made once, however many ask at the same time.
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if out, err := h.Output(t.Context(), one, first, "it's"); out != "answer" || err != nil {
				t.Errorf("%q, %v", out, err)
			}
		})
	}
	wait.Wait()
	if asked, err := os.ReadFile(one + "/asked"); err != nil || string(asked) != "asked\n" {
		t.Errorf("asked %q, %v", asked, err)
	}
	if _, err := h.Output(t.Context(), one, second); err == nil {
		t.Error("exit 3: no error")
	}
	calls := h.Calls()
	if len(calls) != 2 || !slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, first+` 'it'\''s' in `+one+": ") }) ||
		!slices.ContainsFunc(calls, func(c string) bool { return strings.HasPrefix(c, second) && strings.Contains(c, "3") }) {
		t.Errorf("calls %q", calls)
	}
}
