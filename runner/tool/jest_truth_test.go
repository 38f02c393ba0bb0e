package tool_test

import (
	"testing"

	"testrunner/runner/tool"
)

// TestJestTruth runs each situation with the real jest 30.
func TestJestTruth(t *testing.T) { jsTruth(t, tool.Jest{}, nil) }

// TestJestOlder runs each situation with jest 29.
func TestJestOlder(t *testing.T) {
	jsTruth(t, tool.Jest{}, func(_ string, want *jsExpect) { want.Modules = "older" })
}

// TestJestReplay decodes what was recorded; no jest is needed.
func TestJestReplay(t *testing.T) { jsReplayed(t, tool.Jest{}) }

// TestJestMutants shows that the table turns red when a guard of the decoder is off.
func TestJestMutants(t *testing.T) { jsMutants(t, tool.Jest{}) }

// TestJestTornStream cuts every recording short: a run whose stream has no end is never well.
func TestJestTornStream(t *testing.T) { jsTornStream(t, tool.Jest{}) }
