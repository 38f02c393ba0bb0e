package junit

import (
	"strings"
	"testing"

	"testrunner/report"
	"testrunner/report/event"
)

// The decision stands in the properties: what was asked and why on the first testsuite, what served each category on its own.
func TestDecisionProperties(t *testing.T) {
	rules := []event.Rule{{Mode: event.Docker, Name: "docker", Why: "it is off (docker.engine)", Finding: event.DockerEngine}, {Mode: event.NoDocker, Name: "no-docker with what there is", Taken: true, Why: "so it is"}}
	ledger := report.NewLedger()
	for i, b := range []event.Body{
		event.RunStarted{Version: event.Version},
		event.Found{Finding: event.Finding{ID: event.DockerEngine, Status: event.Fail}},
		event.Found{Finding: event.Finding{ID: event.HostMemory, Status: event.OK}},
		event.Decided{Asked: "auto", Mode: event.NoDocker, Why: []string{"so it is", "no Docker"}, Rules: rules, Admissions: []event.Admission{
			{Category: "integration", Suite: "go", Admitted: true, Services: []event.Served{{Service: "redis", By: event.ByStub, Fidelity: event.Stub}, {Service: "db", By: event.ByLocal, Fidelity: event.Real}}},
			{Category: "integration", Suite: "pytest", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no"}},
			{Category: "e2e", Suite: "go", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no"}},
			{Category: "unit", Suite: "node", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no"}},
		}},
		event.Planned{Categories: []event.PlannedCategory{
			{Name: "unit", Suites: []string{"go", "node"}}, {Name: "integration", Suites: []string{"go", "pytest"}}, {Name: "e2e", Suites: []string{"go"}},
		}},
		event.NotRun{Category: "e2e", Reason: event.Reason{Code: event.ReasonBlocked, Text: "no"}},
		event.Leftovers{},
	} {
		if err := ledger.Handle(event.Event{Seq: int64(i + 1), Body: b}); err != nil {
			t.Fatal(err)
		}
	}
	got := string(render(t, ledger.Summary(), Common))
	for _, want := range []string{
		`name="runner.asked" value="auto"`, `name="runner.why" value="so it is; no Docker"`, `name="runner.findings" value="docker.engine=fail"`,
		`name="runner.admitted" value="in part"`, `name="runner.services" value="db=local, redis=stub"`, `name="runner.admitted" value="no"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if n := strings.Count(got, `name="runner.admitted" value="in part"`); n != 2 {
		t.Errorf("%d categories are admitted in part, want 2: a suite that may run need not stand among the admissions", n)
	}
}
