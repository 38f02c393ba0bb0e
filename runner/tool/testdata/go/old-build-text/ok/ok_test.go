package ok

import "testing"

func TestHealthy(t *testing.T) {}
