//go:build integration

package pure

import "testing"

func TestPure(t *testing.T) {}

func TestUnit(t *testing.T) { t.Log("its name stands in mixed too") }
