package categories

import (
	"slices"
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

// A "!" pattern takes back what an earlier one ignores, also where that is a project's own folder.
func TestIgnoredButKept(t *testing.T) {
	for _, ignore := range []string{`[sub, "!sub/keep/**"]`, `["sub/**", "!sub/keep/**"]`} {
		c := mustLoad(t, archive(`
-- go.mod --
module x
-- a_test.go --
package x
-- sub/go.mod --
module sub
-- sub/gone_test.go --
package sub
-- sub/keep/b_test.go --
package keep
`), "version: 1\nignore: "+ignore+"\n")
		if got := strings.Join(files(c), " "); got != "a_test.go sub/keep/b_test.go" {
			t.Errorf("%s leaves %s", ignore, got)
		}
	}
}

func files(c *Catalog) []string {
	var out []string
	for _, each := range c.Categories {
		for _, s := range each.Suites {
			for _, f := range s.Files {
				out = append(out, f.Path)
			}
		}
	}
	slices.Sort(out)
	return out
}
