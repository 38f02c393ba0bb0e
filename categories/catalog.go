// Package categories knows what tests there are: it joins what the tools discover with runner.yaml into a Catalog,
// and selects from it. It starts no process and knows nothing of jobs, reports or the terminal.
package categories

import (
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// The built-in categories, in the order in which they run. They always exist as names.
const (
	Unit            = "unit"
	Integration     = "integration"
	E2E             = "e2e"
	MissionCritical = "mission-critical"
)

// Catalog is every category of a repository, and why each test is where it is.
type Catalog struct {
	Root       string
	Config     string     // path of runner.yaml, relative to the root; "" is zero configuration
	Categories []Category // in running order
	Ordered    bool       // runner.yaml fixes the running order
	Groups     []Group    // sorted by name, the built-in one first
	Tools      []string   // the adapters that were asked, in their order
	Findings   []event.Finding

	tree tool.Tree // what was looked at, for questions about paths
}

// Category is a named set of tests.
type Category struct {
	Name      string
	Critical  bool   // its absence is accepted only by --allow-not-run with its name
	Exclusive bool   // its jobs run alone
	Timeout   string // a Go duration, "" is none
	Why       string // "built in", "runner.yaml:4:3", "built in, runner.yaml:4:3"
	Suites    []Suite
}

// Group is a name for several categories.
type Group struct {
	Name       string
	Categories []string
	Why        string // "built in", "runner.yaml:9:3"
}

// Suite is one tool's part of a category.
type Suite struct {
	Name      string // unique in its category: "go", "pytest", "node:packages/web", "go:. (tags integration)"
	Exclusive bool
	Split     bool // its files run in several processes
	Timeout   string
	Target    tool.Target // without the plan's part: Job, Program, Share, Cores, Scratch, Cache, Attempt
	Tool      string
	Files     []tool.File // with the reasons; a file whose Category is another one is here for the marks in it alone
	Why       string
}

// Selection is what a command line selects from a catalog.
type Selection struct {
	Categories []Category // only those selected, with the suites and files that are left, in running order; Target is narrowed
	Notes      []string   // what a person should be told: "only what lies below services/api (…)"
	Named      bool       // categories, paths or tests were named
}

// category finds a category by its canonical name.
func (c *Catalog) category(name string) (Category, bool) {
	for _, each := range c.Categories {
		if each.Name == name {
			return each, true
		}
	}
	return Category{}, false
}

// homeFiles counts the category's files that are at home in it.
func (c Category) homeFiles() int {
	n := 0
	for _, s := range c.Suites {
		for _, f := range s.Files {
			if f.Category == c.Name {
				n++
			}
		}
	}
	return n
}
