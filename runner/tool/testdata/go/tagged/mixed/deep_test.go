//go:build integration

package mixed

import "testing"

func TestDeep(t *testing.T) { t.Run("sub", func(t *testing.T) {}) }
