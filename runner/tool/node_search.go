package tool

import (
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
)

// nodeInvocation is a `node ... --test ...` of a script.
type nodeInvocation struct {
	args     []string // node's options, without those that runner gives itself
	patterns []jsWord // files, folders, globs; none is node's own search
	findings []event.Finding
}

// nodeReadCommand reads a command that runs node --test; ok is false for one that watches.
func nodeReadCommand(c jsCommand) (run nodeInvocation, ok bool) {
	words := c.Words[1:]
	if c.head() == "tsx" {
		run.args = append(run.args, "--import", "tsx")
	}
	for i := 0; i < len(words); i++ {
		text := words[i].Text
		name, value, _ := strings.Cut(text, "=")
		switch {
		case !strings.HasPrefix(text, "-") || text == "-":
			run.patterns = append(run.patterns, words[i])
		case name == "--watch" || name == "--watch-path":
			return run, false
		case text == "--test" || text == "--":
		case name == "--test-isolation" || name == "--experimental-test-isolation":
			if value == "" && i+1 < len(words) {
				i++
				value = words[i].Text
			}
			if value != "process" {
				run.findings = append(run.findings, event.Finding{
					ID: "tool.node.isolation", Status: event.Warn, Value: value,
					Detail: fmt.Sprintf("script %q asks for %s=%s: runner runs each file in a process of its own, as it could not tell otherwise which file broke", c.Script, name, value),
				})
			}
		default:
			run.args = append(run.args, text)
			if nodeTakesValue(text) && i+1 < len(words) {
				i++
				run.args = append(run.args, words[i].Text)
			}
		}
	}
	return run, true
}

// search finds the files of a command, sorted, without those that are taken.
func (d *nodeDiscovery) search(dir string, p *jsPackage, run nodeInvocation, script string) ([]string, []event.Finding) {
	found := map[string]bool{}
	var findings []event.Finding
	computed := slices.ContainsFunc(run.patterns, func(w jsWord) bool { return strings.ContainsAny(w.Text, "$`") })
	if len(run.patterns) == 0 || computed {
		types := 0
		for _, file := range d.below(dir, p) {
			switch {
			case nodeFound(file, dir) && (nodeIsJavaScript(file) || nodeHas(run.args, "--experimental-strip-types")):
				found[file] = true
			case nodeFound(file, dir):
				types++
			}
		}
		if types > 0 {
			findings = append(findings, event.Finding{
				ID: "tool.node.typescript", Status: event.Warn, Value: fmt.Sprint(types),
				Detail: fmt.Sprintf("%s: script %q names no files, and %d TypeScript test files lie below it, which node finds from 22.18 on and older ones do not: name them in the script to run them", p.label(), script, types),
			})
		}
		if computed {
			findings = append(findings, event.Finding{
				ID: "tool.node.computed", Status: event.Warn, Value: p.label(),
				Detail: fmt.Sprintf("%s: script %q lets the shell compute its test files: runner takes those that node would find by itself", p.label(), script),
			})
		}
	} else {
		for _, w := range run.patterns {
			files := d.matches(dir, w)
			for _, file := range files {
				found[file] = true
			}
			if len(files) == 0 {
				findings = append(findings, event.Finding{
					ID: "tool.node.no-files", Status: event.Warn, Value: w.Text,
					Detail: fmt.Sprintf("%s: script %q names %s, and no file that git knows matches (a built file?)", p.label(), script, w.Text),
				})
			}
		}
	}
	var out []string
	for _, file := range sortedKeys(found) {
		if !d.claimed[file] {
			out = append(out, file)
		}
	}
	return out, findings
}

// below lists the files under a folder that its package's own search reaches: not those of a nested package that has test
// scripts of its own.
func (d *nodeDiscovery) below(dir string, p *jsPackage) []string {
	var out []string
	for _, file := range d.under(dir) {
		if near := jsNearest(d.byFolder, file); near == nil || near == p || len(d.tools[near.Dir]) == 0 {
			out = append(out, file)
		}
	}
	return out
}

// matches lists what one word of the command line names: a file, a folder (searched as node 20 does), or a glob. Unquoted,
// the shell reads it first, where "**" is no more than "*"; if nothing matches, node gets it as it is.
func (d *nodeDiscovery) matches(dir string, w jsWord) []string {
	text := path.Join(dir, strings.ReplaceAll(w.Text, `\`, "/"))
	if w.Text == "." {
		text = dir
	}
	if _, ok := slices.BinarySearch(d.files, text); ok {
		return []string{text}
	}
	if !strings.ContainsAny(text, "*?[{") {
		return d.folder(text)
	}
	globs := []string{text}
	if !w.Quoted {
		globs = []string{strings.ReplaceAll(text, "**", "*"), text}
	}
	for _, glob := range globs {
		re, err := jsGlob(glob)
		if err != nil {
			continue
		}
		var out []string
		for _, file := range d.under(path.Dir(text[:strings.IndexAny(text, "*?[{")] + "x")) {
			if re.MatchString(file) {
				out = append(out, file)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// folder lists what a folder on the command line stands for: what node 20 finds in it, or else all its JavaScript, as
// scripts name folders of plainly named files, too.
func (d *nodeDiscovery) folder(dir string) []string {
	var found, all []string
	for _, file := range d.under(dir) {
		if nodeIsJavaScript(file) {
			all = append(all, file)
			if nodeFound(file, dir) {
				found = append(found, file)
			}
		}
	}
	if len(found) > 0 {
		return found
	}
	return all
}

// under lists the files below a folder.
func (d *nodeDiscovery) under(dir string) []string {
	if dir == "." {
		return d.files
	}
	from, _ := slices.BinarySearch(d.files, dir+"/")
	to, _ := slices.BinarySearch(d.files, dir+"0") // "0" follows "/"
	return d.files[from:to]
}

// nodeExtension is the ending of a file that node can run or be taught to run, "" for others.
func nodeExtension(file string) string {
	switch ext := path.Ext(file); ext {
	case ".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".jsx", ".tsx":
		return ext
	default:
		return ""
	}
}

func nodeIsJavaScript(file string) bool { return strings.HasSuffix(path.Ext(file), "js") }

// nodeName is node's own rule for the names of test files (its documentation, "Running tests from the command line").
var nodeName = regexp.MustCompile(`^(?:test(?:-.+)?|.+[.\-_]test)\.[cm]?[jt]s$`)

// nodeFound says whether node's own search in dir finds the file: by its name, or by a folder named test.
func nodeFound(file, dir string) bool {
	if nodeName.MatchString(path.Base(file)) {
		return true
	}
	rel := strings.TrimPrefix(file, dir+"/")
	ext := path.Ext(file)
	return !strings.HasSuffix(ext, "x") && slices.Contains(strings.Split(path.Dir(rel), "/"), "test")
}

// nodeImport is an import or require of node's test module.
var nodeImport = regexp.MustCompile("['\"`]node:test['\"`]")

// nodeRelative is an import or require of a file beside.
var nodeRelative = regexp.MustCompile("(?:import|from|require\\()\\s*['\"](\\.\\.?/[^'\"]+)['\"]")

// nodeHead is how much of a file is read to see whether it imports node:test.
const nodeHead = 16 << 10

func (d *nodeDiscovery) importsNodeTest(file string) bool { return nodeImport.Match(d.headOf(file)) }

// loads lists the files of the tree that a file names in the imports of its first lines.
func (d *nodeDiscovery) loads(file string) []string {
	var out []string
	for _, m := range nodeRelative.FindAllSubmatch(d.headOf(file), -1) {
		named := path.Join(path.Dir(file), string(m[1]))
		if _, ok := slices.BinarySearch(d.files, named); ok {
			out = append(out, named)
		}
	}
	return out
}

func (d *nodeDiscovery) headOf(file string) []byte {
	f, err := d.tree.FS.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, nodeHead)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return head[:n]
}

// nodeFileOf sorts a file into a category: by its name, then its nearest folder, then the script that runs it.
func nodeFileOf(file, scriptCategory, script string) File {
	if category, why, ok := nodeNameCategory(file); ok {
		return File{Path: file, Category: category, Why: why}
	}
	if category, why, ok := folderCategory(file); ok {
		return File{Path: file, Category: category, Why: why}
	}
	if scriptCategory != "" {
		return File{Path: file, Category: scriptCategory, Why: "script " + script}
	}
	return File{Path: file, Category: unitCategory, Why: nothingMatches}
}

// nodeNameCategory reads a category from a file's name: login.e2e.js, cart.integration-test.mjs, db.integration.test.js.
func nodeNameCategory(file string) (category, why string, ok bool) {
	parts := strings.Split(path.Base(file), ".")
	for _, part := range parts[min(1, len(parts)):max(1, len(parts)-1)] {
		name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(part, "-test"), "_test"), "-spec")
		if category, ok := categoryNamed(name); ok {
			return category, "name *." + part + ".*", true
		}
	}
	return "", "", false
}
