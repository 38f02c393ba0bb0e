package tool

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// goTest is one top-level test, example or fuzz target of a package.
type goTest struct {
	name string
	file string // relative to the root
	line int
	mine bool // the job runs it: its file is the job's, and the filter and -skip leave it in
}

// goPlan is what the test files of one folder hold, in the order in which go test runs them: the package's own files
// first, then those of its _test package; in each part tests, fuzz targets and examples, by file.
type goPlan struct {
	tests      []goTest
	bases      []string         // the folder's test files, of the job or not
	byName     map[string][]int // the two packages of a folder may both hold a TestX
	unread     bool             // a file could not be parsed: names are missing here
	mixed      bool             // files of another category are compiled into the same test binary
	deselected int              // left out by the filter
}

// mine lists the tests that the job runs.
func (p *goPlan) mine() []goTest {
	var out []goTest
	for _, t := range p.tests {
		if t.mine {
			out = append(out, t)
		}
	}
	return out
}

// goPlanner reads folders on behalf of one job.
type goPlanner struct {
	root  string
	build goContext
	tags  []string        // that the job is built with
	own   []string        // those of them that brought the files to the job; the rest came with the user's arguments
	files map[string]bool // the job's
	keep  func(name string) bool
	skip  func(name string) bool
}

// mixed tells, without parsing a file, whether the folder's test binary holds files of other categories.
func (p *goPlanner) mixed(dir string) bool {
	for _, name := range p.testFiles(dir) {
		if file := path.Join(dir, name); !p.files[file] {
			if taken, mine := p.decide(file); taken && !mine {
				return true
			}
		}
	}
	return false
}

// testFiles lists the names of a folder's test files, sorted.
func (p *goPlanner) testFiles(dir string) []string {
	entries, err := os.ReadDir(filepath.Join(p.root, filepath.FromSlash(dir)))
	if err != nil {
		return nil // go says so itself
	}
	var names []string
	for _, e := range entries {
		if n := e.Name(); strings.HasSuffix(n, "_test.go") && n[0] != '_' && n[0] != '.' && !e.IsDir() {
			names = append(names, n)
		}
	}
	return names
}

// decide tells whether the job's build takes a file, and whether its tests are the job's. A file that only the user's
// own tags bring in is in no category, so it belongs to the job that brings it.
func (p *goPlanner) decide(file string) (taken, mine bool) {
	f, err := os.Open(filepath.Join(p.root, filepath.FromSlash(file)))
	if err != nil {
		return false, false
	}
	defer func() { _ = f.Close() }()
	header, _ := goHeader(f)
	if !p.build.takes(file, header, p.tags...) {
		return false, false
	}
	if p.files[file] {
		return true, true
	}
	return true, len(p.tags) > len(p.own) && !p.build.takes(file, header, p.own...)
}

// read reads the plan of a folder.
func (p *goPlanner) read(dir string) *goPlan {
	plan := &goPlan{byName: map[string][]int{}}
	var inside, outside goFound
	fset := token.NewFileSet()
	plan.bases = p.testFiles(dir)
	for _, name := range plan.bases {
		file := path.Join(dir, name)
		taken, mine := p.decide(file)
		if !taken {
			continue
		}
		plan.mixed = plan.mixed || !mine
		text, err := os.ReadFile(filepath.Join(p.root, filepath.FromSlash(file)))
		if err != nil {
			plan.unread = true
			continue
		}
		parsed, found, err := goReadTests(fset, name, text)
		if err != nil {
			plan.unread = true
		}
		if parsed == nil {
			continue
		}
		found.place(file, mine)
		if strings.HasSuffix(parsed.Name.Name, "_test") {
			outside.add(found)
		} else {
			inside.add(found)
		}
	}
	// go test's generated main lists the tests of both packages, then the fuzz targets, then the examples.
	plan.tests = slices.Concat(inside.tests, outside.tests, inside.fuzz, outside.fuzz, inside.examples, outside.examples)
	for i := range plan.tests {
		t := &plan.tests[i]
		plan.byName[t.name] = append(plan.byName[t.name], i)
		if !t.mine {
			continue
		}
		if !p.keep(t.name) || p.skip(t.name) {
			t.mine = false
			plan.deselected++
		}
	}
	return plan
}

// unclaimed tells whether no category takes the file: neither the default build nor that of a category's tag. If it
// runs all the same (tags in GOFLAGS), it is the job's that runs it.
func (p *goPlanner) unclaimed(file string) bool {
	if p.files[file] {
		return true
	}
	f, err := os.Open(filepath.Join(p.root, filepath.FromSlash(file)))
	if err != nil {
		return true
	}
	defer func() { _ = f.Close() }()
	header, _ := goHeader(f)
	return !p.build.takes(file, header) && !slices.ContainsFunc(goCategoryTags(), func(tag goCategoryTag) bool {
		return p.build.takes(file, header, tag.tag)
	})
}

// find looks for a top-level test in the files that the plan leaves out, as when GOFLAGS holds tags that nobody told
// us: "" is nowhere.
func (p *goPlanner) find(dir string, bases []string, name string) (file string, line int) {
	for _, base := range bases {
		text, err := os.ReadFile(filepath.Join(p.root, filepath.FromSlash(path.Join(dir, base))))
		if err != nil || !strings.Contains(string(text), name) {
			continue
		}
		_, found, _ := goReadTests(token.NewFileSet(), base, text)
		for _, t := range slices.Concat(found.tests, found.fuzz, found.examples) {
			if t.name == name {
				return path.Join(dir, base), t.line
			}
		}
	}
	return "", 0
}

// goFound is what one or several files hold.
type goFound struct{ tests, fuzz, examples []goTest }

func (f *goFound) place(file string, mine bool) {
	for _, part := range [][]goTest{f.tests, f.fuzz, f.examples} {
		for i := range part {
			part[i].file, part[i].mine = file, mine
		}
	}
}

func (f *goFound) add(o goFound) {
	f.tests = append(f.tests, o.tests...)
	f.fuzz = append(f.fuzz, o.fuzz...)
	f.examples = append(f.examples, o.examples...)
}

// goReadTests reads the tests of a file by go test's own rules (cmd/go/internal/load/test.go, Go 1.26): TestMain with
// a *testing.M is none, benchmarks are not run, and an example without an output comment is compiled only.
// With an error it returns what could be read before it.
func goReadTests(fset *token.FileSet, name string, text []byte) (*ast.File, goFound, error) {
	mode := parser.SkipObjectResolution
	if strings.Contains(string(text), "func Example") {
		mode |= parser.ParseComments // examples are told by their comments
	}
	var found goFound
	file, err := parser.ParseFile(fset, name, text, mode)
	if file == nil || file.Name == nil {
		return nil, found, err
	}
	lines := map[string]int{}
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil {
			continue
		}
		t := goTest{name: fn.Name.Name, line: fset.Position(fn.Pos()).Line}
		lines[t.name] = t.line
		switch {
		case t.name == "TestMain" && !goTakes(fn, "T"):
		case goIsTest(t.name, "Test"):
			found.tests = append(found.tests, t)
		case goIsTest(t.name, "Fuzz"):
			found.fuzz = append(found.fuzz, t)
		}
	}
	if mode&parser.ParseComments != 0 && err == nil {
		examples := doc.Examples(file)
		slices.SortFunc(examples, func(a, b *doc.Example) int { return a.Order - b.Order })
		for _, e := range examples {
			if e.Output != "" || e.EmptyOutput {
				n := "Example" + e.Name
				found.examples = append(found.examples, goTest{name: n, line: lines[n]})
			}
		}
	}
	return file, found, err
}

// goIsTest tells whether the name is prefix alone or prefix and then no lower case letter: TestX, not Testify.
func goIsTest(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || !unicode.IsLower(r)
}

// goTakes tells whether the function's one parameter is a *testing.TYPE, however the package is called there.
func goTakes(fn *ast.FuncDecl, typ string) bool {
	if fn.Type.Params == nil || len(fn.Type.Params.List) != 1 {
		return false
	}
	star, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch x := star.X.(type) {
	case *ast.Ident:
		return x.Name == typ
	case *ast.SelectorExpr:
		return x.Sel.Name == typ
	}
	return false
}
