package service

import (
	"fmt"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strings"

	"testrunner/env"
	"testrunner/report/event"
)

// Machine answers what is installed here.
type Machine interface {
	// LookPath lists every program of that name on PATH, and then in folders that match one of the globs.
	LookPath(name string, folders ...string) []string
	// InTree says whether the project holds a file, relative to its root.
	InTree(path string) bool
}

// Local says of each named service what would serve it on this machine without Docker, one finding "local.NAME" each.
func Local(services []env.Service, names []string, m Machine) []event.Finding {
	var out []event.Finding
	for _, name := range names {
		i := slices.IndexFunc(services, func(s env.Service) bool { return s.Name == name })
		s := env.Service{Name: name}
		if i >= 0 {
			s = services[i]
		}
		out = append(out, local(s, m))
	}
	return out
}

func local(s env.Service, m Machine) event.Finding {
	f := event.Finding{ID: event.Local + "." + s.Name, Status: event.Fail}
	program, folders := "", []string(nil)
	switch {
	case len(s.Local) > 0:
		program = s.Local[0]
	case kind(s.Image) == postgres:
		program, folders = "postgres", postgresFolders()
	case kind(s.Image) == redis:
		program = "redis-server"
	default:
		f.Detail = fmt.Sprintf("runner.yaml gives %s no local command", s.Name)
		if s.Image != "" {
			f.Detail += ", and runner knows no program for the image " + s.Image
		}
		f.Remedy = "runner --service " + s.Name + "=URL"
		return f
	}
	if strings.ContainsAny(program, `/\`) {
		if !m.InTree(strings.TrimPrefix(program, "./")) {
			f.Detail = fmt.Sprintf("its local command %s is not there", program)
			return f
		}
		f.Status, f.Value, f.Detail = event.OK, program, event.ShellJoin(s.Local)
		return f
	}
	found := m.LookPath(program, folders...)
	if len(found) == 0 {
		f.Detail = fmt.Sprintf("this machine has no program %s", program)
		f.Remedy = installed(program, m)
		return f
	}
	f.Status, f.Value, f.Detail = event.OK, found[0], found[0]
	if len(s.Local) > 0 {
		f.Detail = event.ShellJoin(s.Local)
	}
	return f
}

// postgresFolders are where packages put PostgreSQL's server, which is on no PATH: Debian's and Red Hat's, those of macOS
// (Homebrew, Postgres.app, the installer, MacPorts), the installer's for Windows.
func postgresFolders() []string {
	return []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin", "/Library/PostgreSQL/*/bin", "/opt/local/lib/postgresql*/bin",
		`C:\Program Files\PostgreSQL\*\bin`,
	}
}

// installed is the command that installs a program, "" where no package manager is known.
func installed(program string, m Machine) string {
	packages := map[string][2]string{"postgres": {"postgresql", "postgresql"}, "redis-server": {"redis-server", "redis"}}
	p, known := packages[program]
	switch {
	case !known:
		return ""
	case len(m.LookPath("apt-get")) > 0:
		return "sudo apt-get install " + p[0]
	case len(m.LookPath("brew")) > 0:
		return "brew install " + p[1]
	}
	return ""
}

// Addresses says of each address of an environment whether it may be used: "staging.NAME.address" where the environment is staging, of
// each named service; else "address.NAME", of each address. A host that is not this machine must be in allowed, but for staging, which
// is elsewhere by its nature.
func Addresses(e env.Environment, names, allowed []string) []event.Finding {
	var out []event.Finding
	for _, a := range e.Addresses {
		if slices.Contains(names, a.Service) {
			out = append(out, address(a, e.Mode == event.Staging && !a.Named, allowed))
		}
	}
	if e.Mode != event.Staging {
		return out
	}
	for _, name := range names {
		if !slices.ContainsFunc(e.Addresses, func(a env.Address) bool { return a.Service == name }) {
			out = append(out, event.Finding{
				ID: event.StagingAddress + "." + name + ".address", Status: event.Fail,
				Detail: fmt.Sprintf("no address: environments, %s, addresses, %s in runner.yaml gives one", e.Name, name),
			})
		}
	}
	return out
}

func address(a env.Address, staging bool, allowed []string) event.Finding {
	f := event.Finding{ID: event.Address + "." + a.Service, Status: event.Fail, Value: a.Written}
	if staging {
		f.ID = event.StagingAddress + "." + a.Service + ".address"
	}
	if a.Missing != "" {
		f.Detail = fmt.Sprintf("the address of %s is %s (%s), and %s has no value", a.Service, a.Written, a.Where, a.Missing)
		f.Remedy = event.SetVariable(runtime.GOOS, a.Missing, "URL")
		return f
	}
	u, err := url.Parse(a.URL)
	switch {
	case err != nil || u.Scheme == "" || u.Hostname() == "":
		f.Detail = fmt.Sprintf("the address of %s (%s) is no URL with a host, such as https://auth.example.com", a.Service, a.Where)
	case !staging && !loopback(u.Hostname()) && !slices.Contains(allowed, u.Hostname()):
		f.Detail = fmt.Sprintf("%s is not this machine, and allow_hosts in runner.yaml does not list it: tests could write to it", u.Hostname())
	default:
		u.User = nil
		f.Status, f.Detail = event.OK, fmt.Sprintf("%s, at %s", u, a.Where)
		if a.Named {
			f.Detail = fmt.Sprintf("%s, named by %s", u, a.Where)
		}
	}
	return f
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}
