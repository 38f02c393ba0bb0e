// Package categories knows what tests there are: it joins what the tools discover with runner.yaml into a Catalog,
// and selects from it. It starts no process and knows nothing of jobs, reports or the terminal.
package categories

import (
	"time"

	"testrunner/env"
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

	Compose      []string          // the project's own compose files, relative to the root or absolute; none: it has none
	ComposeWhy   string            // where runner.yaml names them; "" is nowhere
	AsWritten    bool              // services are published on the ports that the compose file names
	Services     []env.Service     // what runner.yaml says of services, sorted by name
	Environments []env.Environment // runner.yaml's and the built-in ones, sorted by name; addresses as written
	Default      string            // the environment of a run that names none; "" is auto
	AllowHosts   []string          // sorted
	Preflight    Preflight

	tree tool.Tree // what was looked at, for questions about paths
	cfg  *configuration
}

// Preflight are the thresholds that runner.yaml sets. A zero value is the check's own default.
type Preflight struct {
	FreeMemory, FreeDisk    uint64  // bytes
	Load                    float64 // percent
	Answer, Info, ClockSkew time.Duration
	TLSDays                 int
}

// Category is a named set of tests.
type Category struct {
	Name      string
	Critical  bool   // its absence is accepted only by --allow-not-run with its name
	Exclusive bool   // its jobs run alone
	Timeout   string // a Go duration, "" is none
	Why       string // "built in", "runner.yaml:4:3", "built in, runner.yaml:4:3"
	Need      Need
	Suites    []Suite
}

// Need is what tests need of their environment.
type Need struct {
	Services []string     // as runner.yaml names them; none: nothing
	Stubs    []string     // of which a stub will do
	Modes    []event.Mode // none: env.DefaultModes
	Assumed  bool         // there is no configuration: every service of the compose file that has no profile
	Why      string       // "runner.yaml:4:18", "assumed from compose.yaml"; "" is nobody
}

// Any says whether anything may be needed.
func (n Need) Any() bool { return n.Assumed || len(n.Services) > 0 }

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
	Need      Need
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
