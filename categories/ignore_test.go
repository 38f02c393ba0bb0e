package categories

import (
	"strings"
	"testing"

	"testrunner/env"
)

// Who names what is ignored is told so, and where its tests can be run.
func TestIgnoredPathSaysSo(t *testing.T) {
	c := mustLoad(t, archive(`
-- go.mod --
module x
-- a_test.go --
package x
-- old/b_test.go --
package old
-- own/runner.yaml --
version: 1
-- own/tests/go.mod --
module own
-- own/tests/c_test.go --
package own
`), "version: 1\nignore: [old, own]\n")
	for word, want := range map[string]string{
		"old/b_test.go":       "runner.yaml:2:10 ignores it",
		"own/tests":           "runner.yaml:2:15 ignores it; it has a configuration of its own: runner -C own",
		"own/tests/c_test.go": "runner.yaml:2:15 ignores it; it has a configuration of its own: runner -C own",
	} {
		if _, err := c.Select(env.Asked{Paths: []string{word}}); err == nil || !strings.HasSuffix(err.Error(), want) && !strings.Contains(err.Error(), want+";") {
			t.Errorf("%s: %v, want %s", word, err, want)
		}
	}
}
