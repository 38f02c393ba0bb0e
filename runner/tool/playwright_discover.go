package tool

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Discover finds what the packages' test scripts run with playwright, and configuration files of playwright that no script
// names, wherever they lie. Which files are tests is read from the configuration as far as it stands there in plain words.
func (Playwright) Discover(tree Tree) []Project {
	used := map[string]bool{} // configuration files
	find := func(d *jsDiscovery, u jsUse, p *Project) []string { return playwrightFind(d, u, p, used) }
	out := jsDiscover(tree, "playwright", playwrightConfigs(), find)
	d := &jsDiscovery{tree: tree, tool: "playwright", byFolder: jsByFolder(jsPackages(tree)), claimed: map[string]bool{}}
	for _, p := range out {
		for _, file := range p.Files {
			d.claimed[file.Path] = true
		}
	}
	for _, file := range tree.Files {
		if !slices.Contains(playwrightConfigs(), path.Base(file)) || used[file] || strings.Contains("/"+file, "/fixtures/") {
			continue
		}
		p := Project{Tool: "playwright", Dir: path.Dir(file), Why: file}
		use := jsUse{Dir: p.Dir}
		if near := jsNearest(d.byFolder, file); near != nil && near.Dir != p.Dir { // as people type it: --config=e2e/playwright.config.ts
			p.Dir, use.Dir = near.Dir, near.Dir
			use.Args = []jsWord{{Text: "--config=" + strings.TrimPrefix(file, near.Dir+"/")}}
		}
		for _, test := range find(d, use, &p) {
			d.claimed[test] = true
			p.Files = append(p.Files, nodeFileOf(test, "", ""))
		}
		if len(p.Files)+len(p.Findings) > 0 {
			out = append(out, p)
		}
	}
	for _, p := range out {
		for i, file := range p.Files {
			if file.Why == nothingMatches {
				p.Files[i].Category, p.Files[i].Why = e2eCategory, "playwright: e2e"
			}
		}
	}
	return out
}

// playwrightConfigs are the names of a configuration file, in the order in which playwright looks for them.
func playwrightConfigs() []string {
	var out []string
	for _, ext := range []string{".ts", ".js", ".mts", ".mjs", ".cts", ".cjs"} {
		out = append(out, "playwright.config"+ext)
	}
	return out
}

func playwrightFind(d *jsDiscovery, u jsUse, p *Project, used map[string]bool) []string {
	words := jsTexts(u.Args)
	if len(words) > 0 && words[0] == "test" {
		words = words[1:]
	}
	o := playwrightReadOptions(words)
	if slices.ContainsFunc(o.names, func(name string) bool { return playwrightRefused(name) != "" }) {
		return nil // a script that lists, shows or debugs
	}
	p.Args = o.Args
	if len(o.Filters) > 0 {
		p.Args = append(slices.Concat(o.Args, o.Filters), mochaOwn)
	}
	config := path.Join(u.Dir, o.Config)
	if !d.has(config) {
		config = d.config(config, playwrightConfigs())
	}
	used[config] = config != ""
	s := &playwrightSearch{d: d, config: config, project: p, options: o, dir: u.Dir}
	if config != "" {
		s.dir = path.Dir(config)
	}
	p.Workers = o.Workers
	all := s.files()
	files := slices.DeleteFunc(slices.Clone(all), func(file string) bool { return d.claimed[file] })
	if len(all) > 0 && len(files) == 0 && len(o.Projects) > 0 {
		p.Findings = append(p.Findings, event.Finding{
			ID: "tool.playwright.project", Status: event.Warn, Value: strings.Join(o.Projects, ", "),
			Detail: fmt.Sprintf("%s: its files belong to another script already, so --project=%s is not run: a script without --project runs all of them", u.Why, strings.Join(o.Projects, ",")),
		})
	}
	return files
}

// playwrightSearch looks for the files of a configuration.
type playwrightSearch struct {
	d       *jsDiscovery
	config  string // "" is none
	dir     string // where it lies, or the working directory
	project *Project
	options playwrightOptions
}

// playwrightPatterns say which files below a folder are tests.
type playwrightPatterns struct {
	dir           string
	match, ignore any // as written: a string, a jsRegex, a list of both; nil is none
}

// files lists those of the configuration, sorted. Without a configuration a file has to import playwright, as the default
// patterns are those of other tools, too.
func (s *playwrightSearch) files() []string {
	found := map[string]bool{}
	for _, p := range s.patterns() {
		for _, file := range s.d.tree.Files {
			if nodeExtension(file) == "" || p.dir != "." && !strings.HasPrefix(file, p.dir+"/") {
				continue
			}
			if s.matches(p.match, file) && !s.matches(p.ignore, file) && s.asked(file) && (s.config != "" || playwrightImports(s.d, file)) {
				found[file] = true
			}
		}
	}
	return sortedKeys(found)
}

// playwrightImport is an import or require of playwright's test module.
var playwrightImport = regexp.MustCompile("['\"`](?:@playwright/test|playwright/test)['\"`]")

func playwrightImports(d *jsDiscovery, file string) bool {
	return playwrightImport.Match((&nodeDiscovery{tree: d.tree}).headOf(file))
}

// asked says whether the script's own filters take a file; they ignore case.
func (s *playwrightSearch) asked(file string) bool {
	if len(s.options.Filters) == 0 {
		return true
	}
	return slices.ContainsFunc(s.options.Filters, func(filter string) bool {
		if m := playwrightPlace.FindStringSubmatch(filter); m != nil {
			filter = m[1]
		}
		re, err := regexp.Compile("(?i)" + filter)
		return err != nil || re.MatchString("/"+file)
	})
}

// playwrightPlace is a filter with a line: tests/a.spec.ts:10.
var playwrightPlace = regexp.MustCompile(`^(.*?):\d+(?::\d+)?$`)

// patterns reads the configuration: its own, or those of each of its projects, which take over what they don't say.
func (s *playwrightSearch) patterns() []playwrightPatterns {
	usual := playwrightPatterns{dir: s.dir, match: "**/*.@(spec|test).?(c|m)[jt]s?(x)"}
	if s.config == "" {
		return []playwrightPatterns{usual}
	}
	objects := jsConfigObjects(s.d.tree.FS, s.config)
	top := map[string]any{}
	for _, object := range objects { // export default config: the object that says where the tests lie
		if len(objects) == 1 || object["testDir"] != nil || object["projects"] != nil || object["testMatch"] != nil || object["use"] != nil {
			top = object
		}
	}
	text, err := fs.ReadFile(s.d.tree.FS, s.config)
	switch elsewhere := top["..."] != nil && top["testDir"] == nil && top["projects"] == nil; {
	case err != nil, elsewhere, len(top) == 0 && !jsExported.Match(text): // an object without a value is one, too
		s.unknown("options")
	}
	s.workers(top)
	base := s.read(top, usual)
	list, ok := top["projects"].([]any)
	if !ok {
		if top["projects"] != nil {
			s.unknown("projects")
		}
		return []playwrightPatterns{base}
	}
	var out []playwrightPatterns
	for _, one := range list {
		if object, ok := one.(map[string]any); ok {
			out = append(out, s.read(object, base))
		} else {
			s.unknown("projects")
			out = append(out, base)
		}
	}
	return out
}

func (s *playwrightSearch) workers(top map[string]any) {
	if s.project.Workers != 0 {
		return
	}
	if n, ok := top["workers"].(float64); ok {
		s.project.Workers = int(n)
	} else if top["fullyParallel"] == true {
		s.project.Workers = -1
	}
}

// read is what an object of the configuration says, over what holds without it.
func (s *playwrightSearch) read(object map[string]any, p playwrightPatterns) playwrightPatterns {
	switch dir := object["testDir"].(type) {
	case nil:
	case string:
		p.dir = path.Join(path.Dir(s.config), dir)
	default:
		s.unknown("testDir")
	}
	if value, ok := object["testMatch"]; ok && s.known(value, "testMatch") {
		p.match = value
	}
	if value, ok := object["testIgnore"]; ok && s.known(value, "testIgnore") {
		p.ignore = value
	}
	return p
}

// known says whether a pattern is one that can be read here; Go's expressions lack a few of JavaScript's parts.
func (s *playwrightSearch) known(value any, what string) bool {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, one := range list {
		switch v := one.(type) {
		case string:
		case jsRegex:
			if _, err := regexp.Compile(string(v)); err != nil {
				s.unknown(what)
				return false
			}
		default:
			s.unknown(what)
			return false
		}
	}
	return true
}

func (s *playwrightSearch) unknown(what string) {
	f := s.d.unreadable(s.config, what)
	if !slices.Contains(s.project.Findings, f) {
		s.project.Findings = append(s.project.Findings, f)
	}
}

// matches says whether one of the patterns takes a file: expressions are searched in the absolute path, globs match its end,
// without regard to case.
func (s *playwrightSearch) matches(patterns any, file string) bool {
	switch v := patterns.(type) {
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return s.matches(one, file) })
	case jsRegex:
		re, err := regexp.Compile(string(v))
		return err == nil && re.MatchString("/"+file)
	case string:
		return jsMatch("**/"+strings.ToLower(strings.TrimPrefix(v, "**/")), strings.ToLower(file))
	default:
		return false
	}
}
