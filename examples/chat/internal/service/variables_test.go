package service_test

import (
	"testing"
	"time"

	"example.com/chat/internal/service"
)

func TestVariables(t *testing.T) {
	vars := service.Variables(func(name string) string {
		return map[string]string{"SIX": "6", "NONE": "0", "LONG": "90s", "WRONG": "soon"}[name]
	})
	if n, err := vars.Number("SIX", 1); n != 6 || err != nil {
		t.Errorf("SIX: %d, %v", n, err)
	}
	if n, err := vars.Number("UNSET", 7); n != 7 || err != nil {
		t.Errorf("UNSET: %d, %v", n, err)
	}
	for _, name := range []string{"NONE", "WRONG"} {
		if n, err := vars.Number(name, 1); err == nil {
			t.Errorf("%s: %d and no error", name, n)
		}
	}
	if d, err := vars.Duration("LONG", time.Second); d != 90*time.Second || err != nil {
		t.Errorf("LONG: %s, %v", d, err)
	}
	if d, err := vars.Duration("WRONG", time.Second); err == nil {
		t.Errorf("WRONG: %s and no error", d)
	}
}
