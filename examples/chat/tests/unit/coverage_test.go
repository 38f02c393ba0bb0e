// Package unit checks what the unit tests themselves must hold to.
package unit

import (
	"os/exec"
	"regexp"
	"strconv"
	"testing"
)

// What breaks in the WebSocket's code breaks for all users at once, so most of it must be covered by tests that need no service. To see how
// much: go test -cover ./internal/live
func TestWebSocketCodeIsCovered(t *testing.T) {
	const least = 80.0
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-cover", "example.com/chat/internal/live").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := regexp.MustCompile(`coverage: ([0-9.]+)% of statements`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("the coverage is not told:\n%s", out)
	}
	if got, err := strconv.ParseFloat(string(found[1]), 64); err != nil {
		t.Fatal(err)
	} else if got < least {
		t.Errorf("the unit tests cover %s %% of internal/live, want %.0f %% or more", found[1], least)
	}
}
