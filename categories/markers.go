package categories

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"

	"testrunner/runner/tool"
)

// Markers that only runner.yaml names. Which files may hold them is read from their text, generously: a file that holds
// no such test costs time and changes nothing, since the tool itself says which test has which marker.

// markerCategories is marker -> the suite of runner.yaml that takes its tests. Two suites for one marker, or for one
// category, would run the same tests twice.
func (p *placing) markerSuites() map[string]string {
	suites := map[string]string{}
	categories := map[string]string{}
	for _, name := range p.inOrder("suites", sorted(p.Suites)) {
		s := p.Suites[name]
		if len(s.Markers) == 0 {
			continue
		}
		category, _ := p.categoryNamed(s.Category)
		if other, ok := categories[category]; ok {
			p.fault(at("suites", name, "markers"), "the suite %s has markers for %s already: name them all there", other, category)
		}
		categories[category] = name
		for _, m := range s.Markers {
			if other, ok := suites[m]; ok && other != name {
				p.fault(at("suites", name, "markers"), "the suite %s has the marker %q already", other, m)
			}
			suites[m] = name
		}
	}
	return suites
}

// applyMarkers notes in each file which of the configuration's markers it may hold, and where they lead.
func (p *placing) applyMarkers() {
	suites := p.markerSuites()
	if len(suites) == 0 {
		return
	}
	names := sorted(suites)
	for i := range p.projects {
		pr := &p.projects[i]
		if pr.Tool != markerTool {
			continue
		}
		shared := map[string][]string{}
		marks := make([][]tool.Mark, len(pr.members))
		for _, m := range pr.members {
			p.sharedMarkers(path.Dir(m.file.Path), names, shared)
		}
		inParallel(len(pr.members), func(i int) {
			f := pr.members[i].file
			marks[i] = p.fileMarkers(f.Path, names, shared[path.Dir(f.Path)])
		})
		for j := range pr.members {
			p.mark(&pr.members[j].file, marks[j], suites)
		}
	}
}

// mark adds the marks to the file, and sends the conventional ones that the configuration names where it says.
func (p *placing) mark(f *tool.File, marks []tool.Mark, suites map[string]string) {
	f.Marks = slices.Clone(f.Marks)
	lead := func(m *tool.Mark) {
		suite := suites[m.Name]
		m.Category, _ = p.categoryNamed(p.Suites[suite].Category)
		p.used[at("suites", suite)] = true
	}
	for i := range f.Marks {
		if _, ok := suites[f.Marks[i].Name]; ok {
			lead(&f.Marks[i])
		}
	}
	for _, m := range marks {
		if !slices.ContainsFunc(f.Marks, func(known tool.Mark) bool { return known.Name == m.Name }) {
			lead(&m)
			f.Marks = append(f.Marks, m)
		}
	}
}

// fileMarkers are the markers that the file's text names, or that a conftest.py above may add.
func (p *placing) fileMarkers(file string, names, above []string) []tool.Mark {
	text, err := fs.ReadFile(p.tree.FS, file)
	var marks []tool.Mark
	for _, name := range names {
		line := 0
		if err == nil {
			line = lineOf(text, name)
		}
		// A file that can't be read may hold anything; the tool will say what is wrong with it.
		if line > 0 || err != nil || slices.Contains(above, name) {
			marks = append(marks, tool.Mark{Name: name, Line: line})
		}
	}
	return marks
}

// sharedMarkers are the markers that the conftest.py files of a folder and those above it name.
func (p *placing) sharedMarkers(dir string, names []string, known map[string][]string) []string {
	if found, ok := known[dir]; ok {
		return found
	}
	var found []string
	if dir != "." {
		found = slices.Clone(p.sharedMarkers(path.Dir(dir), names, known))
	}
	if text, err := fs.ReadFile(p.tree.FS, path.Join(dir, "conftest.py")); err == nil {
		for _, name := range names {
			if lineOf(text, name) > 0 && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	known[dir] = found
	return found
}

// lineOf is the line of the first place where the word stands by itself, from 1; 0 if there is none.
func lineOf(text []byte, word string) int {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(word))
		if i < 0 {
			return 0
		}
		i += from
		from = i + len(word)
		if (i == 0 || !wordByte(text[i-1])) && (from == len(text) || !wordByte(text[from])) {
			return 1 + bytes.Count(text[:i], []byte("\n"))
		}
	}
}

func wordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= 0x80
}

// leads returns, for each category beside its home that marks of the file lead to, sorted, the categories.
func leads(f tool.File) []string {
	var out []string
	for _, m := range f.Marks {
		if m.Category != "" && m.Category != f.Category {
			out = append(out, m.Category)
		}
	}
	slices.SortFunc(out, strings.Compare)
	return slices.Compact(out)
}
