package env_test

import (
	"strings"
	"testing"

	"testrunner/env"
	"testrunner/report/event"
)

// A set that is up decides the mode, and is refused where the mode, the fidelity or a service is not what is asked for.
func TestKeptServices(t *testing.T) {
	real := func(names ...string) (out []event.Served) {
		for _, n := range names {
			out = append(out, event.Served{Service: n, By: event.ByLocal, Fidelity: event.Real})
		}
		return out
	}
	all := []event.Finding{ok("kept.backend"), ok("kept.postgres"), ok("kept.redis")}
	stubbed := []event.Served{{Service: "postgres", By: event.ByLocal, Fidelity: event.Real}, {Service: "redis", By: event.ByStub, Fidelity: event.Stub}}
	composed := func(apart []string, names ...string) env.Kept {
		k := env.Kept{Mode: event.Docker, Project: "chat", Apart: apart}
		for _, n := range names {
			k.Services = append(k.Services, event.Served{Service: n, By: event.ByDocker, Fidelity: event.Real})
		}
		return k
	}
	for _, c := range []struct {
		name     string
		asked    env.Asked
		kept     env.Kept
		found    []event.Finding
		category string
		served   string // or
		fails    string
	}{
		{name: "all of it", kept: env.Kept{Mode: event.NoDocker, Services: real("backend", "postgres", "redis")}, found: all, category: "e2e", served: "backend (local), postgres (local), redis (local)"},
		{name: "what stands behind it is the set's own", kept: env.Kept{Mode: event.NoDocker, Services: real("backend")}, found: all, category: "e2e", served: "backend (local)"},
		{name: "no such set", found: []event.Finding{fail(event.Kept)}, category: "e2e", fails: "needs backend: ill"},
		{name: "nobody looked", category: "e2e", fails: "nobody looked"},
		{name: "one is missing", kept: env.Kept{Mode: event.NoDocker, Services: real("postgres")}, found: all, category: "integration", fails: "redis, which is not among the services that are up (postgres)"},
		{name: "one is not ready", kept: env.Kept{Mode: event.NoDocker, Services: real("backend", "postgres", "redis")}, found: append(all[:2:2], fail("kept.redis")), category: "e2e", fails: "needs redis: ill"},
		{name: "a stub will do", kept: env.Kept{Mode: event.NoDocker, Services: stubbed}, found: all, category: "integration", served: "postgres (local), redis (stub)"},
		{name: "a stub will not do", asked: env.Asked{RealServices: true}, kept: env.Kept{Mode: event.NoDocker, Services: stubbed}, found: all, category: "integration", fails: "it is a stub"},
		{name: "another mode", asked: env.Asked{EnvFrom: "--env docker", Environment: env.Environment{Mode: event.Docker}}, kept: env.Kept{Mode: event.NoDocker, Services: real("backend")}, found: all, category: "e2e", fails: "mode no-docker, which --env docker does not ask for"},
		{name: "nothing accepts it", asked: env.Asked{EnvFrom: "--no-docker", Environment: env.Environment{Mode: event.NoDocker}}, found: []event.Finding{fail(event.Kept)}, category: "integration", fails: "ill"},
		{name: "a compose project", kept: composed(nil, "backend", "postgres", "redis"), found: all, category: "e2e", served: "backend (docker), postgres (docker), redis (docker)"},
		{name: "a compose project, by name", asked: env.Asked{RealServices: true, EnvFrom: "--env docker", Environment: env.Environment{Mode: event.Docker}}, kept: composed(nil, "postgres", "redis"), found: all, category: "integration", served: "postgres (docker), redis (docker)"},
		{name: "one is missing in a project", kept: composed(nil, "postgres"), found: append(all[:2:2], fail("kept.redis")), category: "integration", fails: "needs redis: ill"},
		{name: "what is missing in a project behind it is its own", kept: composed(nil, "backend", "postgres"), found: all[:2], category: "e2e", served: "backend (docker), postgres (docker)"},
		{name: "one behind it is ill", kept: composed(nil, "backend", "redis"), found: append(all[:1:1], fail("kept.redis")), category: "e2e", fails: "needs redis: ill"},
		{name: "one behind it is apart", kept: composed([]string{"redis"}, "backend", "redis"), found: all, category: "e2e", served: "backend (docker), redis (docker)"},
		{name: "one that tests need is apart", kept: composed([]string{"redis"}, "postgres", "redis"), found: append(all[:2:2], event.Finding{ID: "kept.redis", Status: event.Warn, Detail: "out of reach", Remedy: "publish it"}), category: "integration", fails: "needs redis: out of reach"},
		{name: "an address beats it", asked: env.Asked{Environment: env.Environment{Addresses: []env.Address{{Service: "backend", Named: true}}}}, kept: env.Kept{Mode: event.NoDocker, Services: real("backend")}, found: []event.Finding{ok("address.backend")}, category: "e2e", served: "backend (address)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.kept.From = "--attach"
			c.asked.Kept = &c.kept
			d := env.Decide(c.asked, wants(true, c.category), c.found)
			a := d.Admissions[0]
			var served []string
			for _, s := range a.Services {
				served = append(served, s.Service+" ("+string(s.By)+")")
			}
			if got := strings.Join(served, ", "); got != c.served || a.Admitted != (c.fails == "") || !strings.Contains(a.Reason.Text, c.fails) {
				t.Errorf("served %q, admitted %t, %q", got, a.Admitted, a.Reason.Text)
			}
			if want := map[bool]int{true: 0, false: 5}[c.fails == ""]; d.Code() != want {
				t.Errorf("the code is %d, want %d", d.Code(), want)
			}
		})
	}
}

// An address that the user names counts in every mode; where all that is needed has one, Docker is not looked at.
func TestNamedAddresses(t *testing.T) {
	named := []env.Address{{Service: "postgres", Named: true}, {Service: "redis", Named: true}}
	for _, mode := range append(env.Modes(), env.Auto) {
		n := wants(true, "integration")
		n.Suites[0].Modes = everywhere()
		a := env.Asked{Environment: env.Environment{Name: string(mode), Mode: mode, Addresses: named}}
		d := env.Decide(a, n, []event.Finding{ok("address.postgres"), ok("address.redis")})
		if got := cell(d.Admissions[0]); got != "address" {
			t.Errorf("%s: %s: %+v", mode, got, d.Admissions[0])
		}
		if look := env.LookAt(a, n); mode == env.Auto && (look.Docker || d.Mode != event.NoDocker) {
			t.Errorf("Docker is looked at (%+v), and the mode is %s", look, d.Mode)
		}
	}
	// One that needs Docker, or has no address, has it looked at.
	for _, n := range []env.Needs{wants(true, "e2e"), func() env.Needs {
		n := wants(true, "integration")
		n.Suites[0].Modes = []event.Mode{event.Docker}
		return n
	}()} {
		a := env.Asked{Environment: env.Environment{Addresses: named}}
		if look := env.LookAt(a, n); !look.Docker {
			t.Errorf("Docker is not looked at for %+v", n.Suites)
		}
	}
}
