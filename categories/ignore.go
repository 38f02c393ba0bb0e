package categories

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// ignored returns the key of the pattern that takes a file or folder out of discovery, "" if none does.
func (c *configuration) ignored(file string) string {
	hit := ""
	for i, g := range c.Ignore {
		pattern, negative := strings.CutPrefix(string(g), "!")
		switch {
		case !matches(pattern, file):
		case negative:
			return ""
		case hit == "":
			hit = at("ignore") + "\x1f" + strconv.Itoa(i)
		}
	}
	return hit
}

// heeded takes what the configuration ignores out of the tree and of what was found there. A project of which nothing is left goes as a whole,
// with what was remarked about it.
func (p *placing) heeded(found []tool.Project) []project {
	out := make([]project, 0, len(found))
	for _, f := range found {
		pr := project{Project: f}
		if len(p.Ignore) > 0 {
			pr.Files = slices.DeleteFunc(slices.Clone(f.Files), func(f tool.File) bool { return p.ignored(f.Path) != "" })
			pr.Beside = slices.DeleteFunc(slices.Clone(f.Beside), func(dir string) bool { return p.ignored(dir) != "" })
			pr.cut = len(pr.Files)+len(pr.Beside) < len(f.Files)+len(f.Beside)
		}
		if len(pr.Files)+len(pr.Beside) == 0 && (pr.cut || p.ignored(f.Dir) != "") {
			continue
		}
		out = append(out, pr)
	}
	return out
}

// heedTree takes what is ignored out of the tree, and notes which patterns did that.
func (p *placing) heedTree() {
	if len(p.Ignore) == 0 {
		return
	}
	kept := make([]string, 0, len(p.tree.Files))
	for _, file := range p.tree.Files {
		if p.ignored(file) == "" {
			kept = append(kept, file)
		}
		for i, g := range p.Ignore {
			if matches(strings.TrimPrefix(string(g), "!"), file) {
				p.used[at("ignore")+"\x1f"+strconv.Itoa(i)] = true
			}
		}
	}
	p.tree.Files = kept
}

// whyIgnored says that a path is ignored, and how its tests are run where they have a configuration of their own; "" if it is not.
func (c *Catalog) whyIgnored(p string) string {
	key := c.cfg.ignored(p)
	if key == "" {
		return ""
	}
	text := c.cfg.where(key) + " ignores it"
	for dir := p; dir != "." && c.tree.FS != nil && fs.ValidPath(dir); dir = path.Dir(dir) {
		if _, err := fs.Stat(c.tree.FS, path.Join(dir, ConfigFile)); err == nil {
			return text + "; it has a configuration of its own: runner -C " + event.ShellQuote(dir)
		}
	}
	return text
}
