package tool

import (
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"testrunner/report/event"
)

// pytestLine is one line of the plugin: hooks/pytest/runner_pytest_hook_tell.py writes them.
type pytestLine struct {
	Kind string `json:"k"`

	Token   string `json:"token"` // hook
	Root    string `json:"root"`  // start; both absolute, links resolved
	Rootdir string `json:"rootdir"`

	Tests []pytestPlanned `json:"tests"` // plan
	Count int             `json:"n"`     // deselected
	IDs   []string        `json:"ids"`   // missing

	ID      string  `json:"id"`
	At      int     `json:"l"` // s: the line
	When    string  `json:"w"` // r: setup, call, teardown, or "???" where xdist lost a worker
	Outcome string  `json:"o"`
	Xfail   *string `json:"xfail"` // r: the test is marked to fail, and why
	Reason  string  `json:"reason"`
	Message string  `json:"msg"`
	Text    string  `json:"text"`
	Output  string  `json:"out"`
	Micros  int64   `json:"us"` // f
	Called  int     `json:"c"`  // f: 1 where the call itself passed

	Path   string `json:"path"` // collect, conftest, collecting: absolute
	Line   int    `json:"line"`
	Column int    `json:"col"`
	Type   string `json:"type"` // interrupt

	Status int    `json:"status"` // end
	Stop   string `json:"stop"`
}

// pytestPlanned is one test of the plan: [node id, line].
type pytestPlanned struct {
	ID   string
	Line int
}

func (p *pytestPlanned) UnmarshalJSON(text []byte) error {
	pair := []any{&p.ID, &p.Line}
	if err := json.Unmarshal(text, &pair); err != nil {
		return fmt.Errorf("read a test of pytest's plan: %w", err)
	}
	return nil
}

// pytestNames turns pytest's names into runner's: pytest counts paths from its rootdir, runner from the root.
type pytestNames struct {
	root, rootdir string // absolute, forward slashes
}

// relative makes a path of pytest relative to the root. What lies outside keeps its "../".
func (n pytestNames) relative(name string) string {
	name = filepath.ToSlash(name)
	if !path.IsAbs(name) && filepath.VolumeName(name) == "" {
		if n.rootdir == n.root {
			return name
		}
		name = path.Join(n.rootdir, name)
	}
	if name == n.root {
		return "."
	}
	if below, ok := strings.CutPrefix(name, strings.TrimSuffix(n.root, "/")+"/"); ok {
		return below
	}
	if rel, err := filepath.Rel(filepath.FromSlash(n.root), filepath.FromSlash(name)); err == nil && n.root != "" {
		return filepath.ToSlash(rel)
	}
	return name
}

// test names a test of pytest. The ordinal is 1 for the first of its name.
func (n pytestNames) test(nodeid string, line, ordinal int) event.Test {
	file, rest, _ := strings.Cut(nodeid, "::")
	file = n.relative(file)
	if rest == "" {
		// A collector in place of a test: a module that is skipped as a whole.
		return event.Test{ID: file, Name: path.Base(file), Class: pytestModule(file), Line: line}
	}
	t := event.Test{ID: event.TestID(file, rest), Class: pytestModule(file), Line: line}
	// Classes stand before the name; a parameter may hold "::" too.
	head, params, parametrised := strings.Cut(rest, "[")
	if i := strings.LastIndex(head, "::"); i >= 0 {
		t.Class += "." + strings.ReplaceAll(head[:i], "::", ".")
		t.Name = head[i+2:]
		if parametrised {
			t.Name += "[" + params
		}
	} else if event.EscapeName(rest) != rest {
		t.Name = rest
	}
	if ordinal > 1 {
		if t.Name == "" {
			t.Name = rest
		}
		t.ID += fmt.Sprintf(" [%d]", ordinal)
	}
	return t
}

// pytestModule is the dotted name of a file, as pytest's own JUnit report has it.
func pytestModule(file string) string {
	return strings.ReplaceAll(strings.TrimSuffix(file, ".py"), "/", ".")
}

var (
	pytestTypeName  = regexp.MustCompile(`^([A-Za-z_][\w.]*)(?::|$)`)
	pytestSkipWords = regexp.MustCompile(`^Skipped(?:: |$)`)
)

// pytestType is the type of the exception that a message begins with. pytest leaves AssertionError out of its own.
func pytestType(message string) string {
	if m := pytestTypeName.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	if strings.HasPrefix(message, "assert ") {
		return "AssertionError"
	}
	return ""
}

func pytestSkipReason(reason string) string {
	return event.FirstLine(pytestSkipWords.ReplaceAllString(reason, ""))
}
