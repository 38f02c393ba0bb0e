package env_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"testrunner/env"
	"testrunner/report/event"
)

var ids = []string{
	event.DockerEngine, event.DockerMemory, event.DockerDisk, event.HostMemory, "host.port.5432", "docker.projects.5432", "local.backend", "local.postgres", "local.redis",
	"local.other", "address.redis", event.Kept, "kept.redis", "kept.backend", "staging.backend.address", "staging.backend.health", "staging.backend.tls", "staging.redis.health", event.StagingSecrets,
	"compose.file", "docker", "staging", "",
}

func findings() *rapid.Generator[[]event.Finding] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event.Finding {
		f := event.Finding{
			ID:     rapid.SampledFrom(ids).Draw(t, "id"),
			Status: rapid.SampledFrom([]event.Status{event.OK, event.OK, event.OK, event.Warn, event.Fail, event.Unknown}).Draw(t, "status"),
			Detail: "so", Remedy: "do",
		}
		if f.ID == event.DockerMemory || f.ID == event.HostMemory {
			f.Number, f.Unit = float64(rapid.IntRange(0, 4<<30).Draw(t, "bytes")), event.Bytes
		}
		return f
	}), 0, 14)
}

func needs() *rapid.Generator[env.Needs] {
	return rapid.Custom(func(t *rapid.T) env.Needs {
		n := env.Needs{Services: services()}
		n.Services[1].Ports = []env.Port{{Number: 5432}}
		n.Services[0].Stub = rapid.Bool().Draw(t, "backend has a stub")
		for i := range rapid.IntRange(1, 5).Draw(t, "suites") {
			s := env.SuiteNeeds{
				Category: rapid.SampledFrom([]string{"unit", "e2e", "mission-critical"}).Draw(t, "category"), Suite: fmt.Sprint(i),
				Named: rapid.Bool().Draw(t, "named"),
				Needs: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"backend", "postgres", "redis", "other"}), 0, 3, rapid.ID[string]).Draw(t, "needs"),
				Stubs: rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"backend", "redis"}), 0, 2, rapid.ID[string]).Draw(t, "stubs"),
				Modes: rapid.SliceOfNDistinct(rapid.SampledFrom(env.Modes()), 0, 3, rapid.ID[event.Mode]).Draw(t, "modes"),
			}
			s.Critical = s.Category == "mission-critical"
			if rapid.IntRange(0, 4).Draw(t, "tool") == 0 {
				s.Findings = []event.Finding{fail("tool.x.missing")}
			}
			n.Suites = append(n.Suites, s)
		}
		return n
	})
}

func questions() *rapid.Generator[env.Asked] {
	return rapid.Custom(func(t *rapid.T) env.Asked {
		a := env.Asked{RealServices: rapid.Bool().Draw(t, "real"), Strict: rapid.Bool().Draw(t, "strict")}
		if mode := rapid.SampledFrom(append(env.Modes(), env.Auto, env.Auto)).Draw(t, "mode"); mode != env.Auto {
			a.Env, a.EnvFrom, a.Environment = string(mode), "--env "+string(mode), env.Environment{Name: string(mode), Mode: mode}
		}
		if rapid.Bool().Draw(t, "fallback") {
			a.Fallback = &env.Environment{Name: "staging", Mode: event.Staging, Where: "runner.yaml:2:2"}
		}
		if rapid.Bool().Draw(t, "address") {
			a.Environment.Addresses = []env.Address{{Service: "redis", Named: rapid.Bool().Draw(t, "named")}}
		}
		if rapid.IntRange(0, 3).Draw(t, "kept") == 0 {
			a.Kept = &env.Kept{From: "--attach", Mode: rapid.SampledFrom(append(env.Modes(), "")).Draw(t, "mode of the set"), Services: []event.Served{
				{Service: "backend", By: event.ByLocal, Fidelity: event.Real}, {Service: "redis", By: event.ByStub, Fidelity: event.Stub},
			}}
		}
		a.AllowNotRun = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"unit", "e2e", "mission-critical"}), 0, 3, rapid.ID[string]).Draw(t, "allowed")
		return a
	})
}

// Law 1: a mode that was asked for by name is obeyed or refused, never swapped, whatever was found; no stub serves real services, and
// staging is nobody's mode unasked.
func TestNamedModesAreNeverSwapped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, n := questions().Draw(t, "asked"), needs().Draw(t, "needs")
		d := env.Decide(a, n, findings().Draw(t, "findings"))
		if a.Mode() != env.Auto && d.Mode != a.Mode() {
			t.Fatalf("asked for %s, got %s", a.Mode(), d.Mode)
		}
		if d.Mode == env.Auto || d.Mode == event.Staging && a.Kept == nil && a.Mode() != event.Staging && a.Fallback == nil {
			t.Fatalf("the mode is %s", d.Mode)
		}
		for i, admission := range d.Admissions {
			for _, s := range admission.Services {
				checkServed(t, a, d, n.Suites[i], s)
			}
		}
	})
}

func checkServed(t *rapid.T, a env.Asked, d env.Decision, suite env.SuiteNeeds, s event.Served) {
	allowed := map[event.Mode][]event.Provider{
		event.Docker: {event.ByDocker, event.ByAddress}, event.NoDocker: {event.ByLocal, event.ByAddress, event.ByStub}, event.Staging: {event.ByStaging},
	}
	if a.Kept != nil {
		if s.By == event.ByStub && (a.RealServices || a.Strict || !slices.Contains(suite.Stubs, s.Service)) || s.By == event.ByDocker {
			t.Fatalf("of a set that is up, %s is served by %s for %+v", s.Service, s.By, suite)
		}
		return
	}
	allowed[event.Staging] = append(allowed[event.Staging], event.ByAddress)
	if s.By == event.ByAddress && d.Mode == event.Staging && !a.Names(s.Service) {
		t.Fatalf("staging's own %s is served by an address that nobody named", s.Service)
	}
	if !slices.Contains(allowed[d.Mode], s.By) || (s.By == event.ByStub) != (s.Fidelity == event.Stub) {
		t.Fatalf("in %s, %s is served by %s (%s)", d.Mode, s.Service, s.By, s.Fidelity)
	}
	if s.By == event.ByStub && (a.RealServices || a.Strict || a.Mode() != event.NoDocker || !slices.Contains(suite.Stubs, s.Service) || s.Service == "postgres") {
		t.Fatalf("a stub serves %s of %+v, asked %+v", s.Service, suite, a)
	}
}

// For a fixed mode one more finding that is not well never admits more; under auto it may change the mode alone.
func TestFurtherFaultsNeverAdmitMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, n, found := questions().Draw(t, "asked"), needs().Draw(t, "needs"), findings().Draw(t, "findings")
		fault := event.Finding{
			ID:     rapid.SampledFrom(ids).Draw(t, "id of the fault"),
			Status: rapid.SampledFrom([]event.Status{event.Fail, event.Unknown}).Draw(t, "status of the fault"), Detail: "worse",
		}
		if fault.ID == event.DockerMemory || fault.ID == event.HostMemory {
			fault.Number, fault.Unit = float64(rapid.IntRange(0, 4<<30).Draw(t, "bytes of the fault")), event.Bytes
		}
		before := env.Decide(a, n, found)
		at := rapid.IntRange(0, len(found)).Draw(t, "place")
		after := env.Decide(a, n, slices.Insert(slices.Clone(found), at, fault))
		if before.Mode != after.Mode {
			if a.Mode() != env.Auto {
				t.Fatalf("the fault changed the mode from %s to %s", before.Mode, after.Mode)
			}
			return
		}
		for i := range after.Admissions {
			if after.Admissions[i].Admitted && !before.Admissions[i].Admitted {
				t.Fatalf("with the further fault %+v, %+v is admitted; before: %+v", fault, after.Admissions[i], before.Admissions[i])
			}
		}
	})
}

// What is blocked is named with its reason; a critical category is accepted by its own name alone; nothing that runs is never 0.
func TestNothingIsLeftUnsaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, n := questions().Draw(t, "asked"), needs().Draw(t, "needs")
		d := env.Decide(a, n, findings().Draw(t, "findings"))
		if len(d.Admissions) != len(n.Suites) || len(d.Rules) == 0 || len(d.Why) == 0 {
			t.Fatalf("%+v", d)
		}
		runs := false
		for i, admission := range d.Admissions {
			s := n.Suites[i]
			runs = runs || admission.Admitted
			if admission.Admitted == (admission.Reason.Text != "") {
				t.Fatalf("admitted %t, because %q", admission.Admitted, admission.Reason.Text)
			}
			if admission.Admitted {
				continue
			}
			if admission.LeftOut && (s.Named || len(s.Needs) == 0) {
				t.Fatalf("%+v was named and is left out", s)
			}
			allowed := slices.Contains(a.AllowNotRun, s.Category)
			if s.Critical && admission.Accepted != "" && !allowed {
				t.Fatalf("%+v is accepted by %s", s, admission.Accepted)
			}
			if !admission.LeftOut && (s.Critical && !allowed || a.Strict) && d.Code() == 0 {
				t.Fatalf("%+v is not run, and the code is 0", s)
			}
		}
		if !runs && d.Code() == 0 {
			t.Fatal("nothing runs, and the code is 0")
		}
	})
}

// The same question has the same answer, word for word.
func TestDecisionsAreDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, n, found := questions().Draw(t, "asked"), needs().Draw(t, "needs"), findings().Draw(t, "findings")
		one, two := fmt.Sprintf("%+v", env.Decide(a, n, found)), fmt.Sprintf("%+v", env.Decide(a, n, found))
		if one != two {
			t.Fatalf("%s\n%s", one, two)
		}
	})
}
