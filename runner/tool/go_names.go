package tool

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"testrunner/report/event"
)

// dirOf is the folder of a package, relative to the root. Where go has no import path for it, it says "./x" instead.
func (j *goJob) dirOf(pkg string) string {
	switch {
	case strings.HasPrefix(pkg, "./"), pkg == ".":
		return path.Join(j.target.Dir, pkg)
	case pkg == j.module:
		return path.Clean(j.target.Dir)
	case j.module != "" && strings.HasPrefix(pkg, j.module+"/"):
		return path.Join(j.target.Dir, strings.TrimPrefix(pkg, j.module+"/"))
	case j.module == "std", j.module == "cmd":
		return path.Join(j.target.Dir, pkg) // the packages of the standard library carry no module's name
	default:
		return path.Join(j.target.Dir, pkg)
	}
}

// pathOf is the import path of a folder, the inverse of dirOf.
func (j *goJob) pathOf(dir string) string {
	below := goBelow(j.target.Dir, dir)
	switch {
	case j.module == "" || j.module == "std":
		return below
	case below == ".":
		return j.module
	default:
		return j.module + "/" + below
	}
}

// place says which test of the plan an event's name is, and what it is to the job.
func (j *goJob) place(p *goPackage, name, top string, sub bool) *goOpen {
	o := &goOpen{index: -1, part: goForeign}
	started := max(1, p.starts[top])
	owners := p.plan.byName[top]
	file, line, round := "", 0, started
	if len(owners) > 0 {
		// Both packages of a folder may hold a TestX: go runs the package's own first, then that of its _test package.
		i := owners[(started-1)%len(owners)]
		round = (started-1)/len(owners) + 1
		t := p.plan.tests[i]
		file, line = t.file, t.line
		if t.mine {
			o.part = goCounted
		}
		if !sub {
			o.index = i
		}
	} else if _, ours := j.plans[p.dir]; ours {
		file, line = j.planner.find(p.dir, p.plan.bases, top)
		if file == "" {
			o.held = !strings.HasPrefix(top, "Benchmark")
		}
		if file == "" || j.planner.unclaimed(file) {
			o.part = goCounted
		}
	}
	if len(j.asked) > 0 {
		o.part = j.part(p, file, name)
	}
	o.test = j.test(p, file, line, name, round)
	return o
}

// test makes the test of the report. A name that no file holds stands under the package's folder.
func (j *goJob) test(p *goPackage, file string, line int, name string, round int) event.Test {
	if file == "" {
		file = p.dir
	}
	t := event.Test{ID: event.TestID(file, name), Class: p.path, Line: line}
	if len(t.ID) != len(file)+len("::")+len(name) {
		t.Name = name // the ID holds it escaped
	}
	if round > 1 {
		t.ID += fmt.Sprintf(" [%d]", round)
		t.Name = fmt.Sprintf("%s [%d]", name, round)
	}
	return t
}

// part says what a test of a job that was asked for certain tests is to it.
func (j *goJob) part(p *goPackage, file, name string) goPart {
	part := goForeign
	for _, a := range j.asked {
		if a.dir != p.dir || !p.fits(a, file) {
			continue
		}
		switch {
		case name == a.name || strings.HasPrefix(name, a.name+"/"):
			return goCounted
		case strings.HasPrefix(a.name, name+"/"):
			part = goAncestor
		}
	}
	return part
}

// fits tells whether what was asked for may lie in the file. The file of an ID matters only where two of the folder
// hold a test of that name: else the test has moved since the ID was printed, and is meant all the same.
func (p *goPackage) fits(a goAsked, file string) bool {
	top, _, _ := strings.Cut(a.name, "/")
	owners := p.plan.byName[top]
	return len(owners) < 2 || a.file == file ||
		!slices.ContainsFunc(owners, func(i int) bool { return p.plan.tests[i].file == a.file })
}

// expected lists the tests of a package that the job is to run.
func (j *goJob) expected(p *goPackage) []event.Test {
	var out []event.Test
	if len(j.asked) == 0 {
		for _, t := range p.plan.mine() {
			out = append(out, j.test(p, t.file, t.line, t.name, 1))
		}
		return out
	}
	for _, a := range j.asked {
		if a.dir == p.dir {
			out = append(out, j.askedTest(p, a))
		}
	}
	return out
}

// askedTest is the test that an ID names: under the file that holds it now, else as it was asked for.
func (j *goJob) askedTest(p *goPackage, a goAsked) event.Test {
	top, _, _ := strings.Cut(a.name, "/")
	for _, i := range p.plan.byName[top] {
		t := p.plan.tests[i]
		if p.fits(a, t.file) {
			return j.test(p, t.file, t.line, a.name, 1)
		}
	}
	return event.Test{ID: a.id, Class: p.path}
}

// below lists the tests that were asked for below a parent.
func (j *goJob) below(p *goPackage, parent string) []event.Test {
	var out []event.Test
	for _, a := range j.asked {
		if a.dir == p.dir && strings.HasPrefix(a.name, parent+"/") {
			out = append(out, j.askedTest(p, a))
		}
	}
	return out
}
