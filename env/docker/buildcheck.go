package docker

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"testrunner/env/docker/dockerfile"
)

// BuildKitOnly says that a Dockerfile uses what only BuildKit can do, and not the one of this engine, or not the way runner asks it.
type BuildKitOnly struct {
	Dockerfile string
	API        string // of the engine
	Needs      []dockerfile.Need
}

func (n *BuildKitOnly) Error() string {
	var all []string
	for _, need := range n.Needs {
		why := fmt.Sprintf("BuildKit builds that from API %s on, and this engine's is %s", need.Since, n.API)
		if need.Since == "" {
			why = "runner hands no secrets, keys or rights into a build"
		}
		all = append(all, fmt.Sprintf("%s:%d: %s: %s", n.Dockerfile, need.Line, need.What, why))
	}
	return strings.Join(all, ", ") + "; build it by docker build -t NAME, and write image: NAME in the compose file"
}

// MissingSource is a path that a COPY or ADD takes out of the context, and that the engine would not find.
type MissingSource struct {
	Line   int
	Name   string // COPY, ADD
	Path   string // as written
	Why    string // "ignored by .dockerignore:3 `dist`", "not in the context /src/shop"
	Remedy string
}

// MissingSources are all of a Dockerfile, found before the build begins.
type MissingSources struct {
	Dockerfile string
	All        []MissingSource
}

func (m *MissingSources) Error() string {
	var all []string
	for _, s := range m.All {
		all = append(all, fmt.Sprintf("%s:%d: %s %s: %s: %s", m.Dockerfile, s.Line, s.Name, s.Path, s.Why, s.Remedy))
	}
	return strings.Join(all, "; ")
}

// copies are what the build takes out of its context. Environ are the variables of images that are here.
func (p *preparation) copies(environ map[string][]string) []dockerfile.Copy {
	return p.file.Copies(p.stages, p.args, func(image string) ([]string, bool) {
		vars, ok := environ[image]
		return vars, ok
	})
}

// checkCopies finds what the engine would not find. The Dockerfile's path is "" where the compose file holds it.
func (p *preparation) checkCopies(file string, environ map[string][]string) error {
	missing := &MissingSources{Dockerfile: p.name}
	for _, c := range p.copies(environ) {
		found, globs := 0, 0
		for _, source := range c.Sources {
			switch {
			case source.Path == "":
				found++ // nobody can tell: the engine will
			case isGlob(source.Path):
				globs += 1
				if p.context.matches(source.Path) {
					found++
				}
			default:
				found++
				if why, remedy, ok := p.context.absent(source.Path, filepath.Dir(file)); ok {
					missing.All = append(missing.All, MissingSource{c.Instruction.Line, c.Instruction.Name, source.Written, why, remedy})
				}
			}
		}
		if found == 0 && globs > 0 {
			why, remedy := p.context.unmatched(c.Sources)
			missing.All = append(missing.All, MissingSource{c.Instruction.Line, c.Instruction.Name, written(c.Sources), why, remedy})
		}
	}
	if len(missing.All) > 0 {
		return missing
	}
	return nil
}

func written(sources []dockerfile.Source) string {
	var all []string
	for _, s := range sources {
		all = append(all, s.Written)
	}
	return strings.Join(all, " ")
}

// isGlob is whether the engine reads a path as a pattern.
func isGlob(name string) bool {
	for at := 0; at < len(name); at++ {
		switch name[at] {
		case '\\':
			at++
		case '*', '?', '[':
			return true
		}
	}
	return false
}

func (c *buildContext) matches(pattern string) bool {
	pattern = strings.TrimPrefix(path.Clean("/"+pattern), "/")
	for _, e := range c.entries {
		if ok, err := path.Match(pattern, e.path); ok || err != nil {
			return true // a pattern that can't be read is the engine's to name
		}
	}
	return false
}

// unmatched says why no file matches: a file of the folder that does, and is ignored, is the reason.
func (c *buildContext) unmatched(sources []dockerfile.Source) (why, remedy string) {
	for _, s := range sources {
		found, err := filepath.Glob(filepath.Join(c.dir, filepath.FromSlash(strings.TrimPrefix(s.Path, "/"))))
		if err != nil {
			continue
		}
		for _, f := range found {
			if rel, err := filepath.Rel(c.dir, f); err == nil {
				if rule, ok := c.ignore.because(filepath.ToSlash(rel)); ok {
					return c.ignoredBy(rule, filepath.ToSlash(rel))
				}
			}
		}
	}
	return "no file in the context " + c.dir + " matches", "make one before the build, or mend the pattern"
}

func (c *buildContext) ignoredBy(rule ignoreRule, name string) (why, remedy string) {
	return fmt.Sprintf("ignored by %s:%d `%s`", c.ignore.name, rule.line, rule.pattern), fmt.Sprintf("take that line out, or add `!%s` below it", name)
}

// absent says why the engine would not find a path; ok is false where it would. Beside is the Dockerfile's folder.
func (c *buildContext) absent(source, beside string) (why, remedy string, ok bool) {
	bare := path.Clean(strings.TrimPrefix(filepath.ToSlash(source), "/"))
	if bare == ".." || strings.HasPrefix(bare, "../") {
		return "outside of the context " + c.dir, "name a higher folder as build.context in the compose file", true
	}
	if bare == "." {
		return "", "", false
	}
	last, found := c.resolve(bare)
	if found {
		return "", "", false
	}
	if _, err := os.Lstat(c.full(last)); err == nil {
		if rule, ok := c.ignore.because(last); ok {
			why, remedy = c.ignoredBy(rule, last)
			return why, remedy, true
		}
	}
	why, remedy = "not in the context "+c.dir, "make it before the build, or mend the path"
	if like, ok := c.like(last); ok {
		return why, "there is " + like, true
	}
	if _, err := os.Lstat(filepath.Join(beside, filepath.FromSlash(bare))); err == nil && beside != "." {
		remedy = "paths count from the context, not from the Dockerfile, which it stands beside: mend the path, or build.context in the compose file"
	}
	return why, remedy, true
}

// like is what differs only in small and capital letters.
func (c *buildContext) like(name string) (string, bool) {
	for _, e := range c.entries {
		if strings.EqualFold(e.path, name) && e.path != name {
			return e.path, true
		}
	}
	return "", false
}

// bigContext is how many bytes a context may have without a word.
const bigContext = 100e6

// heavy are folders that seldom belong into an image, with the line that keeps them out. They change with every commit or test, and the
// key with them.
func heavy() map[string]string {
	return map[string]string{".git": ".git", "node_modules": "**/node_modules", "__pycache__": "**/__pycache__"}
}

// part is a part of a context.
type part struct {
	files int
	bytes int64
}

// warnings say what in a context costs time for nothing, with the line to add. What a COPY names is there on purpose.
func (c *buildContext) warnings(service string, copies []dockerfile.Copy) []string {
	heaps, tops := map[string]part{}, map[string]part{}
	for _, e := range c.entries {
		if e.mode&fs.ModeType != 0 {
			continue
		}
		parts := strings.Split(e.path, "/")
		if len(parts) > 1 {
			tops[parts[0]] = part{tops[parts[0]].files + 1, tops[parts[0]].bytes + e.size}
		}
		for _, name := range parts[:len(parts)-1] {
			if heavy()[name] != "" {
				heaps[name] = part{heaps[name].files + 1, heaps[name].bytes + e.size}
				break
			}
		}
	}
	var out []string
	for _, name := range sortedKeys(heaps) {
		if h := heaps[name]; !named(copies, name) {
			out = append(out, fmt.Sprintf("builds %s: its context %s holds %s (%d files, %s): add `%s` to %s",
				service, c.dir, name, h.files, sizeText(h.bytes), heavy()[name], c.ignoreFile()))
		}
	}
	if len(c.odd) > 0 {
		out = append(out, fmt.Sprintf("builds %s: its context leaves out %s, which is no file, folder or link", service, strings.Join(c.odd, ", ")))
	}
	if c.bytes <= bigContext {
		return out
	}
	text := fmt.Sprintf("builds %s: its context %s has %s", service, c.dir, sizeText(c.bytes))
	biggest := ""
	for _, name := range sortedKeys(tops) {
		if heaps[name].files == 0 && !named(copies, name) && tops[name].bytes > tops[biggest].bytes {
			biggest = name
		}
	}
	if biggest == "" {
		return append(out, text+": name what no COPY needs in "+c.ignoreFile())
	}
	return append(out, fmt.Sprintf("%s, %s of them in %s: if no COPY needs it, add `%s` to %s", text, sizeText(tops[biggest].bytes), biggest, biggest, c.ignoreFile()))
}

// ignoreFile is the one to add a line to.
func (c *buildContext) ignoreFile() string {
	if c.ignore.name == "" {
		return ".dockerignore"
	}
	return c.ignore.name
}

// named is whether a COPY takes a folder of that name by its name.
func named(copies []dockerfile.Copy, name string) bool {
	for _, c := range copies {
		for _, s := range c.Sources {
			for _, piece := range strings.Split(path.Clean(s.Path), "/") {
				if piece == name {
					return true
				}
			}
		}
	}
	return false
}
