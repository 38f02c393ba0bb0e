package categories

import (
	"fmt"
	"io"
	"strings"

	"testrunner/env"
	"testrunner/report/event"
)

// Listing is what "runner list" shows, and what "runner list --json" writes: a field may be added, none changes its name.
type Listing struct {
	Root       string           `json:"root"`
	Config     string           `json:"config"` // relative to the root, "" is none
	Categories []ListedCategory `json:"categories"`
	Groups     []ListedGroup    `json:"groups"`
	Findings   []event.Finding  `json:"findings"`
}

// ListedCategory is a category, empty ones too.
type ListedCategory struct {
	Name      string        `json:"name"`
	Why       string        `json:"why"`
	Critical  bool          `json:"critical"`
	Exclusive bool          `json:"exclusive"`
	Timeout   string        `json:"timeout"`
	Files     int           `json:"files"` // at home here; files with marked tests alone are not counted
	Suites    []ListedSuite `json:"suites"`
}

// ListedSuite is a suite of a category.
type ListedSuite struct {
	Name      string       `json:"name"`
	Tool      string       `json:"tool"`
	Dir       string       `json:"dir"` // working directory, relative to the root
	Why       string       `json:"why"`
	Exclusive bool         `json:"exclusive"`
	Timeout   string       `json:"timeout"`
	Tags      []string     `json:"tags"`
	Args      []string     `json:"args"`
	Command   []string     `json:"command"`
	Reports   []string     `json:"reports"`
	Cases     []string     `json:"cases"`   // of a WebSocket's contract
	Needs     []string     `json:"needs"`   // services
	Assumed   bool         `json:"assumed"` // every service of the compose file without a profile, for want of a configuration
	Stubs     []string     `json:"stubs"`
	Modes     []event.Mode `json:"modes"`
	Writes    bool         `json:"writes"` // not run in staging, unless the environment allows it
	Files     []ListedFile `json:"files"`

	need    Need
	address string // of a contract
}

// ListedFile is a test file of a suite.
type ListedFile struct {
	Path string `json:"path"`
	Home string `json:"home"` // its category; another one than the suite's where single tests are marked
	Why  string `json:"why"`
}

// ListedGroup is a group.
type ListedGroup struct {
	Name       string   `json:"name"`
	Categories []string `json:"categories"`
	Why        string   `json:"why"`
}

// List shows the whole catalog, or the named categories and groups of it. An unknown name is a *UsageError.
func List(c *Catalog, names []string) (Listing, error) {
	l := Listing{Root: c.Root, Config: c.Config, Categories: []ListedCategory{}, Groups: []ListedGroup{}, Findings: []event.Finding{}}
	wanted, err := c.Names(names)
	if err != nil {
		return l, err
	}
	for _, each := range c.Categories {
		for _, w := range wanted {
			if w == each.Name {
				l.Categories = append(l.Categories, listCategory(each))
			}
		}
		if len(names) == 0 {
			l.Categories = append(l.Categories, listCategory(each))
		}
	}
	for _, g := range c.Groups {
		l.Groups = append(l.Groups, ListedGroup(g))
	}
	l.Findings = append(l.Findings, c.Findings...)
	return l, nil
}

func listCategory(each Category) ListedCategory {
	out := ListedCategory{
		Name: each.Name, Why: each.Why, Critical: each.Critical, Exclusive: each.Exclusive, Timeout: each.Timeout,
		Files: each.homeFiles(), Suites: []ListedSuite{},
	}
	for _, s := range each.Suites {
		listed := ListedSuite{
			Name: s.Name, Tool: s.Tool, Dir: s.Target.Dir, Why: s.Why, Exclusive: s.Exclusive, Timeout: s.Timeout,
			Tags: none(s.Target.Tags), Args: none(s.Target.Args), Command: none(s.Target.Argv), Reports: none(s.Target.Reports),
			Needs: none(s.Need.Services), Assumed: s.Need.Assumed, Stubs: none(s.Need.Stubs), Modes: s.Need.Modes, Writes: s.Writes != "",
			Files: []ListedFile{}, need: s.Need,
		}
		listed.Cases = []string{}
		if c := s.Target.Contract; c != nil {
			listed.Cases, listed.address = c.Cases(), c.URL
		}
		if len(listed.Modes) == 0 {
			listed.Modes = env.DefaultModes()
		}
		for _, f := range s.Files {
			listed.Files = append(listed.Files, ListedFile{Path: f.Path, Home: f.Category, Why: whyIn(f, each.Name)})
		}
		out.Suites = append(out.Suites, listed)
	}
	return out
}

// none makes an absent list an empty one, so that JSON always has a list there.
func none(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// listWidth is the width of the table, in columns.
const listWidth = 80

// Print writes the table: each category with its suites, and for each suite the reasons with a sample of the files.
func (l Listing) Print(w io.Writer) error {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(fit(fmt.Sprintf(format, args...), listWidth) + "\n") }
	for _, each := range l.Categories {
		line("%s%s", each.Name, brackets(each))
		if len(each.Suites) == 0 {
			line("  no tests")
		}
		for _, s := range each.Suites {
			printSuite(line, each, s)
		}
	}
	for _, g := range l.Groups {
		line("group %s = %s", g.Name, strings.Join(g.Categories, ", "))
	}
	for _, f := range l.Findings {
		if f.Status == event.OK {
			continue
		}
		for i, part := range wrapped(fmt.Sprintf("%s: %s", f.Status, oneLine(f.Detail)), listWidth-2) {
			line("%s", strings.Repeat(" ", min(i, 1)*2)+part)
		}
		if f.Remedy != "" {
			b.WriteString("  try: " + f.Remedy + "\n") // never cut: it is to be typed
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func brackets(each ListedCategory) string {
	words := []string{counted(each.Files, "file")}
	if each.Critical {
		words = append(words, "critical")
	}
	if each.Exclusive {
		words = append(words, "exclusive")
	}
	if each.Timeout != "" {
		words = append(words, "timeout "+each.Timeout)
	}
	return " (" + strings.Join(words, ", ") + ")"
}

func printNeed(line func(string, ...any), s ListedSuite) {
	if s.need.Any() {
		line("      %s", s.need)
	}
	if s.Writes {
		line("      %s", strings.TrimPrefix(writing("here"), "; "))
	}
}

func printSuite(line func(string, ...any), each ListedCategory, s ListedSuite) {
	if len(s.Command) > 0 {
		line("  %-24s %6s  %s", s.Name, "", s.Why)
		line("      %s", event.ShellJoin(s.Command))
		printNeed(line, s)
		return
	}
	if len(s.Cases) > 0 {
		line("  %-24s %6s  %s", s.Name, "", s.Why)
		line("      %s of %s", counted(len(s.Cases), "case"), s.address)
		printNeed(line, s)
		return
	}
	line("  %-24s %6d  %s", s.Name, len(s.Files), s.Why)
	printNeed(line, s)
	var order []string
	count, sample := map[string]int{}, map[string]string{}
	for _, f := range s.Files {
		if count[f.Why] == 0 {
			order = append(order, f.Why)
			sample[f.Why] = f.Path
		}
		count[f.Why]++
	}
	const most = 4
	for i, why := range order {
		if i == most && len(order) > most+1 {
			line("      … and %d more reasons: runner explain %s", len(order)-most, each.Name)
			return
		}
		line("      %d × %s: %s", count[why], why, sample[why])
	}
}
