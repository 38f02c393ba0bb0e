package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The shells that completion has a script for. What is not installed can't be asked; bash always is.
func TestCompletionScriptsAreReadByTheirShells(t *testing.T) {
	w := newWorkshop(t)
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil && shell != "bash" {
			t.Logf("%s is not installed here: its script is not read", shell)
			continue
		}
		if out, code := w.shell(t, "runner completion "+shell+" > script && "+shell+" -n script"); code != 0 {
			t.Errorf("%s: %s", shell, out)
		}
	}
}

// A real bash completes flags, commands, categories and files. COMP_WORDS is what it gives a completion function on TAB.
func TestCompletionInBash(t *testing.T) {
	w := newWorkshop(t)
	complete := func(words string) []string {
		out, code := w.shell(t, `bash --norc -c '
			eval "$(runner completion bash)"
			complete -p runner >/dev/null || exit 9
			COMP_WORDS=(`+words+`) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_runner
			printf "%s\n" "${COMPREPLY[@]}"'`)
		if code != 0 {
			t.Fatalf("bash ends with %d: %s", code, out)
		}
		return strings.Fields(out)
	}
	for words, want := range map[string]string{
		`runner --ca`:              "--category",
		`runner --no-d`:            "--no-docker",
		`runner expl`:              "explain",
		`runner mission`:           "mission-critical",
		`runner -c unit_`:          "unit_integration",
		`runner tests/unit/test_s`: "tests/unit/test_summarise.py",
	} {
		if got := strings.Join(complete(words), " "); got != want {
			t.Errorf("%s TAB: %q, want %q", words, got, want)
		}
	}
}
