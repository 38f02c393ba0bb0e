//go:build integration

package mixed

import "testing"

func TestDeep(t *testing.T) { t.Error("truly") }
