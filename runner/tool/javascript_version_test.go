package tool_test

import (
	"cmp"
	"strings"
	"testing"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// A tool whose version the hook does not know may have run all its tests and told none: that is said, with the version, and
// never that it ran nothing.
func TestUnknownVersionIsNamed(t *testing.T) {
	hook := func(adapter tool.Tool, version string) string {
		return `{"p":7,"k":"hook","run":"unit/x:.#1","tool":"` + adapter.Name() + `","version":"` + version + `","node":"20.0.0"}`
	}
	const patched = `{"p":7,"k":"patched"}`
	for _, c := range []struct {
		name    string
		adapter tool.Tool
		version string
		lines   []string
		exit    tool.Exit
		cause   event.Cause
		want    string
	}{
		{"silent and green", tool.Mocha{}, "12.0.0", []string{patched}, tool.Exit{}, event.Vanished,
			"mocha 12.0.0 ended with status 0 and told nothing of a run: it ran nothing, or runner does not know this version (it knows mocha 10 and 11)"},
		{"silent and red", tool.Mocha{}, "12.0.0", []string{patched}, tool.Exit{Code: 1, Stderr: "Error: nobody heard it\n"}, event.BadUsage,
			"mocha 12.0.0 ended with status 1 and told nothing of a run: runner does not know this version (it knows mocha 10 and 11): Error: nobody heard it"},
		{"silent, with a report", tool.Vitest{}, "5.0.0", []string{patched}, tool.Exit{Code: 1}, event.Done,
			"vitest 5.0.0 told nothing of its run: runner does not know this version (it knows vitest 3 and 4). It runs once more, with its JSON report"},
		{"out of reach, with a report", tool.Jest{}, "31.0.0", nil, tool.Exit{}, event.Done,
			"jest 31.0.0 told nothing of its run: runner does not know this version (it knows jest 27 to 30). It runs once more, with its JSON report"},
		{"out of reach", tool.Mocha{}, "12.0.0", nil, tool.Exit{}, event.Vanished,
			"mocha 12.0.0 ended with status 0 and its events could not be reached: runner does not know this version (it knows mocha 10 and 11)"},
		{"out of reach and red", tool.Mocha{}, "9.2.2", nil, tool.Exit{Code: 3}, event.BadUsage,
			"mocha 9.2.2 ended with status 3 and told nothing of a run: runner does not know this version (it knows mocha 10 and 11)"},
		{"of a known one its own words", tool.Jest{}, "30.5.2", []string{patched}, tool.Exit{Code: 1, Stderr: "Error: not so\n"}, event.BadUsage, "Error: not so"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := tool.Target{Root: t.TempDir(), Dir: ".", Job: "unit/x:.", Files: []string{"a.test.js"}, Attempt: 1}
			noted := ""
			d := c.adapter.Decode(target, func(b event.Body) {
				if n, ok := b.(event.Noted); ok {
					noted = n.Text
				}
			})
			for _, line := range append([]string{hook(c.adapter, c.version)}, c.lines...) {
				d.Line([]byte(line))
			}
			got := d.End(c.exit)
			if said := cmp.Or(got.Problem, noted); got.Cause != c.cause || !strings.HasPrefix(said, c.want) || (got.Again != nil) != (c.cause == event.Done) {
				t.Errorf("got  %s: %s\nwant %s: %s", got.Cause, said, c.cause, c.want)
			}
		})
	}
}
