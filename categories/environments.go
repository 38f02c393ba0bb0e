package categories

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// builtInEnvironments always exist as names.
func builtInEnvironments() []string {
	return []string{string(env.Auto), string(event.Docker), string(event.NoDocker), string(event.Staging)}
}

// environ fills in what the configuration says of services and environments.
func (c *configuration) environ(into *Catalog) {
	into.AsWritten = c.Ports != ""
	into.Default = c.Config.Environment
	into.AllowHosts = slices.Sorted(slices.Values(c.AllowHosts))
	for _, name := range sorted(c.Services) {
		into.Services = append(into.Services, serviceOf(name, c.Services[name]))
	}
	names := builtInEnvironments()
	for _, name := range sorted(c.Environments) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		into.Environments = append(into.Environments, c.environment(name))
	}
	p := c.Config.Preflight
	into.Preflight = Preflight{
		FreeMemory: bytesOf(p.Memory), FreeDisk: bytesOf(p.Disk), Load: float64(p.CPU), Answer: lasting(p.Answer), Info: lasting(p.Info),
		ClockSkew: lasting(p.ClockSkew), TLSDays: p.TLSDays,
	}
}

func (c *configuration) environment(name string) env.Environment {
	said, ok := c.Environments[name]
	e := env.Environment{
		Name: name, Mode: modeOf(name, said), Compose: said.Compose, Profiles: said.Profiles, Variables: variables(said.Variables),
		Secrets: said.Secrets, Before: said.Before, Fallback: said.Fallback,
	}
	if ok {
		e.Where = c.where(at("environments", name))
	}
	for _, service := range sorted(said.Addresses) {
		e.Addresses = append(e.Addresses, env.Address{
			Service: service, Written: string(said.Addresses[service]), Where: c.where(at("environments", name, "addresses", service)),
		})
	}
	return e
}

// modeOf is the mode of an environment: what it says, else what its name says, else auto.
func modeOf(name string, said EnvironmentConfig) event.Mode {
	switch {
	case said.Mode != "":
		return event.Mode(said.Mode)
	case slices.Contains(builtInEnvironments(), name):
		return event.Mode(name)
	}
	return env.Auto
}

// lasting is a duration that has been checked.
func lasting(d Duration) time.Duration {
	v, err := time.ParseDuration(string(d))
	if err != nil {
		return 0
	}
	return v
}

// Environment completes what was asked for with what its name means here. getenv gives addresses their variables. Flags come before the
// variable, and both before the configuration's own default.
// The error is a *UsageError: an environment that is not there, or two modes at once.
func (c *Catalog) Environment(a env.Asked, noDocker bool, getenv func(string) string) (env.Asked, error) {
	if a.Env == "" && !noDocker && c.Default != "" {
		a.Env, a.EnvFrom = c.Default, c.cfg.where("environment")
	}
	name := a.Env
	if name == "" {
		name = string(env.Auto)
	}
	found, err := c.environmentNamed(name, a.EnvFrom)
	if err != nil {
		return a, err
	}
	if noDocker {
		if found.Mode != env.Auto && found.Mode != event.NoDocker {
			return a, &UsageError{Msg: fmt.Sprintf("--no-docker and %s name two modes at once", a.EnvFrom), Suggestion: "runner --no-docker"}
		}
		found.Mode, a.EnvFrom = event.NoDocker, "--no-docker"
		if a.Env == "" || a.Env == string(env.Auto) {
			a.Env = string(event.NoDocker)
		}
	}
	if a.StartDocker && (found.Mode == event.NoDocker || found.Mode == event.Staging) {
		return a, &UsageError{Msg: fmt.Sprintf("--start-docker does nothing in %s, which %s asks for", found.Mode, a.EnvFrom), Suggestion: "runner --start-docker --env docker"}
	}
	a.Environment = expanded(found, getenv)
	if found.Fallback != "" && found.Mode == env.Auto {
		fallback, err := c.environmentNamed(found.Fallback, "")
		if err != nil {
			return a, err
		}
		fallback = expanded(fallback, getenv)
		a.Fallback = &fallback
	}
	return a, nil
}

func (c *Catalog) environmentNamed(name, from string) (env.Environment, error) {
	var names []string
	for _, e := range c.Environments {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	near := orNearest(name, names)
	if near == "" {
		near = "; there are " + strings.Join(names, ", ")
	}
	return env.Environment{}, &UsageError{Msg: fmt.Sprintf("%s: there is no environment of that name%s", from, near), Suggestion: "runner --dry-run"}
}

// expanded puts the variables into the addresses.
func expanded(e env.Environment, getenv func(string) string) env.Environment {
	e.Addresses = slices.Clone(e.Addresses)
	for i := range e.Addresses {
		a := &e.Addresses[i]
		a.URL, a.Missing = expand(a.Written, getenv)
		if a.Missing != "" {
			a.URL = ""
		}
	}
	return e
}

// expand puts values in the place of ${NAME}, and of ${NAME:-default}. missing is the first variable without a value.
func expand(text string, getenv func(string) string) (out, missing string) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "${")
		b.WriteString(before)
		if !ok {
			return b.String(), missing
		}
		word, after, closed := strings.Cut(rest, "}")
		if !closed {
			b.WriteString("${" + rest)
			return b.String(), missing
		}
		name, otherwise, _ := strings.Cut(word, ":-")
		value := getenv(name)
		if value == "" {
			value = otherwise
		}
		if value == "" && missing == "" {
			missing = name
		}
		b.WriteString(value)
		text = after
	}
}
