package runner

import (
	"cmp"
	"slices"
	"strconv"

	"testrunner/categories"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// newJobs makes the jobs of a suite: one, or several that share its files where runner.yaml says `split: files`.
func newJobs(c categories.Category, suite categories.Suite, s Settings) []Job {
	whole := newJob(c, suite, s)
	if !suite.Split || s.Debug {
		return []Job{whole}
	}
	whole.Of = whole.Target.Job
	known := s.Timings[whole.Of].Files
	parts := split(filesOf(whole.Target), known, whole.Target.Cores)
	jobs := make([]Job, len(parts))
	for i, p := range parts {
		j := whole
		j.Target.Job += "#" + strconv.Itoa(i+1)
		j.Target.Files, j.Target.Whole = p.files, false
		j.Target.Tests = testsIn(whole.Target.Tests, p.files)
		j.Cores = max(1, j.Tool.Cores(j.Target))
		j.Last = s.Timings[j.Target.Job]
		j.Last.MS = p.micros / 1000
		jobs[i] = j
	}
	return jobs
}

// filesOf are the files that a job has something to do in.
func filesOf(t tool.Target) []string {
	if len(t.Tests) == 0 {
		return t.Files
	}
	return slices.DeleteFunc(slices.Clone(t.Files), func(f string) bool { return len(testsIn(t.Tests, []string{f})) == 0 })
}

func testsIn(tests, files []string) []string {
	var out []string
	for _, id := range tests {
		if file, _ := event.SplitID(id); slices.Contains(files, file) {
			out = append(out, id)
		}
	}
	return out
}

// part is the share of a split suite's files that one process runs.
type part struct {
	files  []string // sorted
	micros int64    // what they took in the previous run, 0 if nobody knows
}

// split deals files to processes: the longest first, each to the process that has the least so far (Graham's LPT rule: at
// most 4/3 of the best). One process a core then suffices, since each more costs the tool's start again. Without a previous
// run there are twice as many, so that one heavy file is not bound to half of all the others.
func split(files []string, took map[string]int64, cores int) []part {
	known, sum := 0, int64(0)
	for _, f := range files {
		if us, ok := took[f]; ok {
			known, sum = known+1, sum+us
		}
	}
	guess := int64(1)
	n := 2 * cores
	if known > 0 {
		n, guess = cores, max(1, sum/int64(known))
	}
	cost := func(f string) int64 {
		if us, ok := took[f]; ok {
			return us
		}
		return guess
	}
	order := slices.Clone(files)
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(cost(b), cost(a)) })
	parts := make([]part, max(1, min(n, len(files))))
	for _, f := range order {
		least := &parts[0]
		for i := range parts {
			if parts[i].micros < least.micros || parts[i].micros == least.micros && len(parts[i].files) < len(least.files) {
				least = &parts[i]
			}
		}
		least.files = append(least.files, f)
		least.micros += cost(f)
	}
	for i := range parts {
		slices.Sort(parts[i].files)
		if known == 0 {
			parts[i].micros = 0
		}
	}
	return parts
}
