package event_test

import (
	"testing"

	"testrunner/report/event"
)

// What a shell of the system reads back as it is.
func TestSetVariable(t *testing.T) {
	for value, want := range map[string][2]string{
		"VALUE": {"export A=VALUE", "$env:A = 'VALUE'"},
		"it's":  {`export A='it'\''s'`, "$env:A = 'it''s'"},
		"a’$b":  {"export A='a’$b'", "$env:A = 'a’’$b'"},
	} {
		if unix, windows := event.SetVariable("darwin", "A", value), event.SetVariable("windows", "A", value); unix != want[0] || windows != want[1] {
			t.Errorf("%s: %s, %s", value, unix, windows)
		}
	}
}
