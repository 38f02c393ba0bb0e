package main

import (
	"context"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/preflight"
	"testrunner/env/service"
	"testrunner/env/staging"
	"testrunner/report/event"
	"testrunner/runner/contract"
)

// contractClock bounds the trial of one contract beside the times that it names itself: a doctor's look is no test run.
const contractClock = time.Minute

// contracts are the trials of the contracts of WebSockets that may be tried in staging. They send messages, so they are asked for by name.
func (sick patient) contracts() []preflight.Check {
	if !slices.Contains(sick.options.areas, websocketArea) {
		return nil
	}
	var out []preflight.Check
	for _, c := range sick.selection.Categories {
		for _, s := range c.Suites {
			if s.Target.Contract == nil || !sick.inStaging(c.Name, s.Name) {
				continue
			}
			id := websocketArea + "." + s.Name
			out = append(out, preflight.Check{ID: id, Deadline: contractClock, Look: func(ctx context.Context) []event.Finding {
				return []event.Finding{sick.contract(ctx, id, s)}
			}})
		}
	}
	return out
}

func (sick patient) inStaging(category, suite string) bool {
	return slices.ContainsFunc(sick.needs.Suites, func(n env.SuiteNeeds) bool {
		return n.Category == category && n.Suite == suite && sick.asked.InStaging(n)
	})
}

// contract tries one, with the variables that its job would have.
func (sick patient) contract(ctx context.Context, id string, s categories.Suite) event.Finding {
	f := event.Finding{ID: id, Status: event.Fail, Remedy: event.ShellJoin([]string{"runner", "--env", sick.asked.Environment.Name, s.Name + "::connect"})}
	environ, err := sick.stagingVariables(ctx, s)
	if err != nil {
		f.Detail, f.Remedy = err.Error(), ""
		return f
	}
	asked, err := s.Target.Contract.Expand(func(name string) string { return lastOf(environ, name) })
	if err != nil {
		f.Detail, f.Remedy = err.Error(), ""
		return f
	}
	var all []contract.Verdict
	result, err := contract.Run(ctx, asked, contract.Options{Ended: func(v contract.Verdict, _ contract.Micros) { all = append(all, v) }})
	if err != nil {
		f.Detail = fmt.Sprintf("not tried to its end within %s", contractClock)
		return f
	}
	return judged(f, asked, all, result.Reached)
}

// judged sums the verdicts of a contract up. It is pure.
func judged(f event.Finding, asked contract.Contract, all []contract.Verdict, reached bool) event.Finding {
	held, warned := 0, ""
	var bad []string
	for _, v := range all {
		switch {
		case v.Wrong != "":
			bad = append(bad, v.Case+": "+v.Wrong)
		case len(v.Broken) > 0:
			bad = append(bad, v.Case+": "+v.Broken[0])
		default:
			held++
			if v.Warn != "" && warned == "" {
				warned = v.Case + ": " + v.Warn
			}
		}
	}
	f.Value, f.Threshold = fmt.Sprintf("%d of %d hold", held, len(all)), fmt.Sprintf("%d of %d", len(all), len(all))
	if u, err := url.Parse(asked.URL); err == nil {
		f.Detail = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() // its query may hold a token
	}
	switch {
	case len(all) == 0:
		f.Status, f.Value, f.Detail = event.Unknown, "", "the contract has no case"
	case !reached:
		f.Value, f.Detail = "nobody answers", bad[0]
	case len(bad) > 0:
		f.Detail = strings.Join(bad[:min(len(bad), 3)], "; ")
	case warned != "":
		f.Status, f.Detail, f.Remedy = event.Warn, warned, ""
	default:
		f.Status, f.Remedy = event.OK, ""
	}
	return f
}

// stagingVariables are the variables of a suite's job in staging: NAME=VALUE, of which the last of a name counts.
func (sick patient) stagingVariables(ctx context.Context, s categories.Suite) ([]string, error) {
	addresses := map[string]string{}
	for _, a := range sick.asked.Environment.Addresses {
		if a.Missing != "" && slices.Contains(s.Need.Services, a.Service) {
			return nil, fmt.Errorf("no address of %s: the variable %s has no value; set it: %s", a.Service, a.Missing, event.SetVariable(runtime.GOOS, a.Missing, "URL"))
		}
		addresses[a.Service] = a.URL
	}
	provider := staging.New(event.ByStaging, addresses)
	var served []service.Served
	for _, name := range s.Need.Services {
		one := service.Spec{Service: sick.needs.Service(name)}
		in, err := provider.Start(ctx, one, nil, func(string) {})
		if err != nil {
			return nil, err
		}
		served = append(served, service.Served{Service: one.Service, By: event.ByStaging, Address: in.Address()})
	}
	environ := append(slices.Clone(sick.world.Environ), sick.asked.Environment.Variables...)
	return append(append(environ, service.Variables(served, event.Staging)...), s.Target.Env...), nil
}

// lastOf is the value of a variable that may be there several times.
func lastOf(environ []string, name string) string {
	for _, kv := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}
