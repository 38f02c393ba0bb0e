package tool_test

import (
	"os"
	"testing"
)

// TestMain takes from the tools what a machine says of itself: under CI vitest refuses test.only, on GitHub it adds a reporter, and a
// developer's own flags would be in every cell. What the tables say must be the same on each machine.
func TestMain(m *testing.M) {
	for _, name := range []string{
		"CI", "GITHUB_ACTIONS", "FORCE_COLOR", "NO_COLOR", "NODE_OPTIONS", "NODE_ENV", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "RUSTFLAGS", "RUST_TEST_THREADS",
		"RUNNER_MODE", "RUNNER_SERVICES", "RUNNER_REAL_SERVICES", // runner runs its own tests
	} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}
