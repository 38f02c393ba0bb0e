package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report"
	"testrunner/report/event"
)

// readAddresses reads --service NAME=URL. What is wrong with a URL is said without it: it may hold a password.
func readAddresses(written []string) ([]env.Address, error) {
	var out []env.Address
	for _, w := range written {
		name, text, ok := strings.Cut(w, "=")
		if !ok || name == "" || strings.Contains(name, "://") {
			return nil, usageError{text: "--service takes NAME=URL: a service and where it is, such as redis=redis://127.0.0.1:6379", remedy: "runner --help"}
		}
		a, err := namedAddress(name, text, "--service")
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(o env.Address) bool { return o.Service == name }); i < 0 {
			out = append(out, a)
		} else if out[i].URL != text {
			return nil, usagef("--service names two addresses of %s at once", name)
		}
	}
	return out, nil
}

func namedAddress(name, text, from string) (env.Address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Hostname() == "" {
		return env.Address{}, usagef("%s: the address of %s is no URL with a host, such as http://127.0.0.1:8000", from, name)
	}
	return env.Address{Service: name, Written: openURL(text), URL: text, Where: from, Named: true}, nil
}

// openURL is an address without the credentials in it.
func openURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

// openArgs is a command line as it may be told: a password in it is masked, however short.
func openArgs(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		at := strings.Index(a, "://")
		if at < 0 {
			continue
		}
		authority, rest := a[at+3:], ""
		if end := strings.IndexAny(authority, "/?#"); end >= 0 {
			authority, rest = authority[:end], authority[end:]
		}
		user, host, ok := cutLast(authority, "@")
		if name, _, has := strings.Cut(user, ":"); ok && has {
			out[i] = a[:at+3] + name + ":***@" + host + rest
		}
	}
	return out
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}

// serviceVariable is the variable that names the address of a service: RUNNER_SERVICE_MY_DB of my-db.
func serviceVariable(name string) string { return "RUNNER_SERVICE_" + service.Capitals(name) }

// addressed completes what is asked for with the addresses that the user names: on the command line, else in a variable, both before what
// the configuration says. known are all services that there are. A name that is none is an error.
func addressed(asked env.Asked, known []string, environ []string) (env.Asked, error) {
	named := slices.Clone(asked.Services)
	for _, a := range named {
		if !slices.Contains(known, a.Service) {
			return asked, unknownAddress(a.Service, known)
		}
	}
	for _, name := range known {
		variable := serviceVariable(name)
		text := getenv(environ, variable)
		if text == "" || slices.ContainsFunc(named, func(a env.Address) bool { return a.Service == name }) {
			continue
		}
		a, err := namedAddress(name, text, variable)
		if err != nil {
			return asked, err
		}
		named = append(named, a)
	}
	if len(named) == 0 {
		return asked, nil
	}
	kept := slices.DeleteFunc(slices.Clone(asked.Environment.Addresses), func(a env.Address) bool {
		return slices.ContainsFunc(named, func(n env.Address) bool { return n.Service == a.Service })
	})
	asked.Environment.Addresses = append(kept, named...)
	slices.SortFunc(asked.Environment.Addresses, func(a, b env.Address) int { return strings.Compare(a.Service, b.Service) })
	return asked, nil
}

func unknownAddress(name string, known []string) error {
	said := fmt.Sprintf("--service: there is no service %q", name)
	switch near := categories.Nearest(name, known); {
	case near != "":
		said += fmt.Sprintf("; did you mean %s?", near)
	case len(known) > 0:
		said += "; there are " + strings.Join(known, ", ")
	default:
		said += ": there is no compose file, and runner.yaml names none"
	}
	return usageError{text: said, remedy: "runner services --help"}
}

// knownNames are the services that there are: those that are described, and those that have an address alone. Sorted.
func knownNames(catalog *categories.Catalog, services []env.Service) []string {
	var names []string
	for _, s := range services {
		names = append(names, s.Name)
	}
	for _, e := range catalog.Environments {
		for _, a := range e.Addresses {
			names = append(names, a.Service)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// addressesOf are the addresses in a mode, URLs by service: those of the environment that the decision took, and those that the user names.
func addressesOf(asked env.Asked, mode event.Mode) map[string]string {
	out := map[string]string{}
	if mode == event.Staging && asked.Mode() == env.Auto && asked.Fallback != nil {
		for _, a := range asked.Fallback.Addresses {
			out[a.Service] = a.URL
		}
	}
	for _, a := range asked.Environment.Addresses {
		out[a.Service] = a.URL
	}
	return out
}

// variablesOf are the variables in a mode, NAME=VALUE, a later one over an earlier: those of the environment that was asked for, and of
// the fallback where the decision took it.
func variablesOf(asked env.Asked, mode event.Mode) []string {
	if mode == event.Staging && asked.Mode() == env.Auto && asked.Fallback != nil {
		return slices.Concat(asked.Environment.Variables, asked.Fallback.Variables)
	}
	return asked.Environment.Variables
}

// suiteVariables are those that suites of a selection give to their tests.
func suiteVariables(s categories.Selection) []string {
	var out []string
	for _, c := range s.Categories {
		for _, one := range c.Suites {
			out = append(out, one.Target.Env...)
		}
	}
	return out
}

// maskOf masks the secrets of a run (law 11): also the passwords of addresses, which tests get to know.
func maskOf(environ, declared, addresses []string) func(string) string {
	all := slices.Clone(environ)
	for _, url := range addresses {
		all = append(all, "ADDRESS="+url)
	}
	return report.Secrets(all, declared)
}

// runMask is the mask of what was asked for: tests get to know the addresses and variables of its environment, and of its fallback.
func runMask(environ []string, asked env.Asked) func(string) string {
	given := []env.Environment{asked.Environment}
	if asked.Fallback != nil {
		given = append(given, *asked.Fallback)
	}
	known := slices.Clone(environ)
	var addresses []string
	for _, e := range given {
		known = append(known, e.Variables...)
		for _, a := range e.Addresses {
			addresses = append(addresses, a.URL)
		}
	}
	if asked.Kept != nil {
		addresses = append(addresses, asked.Kept.URLs...)
	}
	return maskOf(known, secretsOf(asked), addresses)
}
