package tool

import (
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"testrunner/report/event"
)

// Discover finds one project a module. It reads the tops of the test files and the manifests, and never asks go list:
// that alone would cost more than the whole start may.
func (Go) Discover(tree Tree) []Project {
	d := goDiscovery{tree: tree, build: goBuild(""), homes: map[string]goHome{}}
	d.readManifests()
	tests := d.read(d.testFiles())

	projects := map[string]*Project{}
	project := func(dir string) *Project {
		if projects[dir] == nil {
			projects[dir] = d.project(dir)
		}
		return projects[dir]
	}
	var outside []string
	needs := map[string]map[string][]string{} // module -> tags, or "" for other platforms -> files
	for _, f := range tests {
		switch {
		case !f.home.inModule:
			outside = append(outside, f.path)
		case f.file.Category != "":
			p := project(f.home.module)
			p.Files = append(p.Files, f.file)
		case f.needs != "ignore": // by convention: never meant to be built
			if needs[f.home.module] == nil {
				needs[f.home.module] = map[string][]string{}
			}
			needs[f.home.module][f.needs] = append(needs[f.home.module][f.needs], f.path)
		}
	}
	for _, dir := range sortedKeys(needs) {
		p := project(dir)
		for _, tags := range sortedKeys(needs[dir]) {
			p.Findings = append(p.Findings, goLeftOut(tags, needs[dir][tags], d.build))
		}
	}
	beside := d.beside(tests)
	for dir, p := range projects {
		if len(p.Files) > 0 {
			p.Beside = beside[dir]
		}
	}
	out := make([]Project, 0, len(projects)+1)
	for _, dir := range sortedKeys(projects) {
		out = append(out, *projects[dir])
	}
	if len(outside) > 0 {
		out = append(out, Project{Tool: "go", Dir: ".", Why: "*_test.go without go.mod", Findings: []event.Finding{{
			ID: "go.module.missing", Status: event.Warn, Value: goFileCount(len(outside)),
			Detail: fmt.Sprintf("%s in no module (%s): go test needs a go.mod above", goFileCount(len(outside)), goSome(outside)),
		}}})
	}
	return out
}

// goLeftOut is the finding about files that no build of a built-in category takes.
func goLeftOut(tags string, files []string, build goContext) event.Finding {
	if tags == "" {
		return event.Finding{
			ID: "go.platform", Status: event.OK, Value: goFileCount(len(files)),
			Detail: fmt.Sprintf("%s for other platforms than %s/%s: %s", goFileCount(len(files)), build.GOOS, build.GOARCH, goSome(files)),
		}
	}
	return event.Finding{
		ID: "go.tag." + strings.ReplaceAll(tags, " && ", "+"), Status: event.Warn, Value: goFileCount(len(files)),
		Detail: fmt.Sprintf("%s left out, for want of the build tag %s (%s): give a suite that tag in runner.yaml", goFileCount(len(files)), tags, goSome(files)),
	}
}

func goFileCount(n int) string {
	if n == 1 {
		return "1 test file"
	}
	return fmt.Sprintf("%d test files", n)
}

// goSome names the first three of the files.
func goSome(files []string) string {
	if len(files) <= 3 {
		return strings.Join(files, ", ")
	}
	return strings.Join(files[:3], ", ") + ", …"
}

type goDiscovery struct {
	tree    Tree
	build   goContext
	modules map[string]goModule // dir -> what its go.mod says
	works   map[string]goWork   // dir -> what its go.work says
	homes   map[string]goHome   // folder -> where it belongs
	broken  map[string][]event.Finding
}

// goHome is where a folder of the tree belongs.
type goHome struct {
	module   string
	inModule bool
	hidden   bool // go's own patterns pass over it
}

// goFile is a test file on its way into a project.
type goFile struct {
	path  string
	home  goHome
	file  File
	needs string // where no category takes it
}

func (d *goDiscovery) testFiles() []goFile {
	var files []goFile
	for _, p := range d.tree.Files {
		base := path.Base(p)
		if !strings.HasSuffix(base, "_test.go") || base[0] == '_' || base[0] == '.' {
			continue
		}
		if home := d.home(path.Dir(p)); !home.hidden {
			files = append(files, goFile{path: p, home: home})
		}
	}
	return files
}

// home walks up to the nearest go.mod. What lies in a folder that "./..." passes over is hidden: testdata, vendor,
// names with a leading "." or "_", and what go.mod says to ignore.
func (d *goDiscovery) home(dir string) goHome {
	if home, ok := d.homes[dir]; ok {
		return home
	}
	var home goHome
	if _, ok := d.modules[dir]; ok {
		home = goHome{module: dir, inModule: true}
	} else {
		if dir != "." {
			home = d.home(path.Dir(dir))
		}
		base := path.Base(dir)
		if dir != "." && (base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_') {
			home.hidden = true
		}
		if home.inModule && d.modules[home.module].ignores(dir) {
			home.hidden = true
		}
	}
	d.homes[dir] = home
	return home
}

// read sorts the files into categories by several readers at once: a large tree has thousands.
func (d *goDiscovery) read(files []goFile) []goFile {
	var wg sync.WaitGroup
	readers := min(runtime.GOMAXPROCS(0), max(1, len(files)/16))
	for r := range readers {
		wg.Go(func() {
			for i := r; i < len(files); i += readers {
				d.sort(&files[i])
			}
		})
	}
	wg.Wait()
	return files
}

func (d *goDiscovery) sort(f *goFile) {
	var header []byte
	if r, err := d.tree.FS.Open(f.path); err == nil {
		header, err = goHeader(r)
		_ = r.Close()
		_ = err // a file that can't be read is go's to tell: it breaks its package
	}
	if d.build.takes(f.path, header) {
		category, why, ok := folderCategory(f.path)
		if !ok {
			category, why = unitCategory, nothingMatches
		}
		f.file = File{Path: f.path, Category: category, Why: why}
		return
	}
	for _, tag := range goCategoryTags() {
		if d.build.takes(f.path, header, tag.tag) {
			f.file = File{Path: f.path, Category: tag.category, Why: "build tag " + tag.tag, Tags: []string{tag.tag}}
			return
		}
	}
	f.needs = d.build.needs(f.path, header)
}

// goCategoryTag is a build tag that sends a file to a category.
type goCategoryTag struct{ tag, category string }

// goCategoryTags lists them, lightest first: a file that several would take goes to the first.
func goCategoryTags() []goCategoryTag {
	return []goCategoryTag{
		{"unit", unitCategory},
		{"integration", integrationCategory},
		{"e2e", e2eCategory},
		{"mission_critical", missionCriticalCategory},
		{"missioncritical", missionCriticalCategory},
	}
}

func (d *goDiscovery) project(dir string) *Project {
	p := &Project{Tool: "go", Dir: dir, Why: "go.mod", Findings: slices.Clone(d.broken[dir])}
	work, found := d.workAbove(dir)
	switch {
	case !found:
	case d.works[work].uses[dir] || d.works[work].unread:
		p.Why = "go.mod, used by " + path.Join(work, "go.work")
	default:
		// go refuses to test a module that the workspace above it does not name.
		p.Why = "go.mod, outside " + path.Join(work, "go.work")
		p.Env = []string{"GOWORK=off"}
	}
	return p
}

func (d *goDiscovery) workAbove(dir string) (work string, ok bool) {
	for {
		if _, ok := d.works[dir]; ok {
			return dir, true
		}
		if dir == "." {
			return "", false
		}
		dir = path.Dir(dir)
	}
}

func (d *goDiscovery) exists(name string) bool {
	_, err := fs.Stat(d.tree.FS, name)
	return err == nil
}
