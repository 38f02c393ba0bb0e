package tool_test

import (
	"testing"

	"testrunner/runner/tool"
)

// TestPlaywrightTruth runs each situation with the real playwright.
func TestPlaywrightTruth(t *testing.T) { jsTruth(t, tool.Playwright{}, nil) }

// TestPlaywrightReplay decodes what was recorded; no playwright is needed.
func TestPlaywrightReplay(t *testing.T) { jsReplayed(t, tool.Playwright{}) }

func TestPlaywrightMutants(t *testing.T) { jsMutants(t, tool.Playwright{}) }

func TestPlaywrightTornStream(t *testing.T) { jsTornStream(t, tool.Playwright{}) }
