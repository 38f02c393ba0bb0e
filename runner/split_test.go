package runner

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

func TestSplitDealsTheLongestFirst(t *testing.T) {
	took := map[string]int64{"a": 9, "b": 8, "c": 7, "d": 5, "e": 4, "f": 3}
	got := split([]string{"a", "b", "c", "d", "e", "f"}, took, 2)
	if len(got) != 2 || fmt.Sprint(got[0].files, got[1].files) != "[a d e] [b c f]" || got[0].micros != 18 || got[1].micros != 18 {
		t.Errorf("%+v", got)
	}
	if got := split([]string{"a", "b", "c"}, nil, 8); len(got) != 3 || got[0].micros != 0 {
		t.Errorf("more processes than files: %+v", got)
	}
	if got := split([]string{"a", "b", "c", "d", "e"}, nil, 1); len(got) != 2 {
		t.Errorf("nobody knows how long they take: %+v", got)
	}
}

// Each file runs in one process, no process is without a file, and the longest has at most 4/3 of what the best could
// have (Graham 1969).
func TestSplitProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		took, files, sum, longest := map[string]int64{}, []string(nil), int64(0), int64(0)
		for i := range rapid.IntRange(1, 60).Draw(t, "files") {
			f := fmt.Sprintf("f%02d", i)
			files = append(files, f)
			took[f] = rapid.Int64Range(1, 1e6).Draw(t, "us")
			sum, longest = sum+took[f], max(longest, took[f])
		}
		cores := rapid.IntRange(1, 16).Draw(t, "cores")
		parts := split(files, took, cores)
		var all []string
		for _, p := range parts {
			if len(p.files) == 0 {
				t.Fatal("a process without a file")
			}
			all = append(all, p.files...)
			if bound := max(sum/int64(cores), longest); 3*p.micros > 4*bound+3*longest {
				t.Fatalf("%d µs, where %d would do", p.micros, bound)
			}
		}
		slices.Sort(all)
		if !slices.Equal(all, files) {
			t.Fatalf("%v", all)
		}
	})
}

// A split suite is several jobs of one suite; a selected test goes where its file went, and only there.
func TestPlanOfASplitSuite(t *testing.T) {
	target := tool.Target{Dir: ".", Category: "unit", Suite: "python", Files: []string{"a.py", "b.py", "c.py", "d.py"}, Whole: true}
	plan := func(target tool.Target, s Settings) Plan {
		suite := categories.Suite{Name: "python", Tool: "pytest", Split: true, Target: target}
		sel := categories.Selection{Categories: []categories.Category{{Name: "unit", Suites: []categories.Suite{suite}}}}
		s.Slots, s.Tools = 2, tool.All()
		return BuildPlan(sel, env.Decision{Admissions: []event.Admission{{Category: "unit", Suite: "python", Admitted: true}}}, s)
	}
	known := Timings{"unit/python": {Files: map[string]int64{"a.py": 9e6, "b.py": 2e6, "c.py": 2e6, "d.py": 2e6}}}
	p := plan(target, Settings{Timings: known})
	var got []string
	for _, j := range p.Jobs {
		got = append(got, fmt.Sprint(j.Target.Job, j.Target.Files, j.Target.Whole, j.Last.MS, j.Of))
	}
	want := []string{"unit/python#1[a.py] false 9000unit/python", "unit/python#2[b.py c.py d.py] false 6000unit/python"}
	if !slices.Equal(got, want) || p.Planned.Categories[0].Jobs != 2 {
		t.Errorf("%q", got)
	}
	if p := plan(target, Settings{Timings: known, Debug: true}); len(p.Jobs) != 1 {
		t.Errorf("a debugger has one terminal, and there are %d jobs", len(p.Jobs))
	}
	target.Tests = []string{"b.py::test_x", "d.py::test_y", "d.py::test_z"}
	p = plan(target, Settings{Timings: known})
	if len(p.Jobs) != 2 || !slices.Equal(p.Jobs[0].Target.Tests, target.Tests[:1]) || !slices.Equal(p.Jobs[1].Target.Tests, target.Tests[1:]) {
		t.Errorf("%+v", p.Jobs)
	}
}
