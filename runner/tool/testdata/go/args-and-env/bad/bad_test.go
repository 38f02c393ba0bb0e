package bad

import (
	"os"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	for _, arg := range os.Args[1:] {
		if !strings.HasPrefix(arg, "-test.") {
			t.Errorf("argument %q", arg)
		}
	}
}

func TestEnvironment(t *testing.T) {
	for _, pair := range os.Environ() {
		if strings.HasPrefix(pair, "RUNNER_") {
			t.Errorf("variable %q", pair)
		}
	}
	if got := os.Getenv("FROM_THE_SUITE"); got != "yes" {
		t.Errorf("FROM_THE_SUITE = %q", got)
	}
}
