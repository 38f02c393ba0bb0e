package env_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"testrunner/env"
	"testrunner/report/event"
)

// services are those of the table: backend stands on the two others.
func services() []env.Service {
	return []env.Service{
		{Name: "backend", Compose: true, DependsOn: []string{"postgres", "redis"}, Memory: 512 << 20},
		{Name: "postgres", Compose: true, Memory: 1 << 30},
		{Name: "redis", Compose: true, Stub: true},
	}
}

func everywhere() []event.Mode { return env.Modes() }

// wants are the needs of the categories of that name, in the order of the table.
func wants(named bool, names ...string) env.Needs {
	n := env.Needs{Services: services()}
	for _, s := range []env.SuiteNeeds{
		{Category: "unit"},
		{Category: "integration", Needs: []string{"postgres", "redis"}, Stubs: []string{"redis"}, Why: "runner.yaml:3:20"},
		{Category: "e2e", Needs: []string{"backend"}, Modes: everywhere(), Why: "runner.yaml:4:20"},
		{Category: "mission-critical", Needs: []string{"backend"}, Modes: everywhere(), Critical: true, Why: "runner.yaml:5:20"},
	} {
		if s.Suite = "go"; slices.Contains(names, s.Category) {
			s.Named = named
			n.Suites = append(n.Suites, s)
		}
	}
	return n
}

func ok(id string) event.Finding { return event.Finding{ID: id, Status: event.OK, Detail: "well"} }
func fail(id string) event.Finding {
	return event.Finding{ID: id, Status: event.Fail, Detail: "ill", Remedy: "mend " + id}
}

// saw are the findings of a row's words.
func saw(docker, here, staging string) []event.Finding {
	var out []event.Finding
	switch docker {
	case "works":
		out = append(out, ok(event.DockerEngine))
	case "down":
		out = append(out, fail(event.DockerEngine))
	}
	for _, s := range []string{"backend", "postgres", "redis"} {
		switch {
		case here == "-":
		case here == "all" || slices.Contains(strings.Fields(here), s):
			out = append(out, ok(event.Local+"."+s))
		default:
			out = append(out, fail(event.Local+"."+s))
		}
	}
	switch strings.TrimPrefix(staging, "listed ") {
	case "healthy":
		out = append(out, ok("staging.backend.address"), ok("staging.backend.health"), ok(event.StagingSecrets))
	case "ill":
		out = append(out, ok("staging.backend.address"), ok("staging.backend.tls"), fail("staging.backend.health"))
	case "none":
		out = append(out, fail("staging.backend.address"))
	}
	return out
}

// ask reads the flags of a row.
func ask(line string) (a env.Asked, named bool, categories []string) {
	words := strings.Fields(line)
	categories = []string{"unit", "integration", "e2e", "mission-critical"}
	switch words[0] {
	case "all":
		named = true
	case "unit":
		named, categories = true, []string{"unit"}
	}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "--env":
			i++
			a.Env, a.EnvFrom = words[i], "--env "+words[i]
			a.Environment = env.Environment{Name: words[i], Mode: event.Mode(words[i])}
		case "--no-docker":
			a.Env, a.EnvFrom = "no-docker", "--no-docker"
			a.Environment = env.Environment{Name: "no-docker", Mode: event.NoDocker}
		case "--real-services":
			a.RealServices = true
		case "--strict":
			a.Strict = true
		case "--allow-not-run":
			i++
			a.AllowNotRun = append(a.AllowNotRun, words[i])
		}
	}
	return a, named, categories
}

// cell is what the table says of an admission.
func cell(a event.Admission) string {
	switch {
	case a.LeftOut:
		return "out"
	case !a.Admitted && a.Accepted != "":
		return "accepted"
	case !a.Admitted:
		return "not run"
	case len(a.Services) == 0:
		return "here"
	}
	var by []string
	for _, s := range a.Services {
		by = append(by, string(s.By))
	}
	slices.Sort(by)
	return strings.Join(slices.Compact(by), "+")
}

func TestDecisions(t *testing.T) {
	text, err := os.ReadFile("testdata/decisions.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for i, line := range strings.Split(string(text), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| asked") || strings.HasPrefix(line, "| ---") {
			continue
		}
		rows++
		var c []string
		for _, each := range strings.Split(strings.Trim(line, "|"), "|") {
			c = append(c, strings.TrimSpace(each))
		}
		t.Run(fmt.Sprintf("line %d %s", i+1, c[0]), func(t *testing.T) { row(t, c) })
	}
	if rows < 30 {
		t.Errorf("only %d rows were read", rows)
	}
}

func row(t *testing.T, c []string) {
	a, named, categories := ask(c[0])
	if strings.HasPrefix(c[3], "listed") {
		a.Fallback = &env.Environment{Name: "staging", Mode: event.Staging, Where: "runner.yaml:9:3"}
	}
	d := env.Decide(a, wants(named, categories...), saw(c[1], c[2], c[3]))
	got := []string{string(d.Mode)}
	for i, name := range []string{"unit", "integration", "e2e", "mission-critical"} {
		if !slices.Contains(categories, name) {
			got = append(got, "")
			continue
		}
		admission := d.Admission(name, "go")
		got = append(got, cell(admission))
		if !admission.Admitted && admission.Reason.Text == "" {
			t.Errorf("%s is not run without a reason", name)
		}
		if c[5+i] == "not run" && admission.Reason.Finding == "" && !strings.Contains(admission.Reason.Text, "modes") {
			t.Errorf("%s is not run, and its reason names no finding: %s", name, admission.Reason.Text)
		}
	}
	got = append(got, fmt.Sprint(d.Code()))
	if !slices.Equal(got, c[4:10]) {
		t.Errorf("got  %v\nwant %v\nadmissions %+v", got, c[4:10], d.Admissions)
	}
	if taken := d.Rules[len(d.Rules)-1]; !taken.Taken || taken.Mode != d.Mode || len(d.Why) == 0 || d.Why[0] != taken.Why && a.Mode() == env.Auto {
		t.Errorf("the last rule is %+v, the mode %s because of %q", taken, d.Mode, d.Why)
	}
	for _, r := range d.Rules {
		if r.Why == "" {
			t.Errorf("the rule %s says nothing", r.Name)
		}
	}
}

// What is looked at follows from what was asked and is needed alone: for unit tests, and without Docker by name, never Docker.
func TestLookAt(t *testing.T) {
	for _, c := range []struct {
		asked string
		want  env.Look
	}{
		{"unit", env.Look{}},
		{"unit --env docker", env.Look{}},
		{"bare", env.Look{Docker: true, Local: true}},
		{"bare --real-services", env.Look{Docker: true, Local: true}},
		{"bare --no-docker", env.Look{Local: true}},
		{"bare --env docker", env.Look{Docker: true}},
		{"bare --env staging", env.Look{Staging: true}},
	} {
		a, named, categories := ask(c.asked)
		if got := env.LookAt(a, wants(named, categories...)); got != c.want {
			t.Errorf("%s: looks at %+v, want %+v", c.asked, got, c.want)
		}
	}
	n := wants(false, "e2e")
	n.Suites[0].Modes = []event.Mode{event.NoDocker}
	if got := env.LookAt(env.Asked{}, n); got != (env.Look{Local: true}) {
		t.Errorf("where docker is not in the modes, it is not looked at: %+v", got)
	}
	if got := wants(false, "e2e").Wanted(env.Look{Staging: true}); !slices.Equal(got, []string{"backend"}) {
		t.Errorf("staging is asked for what is named alone, not for %v", got)
	}
	if got := n.Wanted(env.Look{Staging: true}); len(got) > 0 {
		t.Errorf("staging is asked for %v, which only a suite needs that may not run there", got)
	}
	if got := wants(false, "e2e").Wanted(env.Look{Docker: true}); !slices.Equal(got, []string{"backend", "postgres", "redis"}) {
		t.Errorf("docker must serve %v", got)
	}
}

// Memory: the limits of what is needed against what the engine has, smallest first, shown.
func TestMemoryIsAdmittedByArithmetic(t *testing.T) {
	for _, c := range []struct {
		free float64
		want string // integration (1 GiB), e2e (1.5 GiB)
	}{
		{2 << 30, "docker docker"}, {1.5 * (1 << 30), "docker docker"}, {1.4 * (1 << 30), "docker not run"}, {1 << 30, "docker not run"}, {1 << 20, "not run not run"},
	} {
		memory := event.Finding{ID: event.DockerMemory, Status: event.OK, Number: c.free, Unit: event.Bytes}
		d := env.Decide(env.Asked{}, wants(false, "integration", "e2e"), []event.Finding{ok(event.DockerEngine), memory})
		if got := cell(d.Admissions[0]) + " " + cell(d.Admissions[1]); got != c.want {
			t.Errorf("%g bytes: %s, want %s", c.free, got, c.want)
		}
		for _, a := range d.Admissions {
			if !a.Admitted && (a.Reason.Finding != event.DockerMemory || !strings.Contains(a.Reason.Text, "postgres 1 GiB")) {
				t.Errorf("%g bytes: the reason is %+v", c.free, a.Reason)
			}
		}
		if last := d.Why[len(d.Why)-1]; c.free > 1<<20 && !strings.Contains(last, "1.5 GiB (backend 512 MiB, postgres 1 GiB)") {
			t.Errorf("the sum is not shown: %q", d.Why)
		}
	}
}

// The way out that is told where memory is short works: the category by itself is admitted.
func TestMemoryRemedyHelps(t *testing.T) {
	found := []event.Finding{ok(event.DockerEngine), {ID: event.DockerMemory, Status: event.OK, Number: 2 << 30, Unit: event.Bytes}}
	n := wants(false, "integration", "e2e")
	n.Services = append(n.Services, env.Service{Name: "search", Compose: true, Memory: 3 << 29})
	n.Suites[1].Needs = []string{"search"}
	d := env.Decide(env.Asked{}, n, found)
	if got := d.Admission("e2e", "go").Reason; got.Remedy != "runner -c e2e" {
		t.Fatalf("%+v", got)
	}
	n.Suites = n.Suites[1:]
	if d = env.Decide(env.Asked{}, n, found); !d.Admissions[0].Admitted {
		t.Errorf("%+v", d.Admissions)
	}
	n.Services[len(n.Services)-1].Memory = 3 << 30
	if d = env.Decide(env.Asked{}, n, found); d.Admissions[0].Admitted || d.Admissions[0].Reason.Remedy != "" {
		t.Errorf("what does not fit alone has no such way out: %+v", d.Admissions)
	}
}

// An address that the user names stands for a service and all behind it; one that may not be used blocks, and nothing steps in.
func TestAddressesServe(t *testing.T) {
	a := env.Asked{Environment: env.Environment{Name: "dev", Mode: event.NoDocker, Addresses: []env.Address{{Service: "backend"}}}, RealServices: true}
	local := []event.Finding{ok("local.backend"), ok("local.postgres"), ok("local.redis")}
	for _, f := range []event.Finding{ok("address.backend"), fail("address.backend")} {
		d := env.Decide(a, wants(false, "e2e"), append(local, f))
		if got := cell(d.Admissions[0]); (got == "address") != (f.Status == event.OK) {
			t.Errorf("with %+v: %s", f, got)
		}
	}
}

// A port that is published as written and taken blocks what needs its service, in docker alone.
func TestTakenPortsBlock(t *testing.T) {
	n := wants(false, "integration", "e2e")
	n.Services[0].Ports = []env.Port{{Number: 8000}}
	for _, id := range []string{"host.port.8000", "docker.projects.8000"} { // a program's, a container's
		d := env.Decide(env.Asked{}, n, []event.Finding{ok(event.DockerEngine), fail(id), ok("host.port.5432")})
		if got := cell(d.Admissions[0]) + " " + cell(d.Admissions[1]); got != "docker not run" || d.Admissions[1].Reason.Finding != id {
			t.Errorf("%s: %+v", got, d.Admissions[1].Reason)
		}
		if d := env.Decide(env.Asked{}, n, []event.Finding{fail(id), ok(event.DockerEngine)}); d.Mode != event.Docker {
			t.Errorf("%s makes the mode %s: %q", id, d.Mode, d.Why)
		}
	}
}

// Only what docker mode would start wants its ports: not what is at an address, nor what that alone stands on.
func TestInDocker(t *testing.T) {
	n := wants(false, "integration", "e2e")
	at := func(names ...string) env.Asked {
		a := env.Asked{}
		for _, name := range names {
			a.Environment.Addresses = append(a.Environment.Addresses, env.Address{Service: name, Named: true})
		}
		return a
	}
	kept := env.Asked{Kept: &env.Kept{Mode: event.Docker}}
	for want, asked := range map[string]env.Asked{
		"backend,postgres,redis": {}, "backend,redis": at("postgres"), "postgres,redis": at("backend"), "": kept,
	} {
		if got := strings.Join(n.InDocker(asked), ","); got != want {
			t.Errorf("%+v: %s, not %s", asked.Environment.Addresses, got, want)
		}
	}
	n.Suites = n.Suites[1:]
	if got := n.InDocker(at("backend")); len(got) > 0 {
		t.Errorf("what backend stands on is wanted: %q", got)
	}
	n.Suites[0].Modes = []event.Mode{event.NoDocker}
	if got := n.InDocker(env.Asked{}); len(got) > 0 {
		t.Errorf("what no docker mode may serve is wanted: %q", got)
	}
}

// A category is admitted in part where some of its suites are.
func TestCategoriesInPart(t *testing.T) {
	n := wants(false, "e2e")
	n.Suites = append(n.Suites, env.SuiteNeeds{Category: "e2e", Suite: "node"})
	d := env.Decide(env.Asked{}, n, []event.Finding{fail(event.DockerEngine)})
	c := d.Categories()
	if len(c) != 1 || !c[0].Admitted || !c[0].Part || c[0].Reason.Finding != event.DockerEngine {
		t.Errorf("%+v", c)
	}
	if d.Code() != 5 {
		t.Errorf("code %d", d.Code())
	}
}
