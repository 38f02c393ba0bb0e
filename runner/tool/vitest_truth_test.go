package tool_test

import (
	"testing"

	"testrunner/runner/tool"
)

// TestVitestTruth runs each situation with the real vitest 4.
func TestVitestTruth(t *testing.T) { jsTruth(t, tool.Vitest{}, nil) }

// TestVitestOlder runs each situation with vitest 3.
func TestVitestOlder(t *testing.T) {
	jsTruth(t, tool.Vitest{}, func(_ string, want *jsExpect) { want.Modules = "older" })
}

// TestVitestReplay decodes what was recorded; no vitest is needed.
func TestVitestReplay(t *testing.T) { jsReplayed(t, tool.Vitest{}) }

func TestVitestMutants(t *testing.T) { jsMutants(t, tool.Vitest{}) }

func TestVitestTornStream(t *testing.T) { jsTornStream(t, tool.Vitest{}) }
