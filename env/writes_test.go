package env_test

import (
	"testing"

	"testrunner/env"
	"testrunner/report/event"
)

// writing are two suites of a category, of which the second one writes.
func writing(change func(*env.SuiteNeeds)) env.Needs {
	n := env.Needs{Services: services()}
	for _, name := range []string{"reads", "writes"} {
		s := env.SuiteNeeds{Category: "e2e", Suite: name, Needs: []string{"backend"}, Modes: everywhere(), Why: "runner.yaml:4:20"}
		if name == "writes" {
			s.Writes = "runner.yaml:9:31"
			if change != nil {
				change(&s)
			}
		}
		n.Suites = append(n.Suites, s)
	}
	return n
}

// A suite that writes does not run in staging unless the environment allows it: named, with who accepts that and the way out.
func TestSuitesThatWrite(t *testing.T) {
	staging := env.Environment{Name: "mirror", Mode: event.Staging}
	lenient := staging
	lenient.Writes = true
	asked := func(e env.Environment) env.Asked {
		return env.Asked{Env: e.Name, EnvFrom: "--env " + e.Name, Environment: e}
	}
	healthy := saw("down", "none", "healthy")
	for name, c := range map[string]struct {
		asked    env.Asked
		change   func(*env.SuiteNeeds)
		want     string
		code     int
		accepted string
		remedy   string
	}{
		"asked for by name": {asked(staging), nil, "accepted", 0, "runner.yaml:9:31", "runner --env docker -c e2e"},
		"allowed":           {asked(lenient), nil, "staging", 0, "", ""},
		"strict": {func() env.Asked { a := asked(staging); a.Strict = true; return a }(), nil, "accepted", 5, "runner.yaml:9:31",
			"runner --env docker -c e2e"},
		"its category is named": {asked(staging), func(s *env.SuiteNeeds) { s.Named = true }, "accepted", 0, "runner.yaml:9:31", "runner --env docker -c e2e"},
		"its path is named": {func() env.Asked { a := asked(staging); a.Paths = []string{"e2e/write.test.js"}; return a }(), nil, "not run", 5, "",
			"runner --env docker -c e2e"},
		"critical": {asked(staging), func(s *env.SuiteNeeds) { s.Critical = true }, "not run", 5, "", "runner --env docker -c e2e"},
		"critical, and accepted by name": {func() env.Asked { a := asked(staging); a.AllowNotRun = []string{"e2e"}; return a }(),
			func(s *env.SuiteNeeds) { s.Critical = true }, "accepted", 0, "--allow-not-run e2e", "runner --env docker -c e2e"},
		"not in Docker either": {asked(staging), func(s *env.SuiteNeeds) { s.Modes = []event.Mode{event.NoDocker, event.Staging} }, "accepted", 0,
			"runner.yaml:9:31", "runner --env no-docker -c e2e"},
		"for staging alone": {asked(staging), func(s *env.SuiteNeeds) { s.Modes = []event.Mode{event.Staging} }, "accepted", 0, "runner.yaml:9:31", ""},
		"it names no service, and may reach one": {asked(staging), func(s *env.SuiteNeeds) { s.Needs, s.Modes = nil, nil }, "accepted", 0, "runner.yaml:9:31",
			"runner --env docker -c e2e"},
		"not for staging at all": {asked(staging), func(s *env.SuiteNeeds) { s.Modes = nil }, "out", 0, "", ""},
		"a fallback":             {env.Asked{Fallback: &staging}, nil, "not run", 5, "", "runner --env docker -c e2e"},
		"a fallback that allows": {env.Asked{Fallback: &lenient}, nil, "staging", 0, "", ""},
		"another mode":           {asked(env.Environment{Name: "docker", Mode: event.Docker}), nil, "not run", 5, "", "mend docker.engine"},
	} {
		t.Run(name, func(t *testing.T) {
			d := env.Decide(c.asked, writing(c.change), healthy)
			a := d.Admission("e2e", "writes")
			if got := cell(a); got != c.want || d.Code() != c.code || a.Accepted != c.accepted || a.Reason.Remedy != c.remedy {
				t.Errorf("%s, code %d, accepted by %q, try %q; want %s, %d, %q, %q\n%+v", got, d.Code(), a.Accepted, a.Reason.Remedy, c.want, c.code, c.accepted, c.remedy, a)
			}
			if reads := cell(d.Admission("e2e", "reads")); d.Mode == event.Staging && reads != "staging" {
				t.Errorf("the other suite: %s", reads)
			}
		})
	}
}

// Where all that is selected writes, nobody looks at staging, and its hook has no reason to run.
func TestSuitesThatWriteAskNothingOfStaging(t *testing.T) {
	n := writing(nil)
	n.Suites = n.Suites[1:]
	a := env.Asked{Env: "staging", Environment: env.Environment{Name: "staging", Mode: event.Staging}}
	if got := env.LookAt(a, n); got.Any() {
		t.Errorf("looks at %+v", got)
	}
	if d := env.Decide(a, n, nil); d.Code() != 4 {
		t.Errorf("nothing runs, and the code is %d", d.Code())
	}
	a.Environment.Writes = true
	if got := env.LookAt(a, n); !got.Staging {
		t.Errorf("looks at %+v", got)
	}
}
