package main

import (
	"testing"

	"testrunner/categories"
	"testrunner/env"
)

// A service at an address publishes no port here, so nobody has to look whether it is free.
func TestWantsOf_ports_of_what_is_started(t *testing.T) {
	needs := env.Needs{
		Suites: []env.SuiteNeeds{{Category: "e2e", Suite: "go", Needs: []string{"postgres", "redis"}}},
		Services: []env.Service{
			{Name: "postgres", Compose: true, Ports: []env.Port{{Address: "127.0.0.1", Number: 5432}}},
			{Name: "redis", Compose: true, Ports: []env.Port{{Address: "127.0.0.1", Number: 6379}}},
		},
	}
	w := World{Environ: []string{"RUNNER_STATE_DIR=" + t.TempDir()}}
	ports := func(asked env.Asked) (found []int) {
		for _, p := range wantsOf(&categories.Catalog{}, asked, needs, place{}, w).Ports {
			found = append(found, p.Port)
		}
		return found
	}
	if got := ports(env.Asked{}); len(got) != 2 {
		t.Errorf("both are to be started: %v", got)
	}
	asked := env.Asked{Environment: env.Environment{Addresses: []env.Address{{Service: "postgres", URL: "postgres://127.0.0.1:1/", Named: true}}}}
	if got := ports(asked); len(got) != 1 || got[0] != 6379 {
		t.Errorf("postgres is at an address: %v", got)
	}
}
