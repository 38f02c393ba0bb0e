package categories

import (
	"testrunner/env"
)

// serviceOf is what the configuration says of a service, in the words of the decision.
func serviceOf(name string, said ServiceConfig) env.Service {
	return env.Service{
		Name: name, Local: said.Local, Ready: said.Ready.Path, Env: variables(said.Env),
		ReadyLog: said.Ready.Log, ReadyCommand: said.Ready.Command, ReadyWithin: lasting(said.Ready.Within),
		Latency: env.Latency{Warn: lasting(said.Latency.Warn), Fail: lasting(said.Latency.Fail)},
		Before:  said.Before, AnyVersion: said.AnyVersion, StubSpec: stubOf(said.Stub),
	}
}

// stubOf is what a stub answers; nil where nothing is said.
func stubOf(said *StubConfig) *env.StubSpec {
	if said == nil {
		return nil
	}
	out := &env.StubSpec{OpenAPI: said.OpenAPI}
	for _, r := range said.Routes {
		route := env.StubRoute{Method: r.Method, Path: r.Path, Status: r.Status, Body: string(r.Body)}
		for name, value := range r.Headers {
			if route.Headers == nil {
				route.Headers = map[string]string{}
			}
			route.Headers[name] = string(value)
		}
		out.Routes = append(out.Routes, route)
	}
	if j := said.JWT; j != nil {
		out.JWT = &env.StubIssuer{Issuer: j.Issuer, Audience: j.Audience, Lifetime: lasting(j.Lifetime)}
	}
	if w := said.WebSocket; w != nil {
		out.Path = w.Path
		for _, m := range w.Messages {
			out.Messages = append(out.Messages, env.StubMessage{Expect: string(m.Expect), Send: string(m.Send), After: lasting(m.After)})
		}
	}
	return out
}
