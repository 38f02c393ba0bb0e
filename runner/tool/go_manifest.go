package tool

import (
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"testrunner/report/event"
)

// goModule is what discovery needs of a go.mod.
type goModule struct {
	dir    string
	ignore []string // paths below dir ("./web") or names anywhere in it ("node_modules")
}

// ignores tells whether go.mod's ignore directives (Go 1.25) name the folder or one above it.
func (m goModule) ignores(dir string) bool {
	if len(m.ignore) == 0 {
		return false
	}
	below := strings.TrimPrefix(strings.TrimPrefix(dir, m.dir), "/")
	for _, name := range m.ignore {
		if rest, anchored := strings.CutPrefix(name, "./"); anchored {
			if below == rest || strings.HasPrefix(below, rest+"/") {
				return true
			}
		} else if strings.Contains("/"+below+"/", "/"+name+"/") {
			return true
		}
	}
	return false
}

// goWork is what discovery needs of a go.work.
type goWork struct {
	uses   map[string]bool // module folders, relative to the root
	unread bool
}

// readManifests reads every go.mod of the tree, and every go.work above one of them: go.work is often ignored by git,
// hence not in the tree, and go obeys it all the same.
func (d *goDiscovery) readManifests() {
	d.modules, d.works, d.broken = map[string]goModule{}, map[string]goWork{}, map[string][]event.Finding{}
	looked := map[string]bool{}
	for _, p := range d.tree.Files {
		if path.Base(p) != "go.mod" {
			continue
		}
		dir := path.Dir(p)
		d.modules[dir] = d.readModule(p)
		for up := dir; !looked[up]; up = path.Dir(up) {
			looked[up] = true
			if work := path.Join(up, "go.work"); d.exists(work) {
				d.works[up] = d.readWork(work)
			}
		}
	}
}

func (d *goDiscovery) readModule(name string) goModule {
	m := goModule{dir: path.Dir(name)}
	text, err := fs.ReadFile(d.tree.FS, name)
	if err == nil {
		var f *modfile.File
		if f, err = modfile.ParseLax(name, text, nil); err == nil {
			for _, ignore := range f.Ignore {
				m.ignore = append(m.ignore, strings.TrimSuffix(ignore.Path, "/"))
			}
		}
	}
	if err != nil {
		d.broken[m.dir] = append(d.broken[m.dir], event.Finding{
			ID: "go.mod.invalid", Status: event.Warn, Value: name, Detail: event.FirstLine(err.Error()),
		})
	}
	return m
}

func (d *goDiscovery) readWork(name string) goWork {
	text, err := fs.ReadFile(d.tree.FS, name)
	if err != nil {
		return goWork{unread: true}
	}
	f, err := modfile.ParseWork(name, text, nil)
	if err != nil {
		return goWork{unread: true} // go names the line when the job starts
	}
	w := goWork{uses: map[string]bool{}}
	for _, use := range f.Use {
		dir := filepath.ToSlash(use.Path)
		if filepath.IsAbs(use.Path) {
			rel, err := filepath.Rel(d.tree.Root, use.Path)
			if err != nil {
				continue
			}
			dir = filepath.ToSlash(rel)
		} else {
			dir = path.Join(path.Dir(name), dir)
		}
		w.uses[path.Clean(dir)] = true
	}
	return w
}

// goModulePath reads the module's path from the go.mod of a folder; "" where there is none to read.
func goModulePath(dir string, read func(string) ([]byte, error)) string {
	text, err := read(filepath.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	return modfile.ModulePath(text)
}
