// Package env holds the words of a run's environment and the decision between its modes.
// Decide is pure: it knows neither Docker nor services nor tools, only what was asked, what is needed and what was found.
package env

import (
	"time"

	"testrunner/report/event"
)

// Auto is the environment that names no mode: Decide chooses one. It is never the mode of a run.
const Auto event.Mode = "auto"

// Modes lists what a category's modes may name, and an environment's mode beside Auto.
func Modes() []event.Mode { return []event.Mode{event.Docker, event.NoDocker, event.Staging} }

// DefaultModes are those of a category that names none: staging is somebody's, so it is never taken unasked.
func DefaultModes() []event.Mode { return []event.Mode{event.Docker, event.NoDocker} }

// Asked is the command line, with nothing looked up yet. Zero values mean "not asked".
type Asked struct {
	Env          string       // as typed: auto, docker, no-docker, staging, or a name of runner.yaml; "" is auto
	EnvFrom      string       // who said so, for messages: "--env docker", "--no-docker", "RUNNER_ENV=staging", "runner.yaml:2:1"; "" is nobody
	Environment  Environment  // what Env means; the zero value is auto
	Fallback     *Environment // where Environment names one for auto
	Services     []Address    // named on the command line; Named is true
	Attach       bool         // use the services that are up, and start none
	Keep         bool         // leave them up after the run
	KeepData     bool         // and their data as it is, before and after
	Kept         *Kept        // what is up, where it is to be used: nothing else is started
	RealServices bool         // no stub may serve
	StartDocker  bool         // start the engine first, if it does not work
	Look         bool         // nothing is started and nothing run: --dry-run, explain
	Categories   []string     // as typed; categories or groups
	Exclude      []string
	Paths        []string // as typed: "path", "path::test"; already relative to the root, forward slashes
	Scope        string   // a subfolder of the root that a bare run is narrowed to; "" or "." is the whole root
	Filter       string
	Tool         string
	ToolArgs     []string // behind "--"
	AllowNotRun  []string // as typed, for the catalog; canonical names of categories, for Decide
	Strict       bool
}

// Mode is what was asked for: Auto, or the mode that must not be swapped.
func (a Asked) Mode() event.Mode {
	if a.Environment.Mode == "" {
		return Auto
	}
	return a.Environment.Mode
}

// Environment is a name for everything that says where services come from.
type Environment struct {
	Name      string
	Mode      event.Mode // Auto, or one of Modes; "" is Auto
	Where     string     // its place in the configuration; "" is built in
	Compose   []string   // compose files, relative to the root; none: the project's own
	Profiles  []string   // of the compose files; their services count as those without a profile do
	Variables []string   // NAME=VALUE for every job, sorted by name
	Addresses []Address  // sorted by service
	Secrets   []string   // names of variables whose values are masked, and without which staging is of no use
	Writes    bool       // of staging: suites that write may run against it
	Before    []string   // of staging: a command that runs before its services are looked at; none is nothing
	Fallback  string     // the environment to take where auto finds neither Docker nor local services; "" is none
}

// Address is where somebody else runs a service. Runner never starts or stops it.
type Address struct {
	Service string
	Written string // as the configuration has it: "${STAGING_AUTH}"
	URL     string // with its variables put in; "" where one of them is missing
	Missing string // the first variable without a value
	Where   string // its place in the configuration, else who named it: "--service", "RUNNER_SERVICE_REDIS"
	Named   bool   // the user named it for this run alone: it counts in every mode
}

// Kept is a set of services that is up, and that the run uses as it is.
type Kept struct {
	From     string         // who asked for it: "--attach"
	Mode     event.Mode     // the set's; "" where there is none to be used, and the finding event.Kept says why
	Services []event.Served // sorted by name

	Project string   // the compose project that it is, which somebody else brought up; "" is a set of runner's own
	Apart   []string // services of a project that tests can't reach, and their peers can
	URLs    []string // of the services of a project, with the passwords in them, which are nobody's to read
}

// Elsewhere says whether somebody else runs the service, at an address that the environment gives or the user names.
func (a Asked) Elsewhere(service string) bool {
	_, ok := a.Environment.address(service)
	return ok
}

// Names says whether the user named an address of the service for this run.
func (a Asked) Names(service string) bool {
	named, ok := a.Environment.address(service)
	return ok && named.Named
}

// address finds the environment's address of a service.
func (e Environment) address(service string) (Address, bool) {
	for _, a := range e.Addresses {
		if a.Service == service {
			return a, true
		}
	}
	return Address{}, false
}

// Service is something that tests talk to, as the compose file and runner.yaml describe it.
type Service struct {
	Name      string
	DependsOn []string // sorted
	Compose   bool     // the compose files describe it: Docker can serve it
	Image     string   // as written; "" is built from source, or unknown
	Memory    uint64   // its limit in bytes; 0 is none
	Ports     []Port   // published as written; empty where the kernel chooses
	Local     []string // the command that serves it without Docker; empty is none
	Ready     string   // the path that answers when it is ready; "" is its protocol's own way
	Env       []string // NAME=TEMPLATE for the tests, sorted
	Stub      bool     // there is an honest stub of it

	ReadyLog     string        // a regular expression that a line of its output must match; "" is none
	ReadyCommand []string      // a command on this machine that must end with 0; empty is none
	ReadyWithin  time.Duration // how long it may take; 0 is a minute
	Before       []string      // a command that runs once when it is ready and before any test: migrations, seed
	Latency      Latency       // of staging's: how slow it may be
	AnyVersion   bool          // another major version than the image's will do, even for real services
	StubSpec     *StubSpec     // what a stub of it answers; nil: what its kind does by itself
}

// Latency bounds how long an answer may take, as the median of several. The zero value of a field is no bound.
type Latency struct {
	Warn time.Duration
	Fail time.Duration // it counts as not healthy
}

// StubSpec is what the configuration says of a stub. One of its parts is set.
type StubSpec struct {
	Routes   []StubRoute // answers to HTTP requests
	OpenAPI  string      // a file, relative to the root, whose examples are the answers
	JWT      *StubIssuer // an issuer of tokens, with its keys at /.well-known/jwks.json
	Messages []StubMessage
	Path     string // of the WebSocket that Messages are for
}

// StubRoute is one answer. Body may be any text; JSON is sent as application/json.
type StubRoute struct {
	Method, Path string // Path may hold {name} for one segment
	Status       int    // 0 is 200
	Headers      map[string]string
	Body         string
}

// StubIssuer signs a token for whoever asks at POST /token (a JSON object: its members become claims).
type StubIssuer struct {
	Issuer, Audience string
	Lifetime         time.Duration // 0 is 15 minutes
}

// StubMessage is one step of a WebSocket's script: what is expected, or what is sent.
type StubMessage struct {
	Expect string // a JSON value that the message must contain, or a text; "" expects nothing
	Send   string
	After  time.Duration
}

// Port is a port of this machine that a service is published on.
type Port struct {
	Address string // "" is every address
	Number  int
}

// Decision is the mode and what may run in it.
type Decision struct {
	Asked      string
	Mode       event.Mode
	Project    string // the compose project that serves, which somebody else brought up; "" is none
	Why        []string
	Rules      []event.Rule      // as they were tried
	Admissions []event.Admission // one a suite, in the order of the needs
	strict     bool
}
