package tool

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
)

// mochaOwn parts the arguments of a target: before it stand those of the project's own script, as they are written there
// (the tests see them in process.argv, spec patterns too), behind it what runner.yaml and the command line add.
const mochaOwn = "--"

// Discover finds what the packages' test scripts run with mocha, and packages that have mocha's configuration where no script
// speaks of it.
func (Mocha) Discover(tree Tree) []Project {
	return jsDiscover(tree, "mocha", append(mochaConfigFiles(), "package.json#mocha"), func(d *jsDiscovery, u jsUse, p *Project) []string {
		words := mochaWords(u)
		o := mochaReadOptions(words)
		if o.has("watch") {
			return nil
		}
		for _, w := range words {
			if w.Text != mochaOwn {
				p.Args = append(p.Args, w.Text)
			}
		}
		if len(p.Args) > 0 {
			p.Args = append(p.Args, mochaOwn)
		}
		s := mochaSearch{d: d, dir: u.Dir, options: o, project: p}
		s.configure(u.Env)
		p.Workers = s.options.workers()
		return s.files(u)
	})
}

// mochaWords is what a script gives to mocha. Options for node in front of the program are mocha's too, which starts node
// with them; mocha reads their values only behind "=".
func mochaWords(u jsUse) []jsWord {
	var out []jsWord
	switch u.Program {
	case "tsx":
		out = append(out, jsWord{Text: "--import=tsx", Quoted: true})
	case "ts-node":
		out = append(out, jsWord{Text: "--require=ts-node/register", Quoted: true})
	}
	for i := 0; i < len(u.Before); i++ {
		text := u.Before[i].Text
		if nodeTakesValue(text) && i+1 < len(u.Before) {
			i++
			text += "=" + u.Before[i].Text
		}
		if rest, ok := strings.CutPrefix(text, "-r="); ok {
			text = "--require=" + rest
		}
		out = append(out, jsWord{Text: text, Quoted: true})
	}
	return append(out, u.Args...)
}

// mochaSearch finds the files of one use of mocha.
type mochaSearch struct {
	d       *jsDiscovery
	dir     string // the working directory, relative to the root
	options mochaOptions
	project *Project
}

// configure joins what MOCHA_OPTIONS, the configuration file and package.json ask for beside the command line.
func (s *mochaSearch) configure(env []string) {
	for _, pair := range env {
		if value, ok := strings.CutPrefix(pair, "MOCHA_OPTIONS="); ok {
			s.options.add(mochaReadOptions(mochaTexts(strings.Fields(value))))
		}
	}
	if file := s.config(); file != "" {
		said, err := mochaReadConfig(s.d.tree.FS, file)
		if err != nil {
			s.project.Findings = append(s.project.Findings, event.Finding{
				ID: "tool.mocha.config", Status: event.Warn, Value: file,
				Detail: fmt.Sprintf("%v: which files mocha runs is taken from its command line alone", err),
			})
		}
		if said.computed {
			s.project.Findings = append(s.project.Findings, s.d.unreadable(file, "spec"))
		}
		s.options.add(said)
	}
	if p := jsNearest(s.d.byFolder, path.Join(s.dir, "package.json")); p != nil && !s.options.NoPackage {
		for _, object := range jsConfigObjects(s.d.tree.FS, p.label()) {
			if values, ok := object["mocha"].(map[string]any); ok {
				s.options.add(mochaValues(values))
			}
		}
	}
}

// config finds mocha's configuration file: the one that the options name, else the first in the nearest folder above that
// has one (lib/cli/config.js); "" where there is none.
func (s *mochaSearch) config() string {
	switch {
	case s.options.NoConfig:
		return ""
	case s.options.Config != "":
		return path.Join(s.dir, s.options.Config)
	}
	for dir := s.dir; ; dir = path.Dir(dir) {
		if file := s.d.config(dir, mochaConfigFiles()); file != "" {
			return file
		}
		if dir == "." || dir == "/" || strings.HasPrefix(dir, "..") {
			return ""
		}
	}
}

// files lists the files that mocha would run.
func (s *mochaSearch) files(u jsUse) []string {
	spec := s.options.Spec
	if len(spec) == 0 {
		spec = []jsWord{{Text: "./test", Quoted: true}}
	}
	var out []string
	for _, w := range spec {
		files := s.matches(w)
		out = append(out, files...)
		if len(files) == 0 && u.Script != "" { // a configuration alone may be there for packages below it
			s.project.Findings = append(s.project.Findings, event.Finding{
				ID: "tool.mocha.no-files", Status: event.Warn, Value: w.Text,
				Detail: fmt.Sprintf("%s: mocha is to run %s, and no file that git knows matches (a built file?)", u.Why, w.Text),
			})
		}
	}
	return slices.DeleteFunc(out, func(file string) bool {
		return slices.ContainsFunc(s.options.Ignore, func(glob string) bool { return jsMatch(path.Join(s.dir, glob), file) })
	})
}

// matches lists what one spec names, as mocha looks it up (lib/cli/lookup-files.js): a file, a folder, a glob, or a file
// without its ending. An unquoted glob is first read by the shell, where "**" is no more than "*" and folders match, too.
func (s *mochaSearch) matches(w jsWord) []string {
	text := path.Join(s.dir, strings.ReplaceAll(w.Text, `\`, "/"))
	if s.d.has(text) {
		return []string{text}
	}
	if !strings.ContainsAny(text, "*?[{(") {
		if files := s.folder(text); len(files) > 0 {
			return files
		}
		for _, ext := range s.extensions() {
			if file := text + "." + ext; s.d.has(file) {
				return []string{file}
			}
		}
		return nil
	}
	globs := []string{text}
	if !w.Quoted {
		globs = []string{strings.ReplaceAll(text, "**", "*"), text}
	}
	for _, glob := range globs {
		re, err := jsGlob(strings.TrimSuffix(glob, "/"))
		if err != nil {
			continue
		}
		var out []string
		for _, file := range s.d.tree.Files {
			switch dir := path.Dir(file); {
			case re.MatchString(file):
				out = append(out, file)
			case !w.Quoted && re.MatchString(dir):
				out = append(out, s.folder(dir)...)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// extensions are the endings of test files in a folder, without their dots.
func (s *mochaSearch) extensions() []string {
	return append([]string{"js", "cjs", "mjs"}, s.options.Extension...)
}

// folder lists the files of a folder with one of the endings; those of its subfolders only with --recursive.
func (s *mochaSearch) folder(dir string) []string {
	var out []string
	for _, file := range s.d.tree.Files {
		rest, below := strings.CutPrefix(file, dir+"/")
		if dir == "." {
			rest, below = file, true
		}
		if !below || strings.Contains(rest, "/") && !s.options.Recursive || strings.HasPrefix(path.Base(file), ".") {
			continue
		}
		if slices.ContainsFunc(s.extensions(), func(ext string) bool { return strings.HasSuffix(file, "."+ext) }) {
			out = append(out, file)
		}
	}
	return out
}
