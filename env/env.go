// Package env holds the words of a run's environment and the decision between its modes.
// Decide is pure: it knows neither Docker nor services nor tools, only what was asked, what is needed and what was found.
package env

import "testrunner/report/event"

// Asked is the command line, with nothing looked up yet. Zero values mean "not asked".
type Asked struct {
	Env         string   // auto, no-docker; "" is auto
	EnvFrom     string   // who said so, for messages: "--env", "--no-docker", "RUNNER_ENV"
	Categories  []string // as typed; categories or groups
	Exclude     []string
	Paths       []string // as typed: "path", "path::test"; already relative to the root, forward slashes
	Scope       string   // a subfolder of the root that a bare run is narrowed to; "" or "." is the whole root
	Filter      string
	Tool        string
	ToolArgs    []string // behind "--"
	AllowNotRun []string
	Strict      bool
}

// Needs is what the selection needs of the environment.
type Needs struct {
	Suites []SuiteNeeds
}

// SuiteNeeds is what one suite of the selection needs.
type SuiteNeeds struct {
	Category string
	Suite    string
	Findings []event.Finding // what Check said of its tool and installation
}

// Decision is the mode and what may run in it.
type Decision struct {
	Asked      string
	Mode       event.Mode
	Why        []string
	Admissions []event.Admission // one a suite, in the order of the needs
}
