package service

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"testrunner/env"
	"testrunner/report/event"
)

// Served is a service that runs, as tests and hooks are told of it.
type Served struct {
	env.Service
	Container *Container // for the names of its databases; nil: nothing is known
	By        event.Provider
	Address   Address
	Database  string // the job's own; "" is the service's
}

// Variables are NAME=VALUE for whoever talks to the services: NAME_URL, NAME_HOST and NAME_PORT of each, what its env maps, RUNNER_MODE,
// and RUNNER_SERVICES, a JSON array of objects with name, provider, fidelity and address, sorted by name. NAME is the service's in capitals,
// with _ for what a variable's name can't hold. A service without an address has none of the first three, and no template that
// asks for it. Of a name that is mapped twice the last service's counts. Sorted.
func Variables(all []Served, mode event.Mode) []string {
	type told struct {
		Name     string         `json:"name"`
		Mode     event.Mode     `json:"mode"`
		Provider event.Provider `json:"provider"`
		Fidelity event.Fidelity `json:"fidelity"`
		Address  string         `json:"address"` // without credentials
	}
	all = slices.SortedFunc(slices.Values(all), func(a, b Served) int { return strings.Compare(a.Name, b.Name) })
	values, list := map[string]string{}, []told{}
	for _, s := range all {
		for _, line := range s.variables() {
			name, value, _ := strings.Cut(line, "=")
			values[name] = value
		}
		list = append(list, told{s.Name, mode, s.By, Planned{By: s.By}.Fidelity(), s.open()})
	}
	text, err := json.Marshal(list)
	if err != nil { // texts and nothing else
		panic(err)
	}
	values["RUNNER_MODE"], values["RUNNER_SERVICES"] = string(mode), string(text)
	var out []string
	for name, value := range values {
		out = append(out, name+"="+value)
	}
	slices.Sort(out)
	return out
}

// open is the address without a user and a password.
func (s Served) open() string {
	base := s.base()
	if u, err := url.Parse(base); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return base
}

// variables are those of one service.
func (s Served) variables() []string {
	var out []string
	if s.base() != "" {
		name := Capitals(s.Name)
		out = append(out, name+"_URL="+s.base(), name+"_HOST="+s.host(), name+"_PORT="+s.port())
	}
	for _, line := range s.Env {
		name, template, _ := strings.Cut(line, "=")
		if s.base() == "" && s.asks(template) {
			continue
		}
		out = append(out, name+"="+s.fill([]string{template})[0])
	}
	return out
}

func (s Served) asks(template string) bool {
	return slices.ContainsFunc([]string{"{url}", "{host}", "{port}", "{database}"}, func(p string) bool { return strings.Contains(template, p) })
}

// fill puts the service's address into templates.
func (s Served) fill(templates []string) []string {
	r := strings.NewReplacer("{url}", s.base(), "{host}", s.host(), "{port}", s.port(), "{database}", s.database())
	out := make([]string, len(templates))
	for i, t := range templates {
		out[i] = r.Replace(t)
	}
	return out
}

// base is the address as its protocol writes it. That of a database ends behind the port: which database is another matter.
func (s Served) base() string {
	base := s.Address.Base()
	if s.kind() == "" {
		return base
	}
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	if u.Scheme == "http" { // it has no URL of its own
		u.Scheme = map[string]string{postgres: "postgres", redis: "redis"}[s.kind()]
		if s.kind() == postgres {
			p := postgresOf(s.spec(), s.By, s.Address)
			if u.User = url.User(p.user); p.password != "" {
				u.User = url.UserPassword(p.user, p.password)
			}
		} else if r := redisOf(s.spec(), s.Address); r.password != "" {
			u.User = url.UserPassword(r.user, r.password)
		}
	}
	u.Path, u.RawPath, u.RawQuery = "", "", ""
	return u.String()
}

func (s Served) spec() Spec { return Spec{Service: s.Service, Container: s.Container} }

// kind is postgres or redis, by the address's scheme, else by the image; "" is anything else.
func (s Served) kind() string {
	switch scheme := s.Address.scheme(); {
	case strings.HasPrefix(scheme, "postgres"):
		return postgres
	case strings.HasPrefix(scheme, "redis"):
		return redis
	case scheme != "":
		return ""
	}
	if k := kind(s.Image); k == postgres || k == redis {
		return k
	}
	return ""
}

func (s Served) host() string {
	if s.Address.Host != "" {
		return s.Address.Host
	}
	u, err := url.Parse(s.Address.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func (s Served) port() string {
	if s.Address.Port != 0 {
		return strconv.Itoa(s.Address.Port)
	}
	u, err := url.Parse(s.Address.URL)
	if err != nil {
		return ""
	}
	if u.Port() == "" {
		if p, known := schemePorts()[u.Scheme]; known {
			return strconv.Itoa(p)
		}
	}
	return u.Port()
}

// database is the job's own, else the service's: that of the address's path, else the one that the image makes; Redis begins with 0.
func (s Served) database() string {
	if s.Database != "" {
		return s.Database
	}
	switch s.kind() {
	case postgres:
		return postgresOf(s.spec(), s.By, s.Address).database
	case redis:
		if u, err := url.Parse(s.Address.URL); err == nil {
			return cmp.Or(strings.Trim(u.Path, "/"), "0")
		}
		return "0"
	}
	return ""
}

// Capitals is a service's name as a variable's: "my-db.1" is MY_DB_1.
func Capitals(name string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, name)
	if out != "" && out[0] >= '0' && out[0] <= '9' {
		return "_" + out
	}
	return out
}

// schemePorts are the ports that URLs mean where they name none.
func schemePorts() map[string]int {
	return map[string]int{
		"http": 80, "https": 443, "ws": 80, "wss": 443, "postgres": 5432, "postgresql": 5432, "redis": 6379, "rediss": 6379, "mysql": 3306,
		"mongodb": 27017, "amqp": 5672, "amqps": 5671, "nats": 4222, "grpc": 443, "grpcs": 443,
	}
}
