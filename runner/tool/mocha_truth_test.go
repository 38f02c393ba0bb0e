package tool_test

import (
	"testing"

	"testrunner/runner/tool"
)

// TestMochaTruth runs each situation with the real mocha.
func TestMochaTruth(t *testing.T) { jsTruth(t, tool.Mocha{}, nil) }

// TestMochaReplay decodes what was recorded; no mocha is needed.
func TestMochaReplay(t *testing.T) { jsReplayed(t, tool.Mocha{}) }

func TestMochaMutants(t *testing.T) { jsMutants(t, tool.Mocha{}) }

func TestMochaTornStream(t *testing.T) { jsTornStream(t, tool.Mocha{}) }
