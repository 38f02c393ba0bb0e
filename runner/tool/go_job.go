package tool

import (
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"testrunner/report/event"
)

// goJob is what one go test command of a target runs. Command and Decode each make it, and it is the same both times.
type goJob struct {
	target  Target
	args    goArgs
	filter  goPattern
	skip    goPattern
	asked   []goAsked // Target.Tests, read
	module  string    // the module's path; "" where go.mod could not be read
	dirs    []string  // folders of the packages, relative to the root, sorted
	rest    []string  // folders that did not fit into this command line
	run     string    // the pattern for -run; "" is none
	planner goPlanner

	plans map[string]func() *goPlan // folder -> its plan, read once
	all   []string                  // folders of the target, those that the filter leaves out too
	mixed bool                      // some test binary holds files of other categories
}

// goAsked is one of Target.Tests.
type goAsked struct {
	id   string
	dir  string // of its package
	file string // "" where the ID names a folder
	name string // "TestX/sub", as go says it
}

// goLimit is the longest command line that is started, in bytes. Windows allows 32,767 characters; Linux 128 KiB for
// one argument and far more for all, macOS 1 MiB with the environment.
func goLimit() int {
	if runtime.GOOS == "windows" {
		return 24 << 10
	}
	return 96 << 10
}

func newGoJob(t Target, limit int) (*goJob, error) {
	j := &goJob{target: t, plans: map[string]func() *goPlan{}}
	var err error
	if j.args, err = goReadArgs(t.Args); err != nil {
		return nil, err
	}
	if t.Filter != "" {
		if j.filter, err = goParsePattern(t.Filter); err != nil {
			return nil, err
		}
	}
	if j.args.skip != "" {
		if j.skip, err = goParsePattern(j.args.skip); err != nil {
			return nil, err
		}
	}
	j.module = goModulePath(filepath.Join(t.Root, filepath.FromSlash(t.Dir)), os.ReadFile)
	j.asked = goReadAsked(t.Tests)
	j.planner = goPlanner{
		root: t.Root, build: goBuild(goVersion(t.Program)), own: t.Tags, tags: j.tags(),
		files: map[string]bool{},
		keep:  func(name string) bool { return j.filter == nil || j.filter.top(name) },
		skip:  func(name string) bool { return j.skip != nil && j.skip.whole(name) },
	}
	for _, f := range t.Files {
		j.planner.files[f] = true
	}
	j.all = goDirs(t)
	j.dirs = j.all
	for _, dir := range j.dirs {
		j.plans[dir] = sync.OnceValue(func() *goPlan { return j.planner.read(dir) })
	}
	j.choose()
	j.fit(limit)
	return j, nil
}

// goDirs lists the folders of the target's packages, sorted.
func goDirs(t Target) []string {
	var dirs []string
	if len(t.Tests) > 0 {
		for _, a := range goReadAsked(t.Tests) {
			dirs = append(dirs, a.dir)
		}
	} else {
		for _, f := range t.Files {
			dirs = append(dirs, path.Dir(f))
		}
		dirs = append(dirs, t.Beside...)
	}
	return slices.DeleteFunc(sortedSet(dirs), func(dir string) bool {
		return slices.ContainsFunc(t.LeaveOut, func(out string) bool {
			return out == dir || out == goTestsOf(dir) || strings.HasPrefix(dir, out+"/")
		})
	})
}

// goTestsOf stands in Target.LeaveOut for the package of a folder without those of the folders below.
func goTestsOf(dir string) string { return path.Join(dir, "*_test.go") }

func goReadAsked(ids []string) []goAsked {
	var out []goAsked
	for _, id := range ids {
		place, name := event.SplitID(id)
		a := goAsked{id: id, dir: place, name: goUnescape(name)}
		if strings.HasSuffix(place, ".go") {
			a.file, a.dir = place, path.Dir(place)
		}
		out = append(out, a)
	}
	return out
}

// tags are the suite's and the user's own.
func (j *goJob) tags() []string { return sortedSet(slices.Concat(j.target.Tags, j.args.tags)) }

func (j *goJob) plan(dir string) *goPlan {
	if read := j.plans[dir]; read != nil {
		return read()
	}
	return &goPlan{}
}

// readAll reads the plans of all folders side by side.
func (j *goJob) readAll(dirs []string, readers int) {
	next := make(chan string)
	var wg sync.WaitGroup
	for range min(readers, len(dirs)) {
		wg.Go(func() {
			for dir := range next {
				j.plan(dir)
			}
		})
	}
	for _, dir := range dirs {
		next <- dir
	}
	close(next)
	wg.Wait()
}

// choose sets the packages that need to run at all.
func (j *goJob) choose() {
	if len(j.asked) > 0 {
		return
	}
	j.mixed = slices.ContainsFunc(j.dirs, j.planner.mixed)
	if j.mixed || j.filter != nil {
		j.readAll(j.dirs, runtime.GOMAXPROCS(0))
	}
	if j.filter != nil {
		j.dirs = j.matching()
	}
}

// pattern is the value of -run for the job's tests in these folders; "" is none. A test of such a name in a file of
// another category runs too, and is not counted.
func (j *goJob) pattern(dirs []string) string {
	var patterns []string
	switch {
	case len(j.asked) > 0:
		for _, a := range j.asked {
			if top, _, _ := strings.Cut(a.name, "/"); slices.Contains(dirs, a.dir) && j.planner.keep(top) {
				patterns = append(patterns, goExactly(a.name))
			}
		}
	case j.mixed:
		for _, dir := range dirs {
			for _, t := range j.plan(dir).mine() {
				if j.filter == nil {
					patterns = append(patterns, goExactly(t.name))
				} else {
					patterns = append(patterns, j.filter.only(t.name)...)
				}
			}
		}
	default:
		return j.target.Filter
	}
	if len(patterns) == 0 {
		return "^$"
	}
	// "|" outside of brackets is go test's own word for or, across the levels (testing/match.go).
	return strings.Join(sortedSet(patterns), "|")
}

// matching lists the folders that hold a test which the filter wants, and those whose tests can't be read: what is
// broken there must be told. Where there is none, the first folder stands for all, so that go itself says that nothing
// ran.
func (j *goJob) matching() []string {
	var dirs []string
	for _, dir := range j.dirs {
		if plan := j.plan(dir); plan.unread || len(plan.mine()) > 0 {
			dirs = append(dirs, dir)
		}
	}
	if len(dirs) == 0 {
		return j.dirs[:min(1, len(j.dirs))]
	}
	return dirs
}

// fit cuts the packages down to what one command line holds. The rest follows as another attempt; a single package
// whose list of tests is too long runs whole, and what is not the job's is not counted.
func (j *goJob) fit(limit int) {
	whole := j.dirs
	j.run = j.pattern(j.dirs)
	for n := len(whole); n > 1 && j.length() > limit; {
		n /= 2
		j.dirs, j.rest = whole[:n], whole[n:]
		j.run = j.pattern(j.dirs)
	}
	if j.length() > limit {
		j.run = j.target.Filter
	}
}

func (j *goJob) length() int {
	n := len(j.run)
	for _, dir := range j.dirs {
		n += len(dir) + len("./ ")
	}
	for _, arg := range j.target.Args {
		n += len(arg) + 1
	}
	return n
}

// again is the target of the packages that did not fit, or nil.
func (j *goJob) again() *Target {
	if len(j.rest) == 0 {
		return nil
	}
	t := j.target
	t.LeaveOut = slices.Clone(t.LeaveOut)
	for _, dir := range j.dirs {
		t.LeaveOut = append(t.LeaveOut, goTestsOf(dir))
	}
	in := func(dir string) bool { return slices.Contains(j.rest, dir) }
	t.Files = slices.DeleteFunc(slices.Clone(t.Files), func(f string) bool { return !in(path.Dir(f)) })
	t.Beside = slices.DeleteFunc(slices.Clone(t.Beside), func(dir string) bool { return !in(dir) })
	t.Tests = nil
	for _, a := range j.asked {
		if in(a.dir) {
			t.Tests = append(t.Tests, a.id)
		}
	}
	return &t
}
