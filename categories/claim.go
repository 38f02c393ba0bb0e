package categories

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// member is one test file of a project, with the place that it got.
type member struct {
	file tool.File
	base string // the suite of runner.yaml that claims it; "" is the discovered one
}

// project is a discovered project whose files have got their places.
type project struct {
	tool.Project
	members []member
	cut     bool // the configuration ignores some of it
}

// placing sends every test file to its category and suite. What the configuration says comes before the conventions: a
// suite, then a category's paths, then what the tool's adapter found.
type placing struct {
	*configuration
	tree     tool.Tree
	projects []project
	suiteAZ  []string                   // the configuration's suites, sorted
	claimAZ  []string                   // its categories that have paths, sorted
	own      map[string]map[string]bool // tool -> the folders that are projects
	findings []event.Finding
	used     map[string]bool // suites and patterns that hold something, by key
	told     map[string]bool // conflicts that were told: one a pair, not one a file
}

func newPlacing(cfg *configuration, tree tool.Tree, found []tool.Project) *placing {
	p := &placing{configuration: cfg, tree: tree, own: map[string]map[string]bool{}, used: map[string]bool{}, told: map[string]bool{}}
	p.suiteAZ = sorted(cfg.Suites)
	for _, name := range sorted(cfg.Categories) {
		if len(cfg.Categories[name].Paths) > 0 {
			p.claimAZ = append(p.claimAZ, name)
		}
	}
	p.heedTree()
	p.projects = p.heeded(found)
	for _, f := range p.projects {
		if p.own[f.Tool] == nil {
			p.own[f.Tool] = map[string]bool{}
		}
		p.own[f.Tool][f.Dir] = true
	}
	return p
}

// place sends every file of every project to its category and suite.
func (p *placing) place() {
	p.addTagged()
	for i := range p.projects {
		pr := &p.projects[i]
		pr.members = make([]member, 0, len(pr.Files))
		for _, f := range pr.Files {
			pr.members = append(pr.members, p.home(pr, f))
		}
	}
	p.applyMarkers()
	p.tellUnused()
}

// home finds the place of one file.
func (p *placing) home(pr *project, f tool.File) member {
	m := member{file: f}
	if len(p.suiteAZ) == 0 && len(p.claimAZ) == 0 {
		return m
	}
	m.base = p.claimant(pr, f)
	s := p.Suites[m.base]
	switch {
	case m.base != "" && s.Category != "":
		m.file.Category, _ = p.categoryNamed(s.Category)
		m.file.Why = fmt.Sprintf("%s, suite %s", p.where(at("suites", m.base)), m.base)
		if len(s.Tags) > 0 {
			m.file.Why = "build tags " + strings.Join(s.Tags, ",") + " (" + m.file.Why + ")"
			m.file.Tags = s.Tags
		}
	default:
		p.claimByPaths(&m.file)
	}
	return m
}

// claimByPaths moves a file to the category whose paths match it. Two such categories contradict each other: nobody can
// guess which of two patterns was meant to be the narrower one.
func (p *placing) claimByPaths(f *tool.File) {
	first := ""
	for _, name := range p.claimAZ {
		c := p.Categories[name]
		key := at("categories", name, "paths")
		hit := p.matched(key, c.Paths, f.Path)
		if hit < 0 {
			continue
		}
		if first != "" {
			p.conflict(key, at("categories", first, "paths"), "the categories "+first+" and "+name, f.Path)
			continue
		}
		first = name
		f.Category, _ = p.categoryNamed(name)
		f.Why = fmt.Sprintf("%s, paths %s of %s", p.where(key+"\x1f"+strconv.Itoa(hit)), c.Paths[hit], f.Category)
	}
}

func (p *placing) conflict(key, other, who, file string) {
	if p.told[who] {
		return
	}
	p.told[who] = true
	p.fault(key, "%s both claim %s (the other one: %s); one test has one place, so narrow one of them, such as with a ! pattern", who, file, p.where(other))
}

// claim is how strongly a suite claims a file.
type claim struct {
	suite    string
	explicit bool // by paths or tags
	tags     int  // fewer tags are nearer to what the file needs
	depth    int  // of dir
}

func (c claim) beats(o claim) bool {
	switch {
	case c.explicit != o.explicit:
		return c.explicit
	case c.tags > 0 && o.tags > 0 && c.tags != o.tags:
		return c.tags < o.tags
	case c.explicit:
		return false
	}
	return c.depth > o.depth
}

// claimant is the suite of runner.yaml that holds the file, "" if none does.
func (p *placing) claimant(pr *project, f tool.File) string {
	var claims []claim
	for _, name := range p.suiteAZ {
		s := p.Suites[name]
		if s.Tool == pr.Tool && len(s.Markers) == 0 && p.claims(name, s, pr, f) {
			claims = append(claims, claim{name, len(s.Paths)+len(s.Tags) > 0, len(s.Tags), depth(s.Dir)})
		}
	}
	if len(claims) == 0 {
		return ""
	}
	best := claims[0]
	for _, c := range claims[1:] {
		if c.beats(best) {
			best = c
		}
	}
	for _, c := range claims {
		if c.suite != best.suite && !best.beats(c) {
			p.conflict(at("suites", max(c.suite, best.suite)), at("suites", min(c.suite, best.suite)),
				"the suites "+min(c.suite, best.suite)+" and "+max(c.suite, best.suite), f.Path)
		}
	}
	p.used[at("suites", best.suite)] = true
	return best.suite
}

func (p *placing) claims(name string, s SuiteConfig, pr *project, f tool.File) bool {
	if !p.inDir(s, pr, f) {
		return false
	}
	if len(s.Paths) > 0 && p.matched(at("suites", name, "paths"), s.Paths, f.Path) < 0 {
		return false
	}
	return len(s.Tags) == 0 || len(f.Tags) > 0 && takes(p.tree, f.Path, s.Tags)
}

// inDir says whether the suite's folder holds the file. A folder that is a project's own stands for that project and
// those below it, so that a suite for each project leaves each file where it was.
func (p *placing) inDir(s SuiteConfig, pr *project, f tool.File) bool {
	if s.Dir == "" {
		return true
	}
	dir := path.Clean(s.Dir)
	if p.own[pr.Tool][dir] {
		return below(pr.Dir, dir)
	}
	return below(f.Path, dir)
}

// matched returns the index of the first pattern that takes the file, -1 if none does or a "!" pattern takes it away.
func (p *placing) matched(key string, globs []Glob, file string) int {
	hit := -1
	for i, g := range globs {
		negative := strings.HasPrefix(string(g), "!")
		if hit >= 0 && !negative || !matches(strings.TrimPrefix(string(g), "!"), file) {
			continue
		}
		p.used[key+"\x1f"+strconv.Itoa(i)] = true
		if negative {
			return -1
		}
		hit = i
	}
	return hit
}

// matches says whether a pattern takes a path: the path itself, or a folder above it.
func matches(pattern, file string) bool {
	pattern = path.Clean(pattern)
	if !strings.ContainsAny(pattern, "*?[{") {
		return below(file, pattern)
	}
	for at := file; at != "."; at = path.Dir(at) {
		if ok, err := doublestar.Match(pattern, at); ok && err == nil {
			return true
		}
	}
	return false
}

// below says whether a path is the folder itself or lies below it.
func below(file, dir string) bool {
	return dir == "." || file == dir || len(file) > len(dir) && file[len(dir)] == '/' && file[:len(dir)] == dir
}

// depth counts the steps of a folder: none is 0, the root 1.
func depth(dir string) int {
	if dir == "" {
		return 0
	}
	if dir = path.Clean(dir); dir == "." {
		return 1
	}
	return 2 + strings.Count(dir, "/")
}

// tellUnused makes a finding of each suite and pattern that holds nothing: most likely it is misspelt. It is no error,
// since a configuration may be older or younger than the tests.
func (p *placing) tellUnused() {
	for _, name := range p.inOrder("suites", sorted(p.Suites)) {
		s := p.Suites[name]
		if s.Tool != commandTool && s.Tool != contractTool && !p.used[at("suites", name)] {
			p.findings = append(p.findings, event.Finding{
				ID: "config.suite.empty", Status: event.Warn, Value: name,
				Detail: fmt.Sprintf("%s: suite %s holds no test file of %s", p.where(at("suites", name)), name, s.Tool),
			})
			continue
		}
		p.tellUnusedPaths(at("suites", name, "paths"), s.Paths)
	}
	p.tellUnusedPaths(at("ignore"), p.Ignore)
	for _, name := range p.inOrder("categories", sorted(p.Categories)) {
		p.tellUnusedPaths(at("categories", name, "paths"), p.Categories[name].Paths)
	}
}

func (p *placing) tellUnusedPaths(key string, globs []Glob) {
	for i, g := range globs {
		if place := key + "\x1f" + strconv.Itoa(i); !p.used[place] {
			p.findings = append(p.findings, event.Finding{
				ID: "config.paths.unmatched", Status: event.Warn, Value: string(g),
				Detail: fmt.Sprintf("%s: no test file matches %s", p.where(place), g),
			})
		}
	}
	slices.SortStableFunc(p.findings, func(a, b event.Finding) int { return strings.Compare(a.ID, b.ID) })
}
