package categories

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"

	"testrunner/runner/tool"
)

// What each tool's suites may say beside paths, args and env. The configuration has these keys in one place for all
// tools, so that a key that would do nothing is a fault and not a surprise.
const (
	tagTool     = "go"     // build tags
	markerTool  = "pytest" // markers
	commandTool = "junit"  // command and reports

	contractTool = "websocket" // websocket
)

// validate checks what the configuration's shape can't say. tools are the adapters' names.
func (c *configuration) validate(tools []string, tree tool.Tree) error {
	if c.places == nil {
		return nil
	}
	if _, ok := c.places["version"]; !ok {
		c.fault("", "the version is missing: begin the file with \"version: 1\"")
	} else if c.Version != 1 {
		c.fault("version", "version %d is unknown: this runner reads version 1", c.Version)
	}
	c.validateCategories()
	c.validateGroups()
	c.validateOrder()
	c.validateGlobs(at("ignore"), c.Ignore)
	for _, name := range sorted(c.Suites) {
		c.validateSuite(name, c.Suites[name], tools, tree)
	}
	c.validateEnvironment(tree)
	return c.failure()
}

func (c *configuration) validateCategories() {
	seen := map[string]string{}
	for _, name := range c.inOrder("categories", sorted(c.Categories)) {
		key := at("categories", name)
		if fault := nameFault(name); fault != "" {
			c.fault(key, "%s", fault)
		}
		if other, ok := seen[folded(name)]; ok {
			c.fault(key, "%q and %q are the same name", other, name)
		}
		if sameName(name, unitIntegration) {
			c.fault(key, "%q is the name of the built-in group of unit and integration", name)
		}
		seen[folded(name)] = name
		c.validateTimeout(at("categories", name, "timeout"), c.Categories[name].Timeout)
		c.validateGlobs(at("categories", name, "paths"), c.Categories[name].Paths)
	}
}

func (c *configuration) validateGroups() {
	seen := map[string]string{folded(unitIntegration): unitIntegration}
	for _, name := range c.inOrder("groups", sorted(c.Groups)) {
		key := at("groups", name)
		if fault := nameFault(name); fault != "" {
			c.fault(key, "%s", fault)
		}
		if other, ok := seen[folded(name)]; ok {
			c.fault(key, "%q is the name of another group: %s", name, other)
		}
		if _, ok := c.categoryNamed(name); ok {
			c.fault(key, "%q is the name of a category", name)
		}
		seen[folded(name)] = name
		c.validateMembers(key, c.Groups[name])
		if len(c.Groups[name]) == 0 {
			c.fault(key, "the group is empty: name its categories")
		}
	}
}

func (c *configuration) validateOrder() { c.validateMembers(at("order"), c.Order) }

// validateMembers checks a list of categories: known, and each once.
func (c *configuration) validateMembers(key string, names []string) {
	seen := map[string]bool{}
	for i, name := range names {
		place := key + "\x1f" + strconv.Itoa(i)
		known, ok := c.categoryNamed(name)
		switch {
		case !ok:
			c.fault(place, "%s", c.unknownCategory(name))
		case seen[known]:
			c.fault(place, "%q stands here twice", name)
		}
		seen[known] = true
	}
}

func (c *configuration) unknownCategory(name string) string {
	return fmt.Sprintf("there is no category %q%s", name, orNearest(name, c.categoryNames()))
}

func (c *configuration) validateSuite(name string, s SuiteConfig, tools []string, tree tool.Tree) {
	key := at("suites", name)
	if name == "" || strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		c.fault(key, "a suite's name must not be empty, begin or end with a blank, or hold control characters")
	}
	c.validateTool(key, s.Tool, tools)
	if _, ok := c.categoryNamed(s.Category); s.Category != "" && !ok {
		c.fault(at("suites", name, "category"), "%s", c.unknownCategory(s.Category))
	}
	c.validateDir(at("suites", name, "dir"), s.Dir, tree)
	c.validateTimeout(at("suites", name, "timeout"), s.Timeout)
	c.validateGlobs(at("suites", name, "paths"), s.Paths)
	c.validateGlobs(at("suites", name, "reports"), s.Reports)
	for _, env := range sorted(s.Env) {
		if env == "" || strings.ContainsAny(env, "=\x00") {
			c.fault(at("suites", name, "env", env), "%q can't be the name of a variable", env)
		}
	}
	c.validateFit(name, s)
}

func (c *configuration) validateTool(key, name string, tools []string) {
	switch {
	case name == "":
		c.fault(key, "the suite names no tool: add \"tool: NAME\", one of %s", strings.Join(tools, ", "))
	case slices.Contains(tools, name):
	case slices.Contains(tool.Planned(), name):
		c.fault(key+"\x1ftool", "the tool %q comes in a later version of runner; until then its suite can be of tool %s, with a command that writes JUnit files", name, commandTool)
	default:
		c.fault(key+"\x1ftool", "there is no tool %q%s", name, orNearest(name, tools))
	}
}

// validateFit checks that every key of a suite can do something with its tool.
func (c *configuration) validateFit(name string, s SuiteConfig) {
	var keys []string
	only := func(key string, given bool, fits bool, why string) {
		if !given {
			return
		}
		keys = append(keys, key)
		if !fits && s.Tool != "" {
			c.fault(at("suites", name, key), "%q does nothing for the tool %s: %s", key, s.Tool, why)
		}
	}
	isCommand := s.Tool == commandTool
	only("tags", len(s.Tags) > 0, s.Tool == tagTool, "build tags are "+tagTool+"'s")
	only("markers", len(s.Markers) > 0, s.Tool == markerTool, "markers are "+markerTool+"'s")
	only("command", len(s.Command) > 0, isCommand, "it is for the tool "+commandTool)
	only("reports", len(s.Reports) > 0, isCommand, "it is for the tool "+commandTool)
	isContract := s.Tool == contractTool
	only("websocket", s.WebSocket != nil, isContract, "it is for the tool "+contractTool)
	only("dir", s.Dir != "", !isContract, "a contract has no files")
	only("split", s.Split != "", slices.Contains(splitTools(), s.Tool), "only "+strings.Join(splitTools(), ", ")+" can run their files in several processes that know nothing of each other; the other tools share their work out themselves")
	if s.Split != "" && s.Split != "files" {
		c.fault(at("suites", name, "split"), "%q is no way to split a suite: write split: files", s.Split)
	}
	only("paths", len(s.Paths) > 0, !isCommand && !isContract, "what it tests stands in the suite itself")
	only("args", len(s.Args) > 0, !isCommand && !isContract, "what it is to do stands in the suite itself")
	for _, key := range keys {
		if slices.Contains([]string{"tags", "markers", "command"}, key) && s.Category == "" {
			c.fault(at("suites", name), "a suite with %s needs a category: add \"category: NAME\"", key)
		}
	}
	if len(s.Markers) > 0 && (len(s.Paths) > 0 || s.Dir != "") {
		c.fault(at("suites", name, "markers"), "markers select tests in every file of the tool: leave out paths and dir")
	}
	if isCommand && (len(s.Command) == 0 || len(s.Reports) == 0) {
		c.fault(at("suites", name), "a suite of tool %s needs a command, and reports: globs of the JUnit files that it writes", commandTool)
	}
	switch {
	case isContract && s.WebSocket == nil:
		c.fault(at("suites", name), "a suite of tool %s needs the key websocket: what is promised, at least its url", contractTool)
	case isContract:
		c.validateContract(at("suites", name, "websocket"), *s.WebSocket)
	}
}

func (c *configuration) validateDir(key, dir string, tree tool.Tree) {
	if dir == "" {
		return
	}
	clean := path.Clean(dir)
	if fault := pathFault(dir); fault != "" {
		c.fault(key, "%q %s", dir, fault)
		return
	}
	if clean != "." && !folderThere(tree, clean) {
		c.fault(key, "there is no folder %q%s", dir, orNearest(clean, folders(tree.Files)))
	}
}

func (c *configuration) validateGlobs(key string, globs []Glob) {
	for i, g := range globs {
		place := key + "\x1f" + strconv.Itoa(i)
		pattern := strings.TrimPrefix(string(g), "!")
		if fault := pathFault(pattern); fault != "" {
			c.fault(place, "%q %s", g, fault)
		} else if !doublestar.ValidatePattern(pattern) {
			c.fault(place, "%q is no valid pattern: brackets and braces must be closed", g)
		}
	}
	if len(globs) > 0 && !slices.ContainsFunc(globs, func(g Glob) bool { return !strings.HasPrefix(string(g), "!") }) {
		c.fault(key, "patterns with ! only take files away: name some to take them from")
	}
}

// pathFault says what is wrong with a path of the configuration; "" is nothing.
func pathFault(p string) string {
	switch {
	case p == "":
		return "is empty"
	case strings.Contains(p, "\\"):
		return "has a backslash: write forward slashes"
	case path.IsAbs(p) || len(p) > 1 && p[1] == ':':
		return "is absolute: write it relative to the root"
	case slices.Contains(strings.Split(p, "/"), ".."):
		return "leads out with \"..\": write it relative to the root"
	}
	return ""
}

func (c *configuration) validateTimeout(key string, d Duration) {
	if d == "" {
		return
	}
	if v, err := time.ParseDuration(string(d)); err != nil || v <= 0 {
		hint := "write it as 90s, 10m or 1h30m"
		if _, err := strconv.Atoi(string(d)); err == nil {
			hint = "write the unit too: " + string(d) + "s"
		}
		c.fault(key, "%q is no duration above zero: %s", d, hint)
	}
}

// categoryNames are the built-in categories and the configuration's own, in their usual order.
func (c *configuration) categoryNames() []string {
	if c.names != nil {
		return c.names
	}
	names := builtIn()
	for _, name := range c.inOrder("categories", sorted(c.Categories)) {
		if !slices.ContainsFunc(names, func(n string) bool { return sameName(n, name) }) {
			names = append(names, name)
		}
	}
	c.names = names
	return names
}

// categoryNamed finds the canonical name of a category.
func (c *configuration) categoryNamed(name string) (string, bool) {
	for _, n := range c.categoryNames() {
		if sameName(n, name) {
			return n, true
		}
	}
	return "", false
}

// inOrder sorts the keys of a mapping as they stand in the file.
func (c *configuration) inOrder(mapping string, names []string) []string {
	slices.SortStableFunc(names, func(a, b string) int {
		x, y := c.spot(at(mapping, a)), c.spot(at(mapping, b))
		if x.line != y.line {
			return x.line - y.line
		}
		return x.column - y.column
	})
	return names
}

// splitTools are the tools whose suites can be split by file.
func splitTools() []string { return []string{"mocha", "node", "pytest"} }
