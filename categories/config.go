package categories

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ConfigFile is the name of the configuration at a repository's root.
const ConfigFile = "runner.yaml"

// The bounds of a configuration. The YAML library's parser recurses, and is quadratic in nesting and in some tokens, so
// that a text of this size with more of either could hold a run up for minutes. No configuration comes near them.
const (
	maxConfig  = 256 << 10 // bytes
	maxTokens  = 20_000    // comments not counted
	maxNesting = 32        // of brackets
	maxMarkers = 1000      // of lists, anchors and the like, in one line
)

// Config is runner.yaml. Every path in it is relative to the root, with forward slashes.
type Config struct {
	Version    int                       `yaml:"version" jsonschema:"required" jsonschema_description:"The version of this file's shape: 1."`
	Order      []string                  `yaml:"order" jsonschema_description:"The order in which categories run. Those that it does not name follow in their usual order. Default: unit, integration, e2e, mission-critical, then the others as they stand here."`
	Categories map[string]CategoryConfig `yaml:"categories" jsonschema_description:"Categories by name: unit, integration, e2e, mission-critical (they always exist), or your own."`
	Groups     map[string][]string       `yaml:"groups" jsonschema_description:"Names for several categories. unit_integration is built in."`
	Ignore     []Glob                    `yaml:"ignore" jsonschema_description:"Files and folders (globs with **) in which no tests are looked for. Default: only what git ignores. A pattern that begins with ! takes files away."`
	Suites     map[string]SuiteConfig    `yaml:"suites" jsonschema_description:"Suites by name: one tool's part of a category, where its options differ from what discovery finds."`

	Compose      Files                        `yaml:"compose" jsonschema_description:"The compose file that describes the services, or a list of files that are merged in their order. Default: what COMPOSE_FILE names, else compose.yaml (or as docker compose finds one) at the root."`
	Ports        string                       `yaml:"ports" jsonschema:"enum=as-written" jsonschema_description:"as-written: services are published on the ports that the compose file names. Default: the kernel chooses free ones."`
	Services     map[string]ServiceConfig     `yaml:"services" jsonschema_description:"What the compose file can't say of its services, and services that it does not have."`
	Environment  string                       `yaml:"environment" jsonschema_description:"The environment of a run that names none, by --env or RUNNER_ENV. Default: auto."`
	Environments map[string]EnvironmentConfig `yaml:"environments" jsonschema_description:"Names for --env: where services come from. auto, docker, no-docker and staging always exist; an entry of that name adds to it."`
	AllowHosts   []string                     `yaml:"allow_hosts" jsonschema_description:"Hosts beside this machine that addresses of services may name, outside of staging."`
	Preflight    PreflightConfig              `yaml:"preflight" jsonschema_description:"The thresholds of the checks before a run."`
}

// CategoryConfig is a category.
type CategoryConfig struct {
	Paths     []Glob   `yaml:"paths" jsonschema_description:"Test files (globs with **, or folders) that belong to this category whatever their folder's name is. A pattern that begins with ! takes files away."`
	Timeout   Duration `yaml:"timeout" jsonschema_description:"How long each of its jobs may take, such as 90s or 10m. Default: no limit."`
	Critical  *bool    `yaml:"critical" jsonschema_description:"Its absence is accepted only by --allow-not-run with its name. Default: true for mission-critical, else false."`
	Exclusive bool     `yaml:"exclusive" jsonschema_description:"Its jobs run alone, one at a time. Default: false."`
	Needs     []string `yaml:"needs" jsonschema_description:"Services that its tests talk to; depends_on brings the rest. Default: none."`
	Stubs     []string `yaml:"stubs" jsonschema_description:"Services of which a stub will do, with --no-docker. Default: none."`
	Modes     []string `yaml:"modes" jsonschema:"minItems=1,enum=docker,enum=no-docker,enum=staging" jsonschema_description:"The modes in which its tests may run. Default: docker and no-docker."`
}

// SuiteConfig is a suite. It claims the tool's test files below dir that match paths. category moves them there; without
// it they stay in the categories that they have. Of several suites that claim a file, one with paths or tags wins over
// one without, then the deeper dir; two equal ones are an error.
type SuiteConfig struct {
	Tool      string           `yaml:"tool" jsonschema:"required" jsonschema_description:"The test tool: go, pytest, node, jest, vitest, mocha, playwright, cargo, junit for any command that writes JUnit files, or websocket for the contract of a WebSocket."`
	Category  string           `yaml:"category" jsonschema_description:"The category of its tests. Default: each file's own. tags, markers and the tool junit need it; of the tool websocket it is e2e."`
	Dir       string           `yaml:"dir" jsonschema_description:"The working directory of its jobs; only test files below it belong to the suite. Default: the folder of the tool's own project."`
	Paths     []Glob           `yaml:"paths" jsonschema_description:"Test files (globs with **, or folders) of the suite. A pattern that begins with ! takes files away. Default: all of the tool's test files below dir."`
	Tags      []string         `yaml:"tags" jsonschema_description:"go only: build tags. The suite holds the test files that need them."`
	Markers   []string         `yaml:"markers" jsonschema_description:"pytest only: the tests with one of these markers belong to the suite, in whichever file they stand."`
	Args      []Text           `yaml:"args" jsonschema_description:"Arguments for the tool, behind those of the project's own test script."`
	Env       map[string]Text  `yaml:"env" jsonschema_description:"Environment variables of its jobs."`
	Command   Command          `yaml:"command" jsonschema_description:"junit only: the command to run, as a list, or as plain words in one text. No shell is involved."`
	Reports   []Glob           `yaml:"reports" jsonschema_description:"junit only: the JUnit files that the command writes, as globs relative to dir. They are deleted before it starts."`
	Timeout   Duration         `yaml:"timeout" jsonschema_description:"How long each of its jobs may take. The category's timeout holds too. Default: no limit."`
	Exclusive bool             `yaml:"exclusive" jsonschema_description:"Its jobs run alone. Default: false."`
	Needs     []string         `yaml:"needs" jsonschema_description:"Services that its tests talk to, in the place of its category's; [] is none. Default: its category's."`
	Stubs     []string         `yaml:"stubs" jsonschema_description:"Services of which a stub will do, in the place of its category's."`
	Modes     []string         `yaml:"modes" jsonschema:"minItems=1,enum=docker,enum=no-docker,enum=staging" jsonschema_description:"The modes in which its tests may run, in the place of its category's."`
	Writes    bool             `yaml:"writes" jsonschema_description:"Its tests write to what they test. In staging it is not run, and named, unless the environment has allow_writes. Default: false."`
	WebSocket *WebSocketConfig `yaml:"websocket" jsonschema_description:"websocket only: what a WebSocket promises, and how to find out."`
	Split     string           `yaml:"split" jsonschema:"enum=files" jsonschema_description:"pytest, node and mocha only: files runs the suite's files in several processes, as many as there are cores, dealt out by what each took the last time. What the tool sets up once for the whole session is then set up in each process. Default: one process."`
}

// Text is a text that may be written as a number or as true or false: "-n 2" is [-n, 2].
type Text string

// Glob is a pattern of paths: "tests/**/*_slow.py", "tests/acceptance", "!tests/acceptance/drafts/**".
type Glob string

// Duration is a Go duration above zero: "90s", "10m", "1h30m". "" is none.
type Duration string

// Command is a program and its arguments.
type Command []string

// Files is one file, or several.
type Files []string

// Size is a number of bytes as Docker writes it: "512MB", "8GB"; a unit is a power of 1024.
type Size string

// configuration is a runner.yaml that has been read: what it says, and where each thing stands.
type configuration struct {
	Config
	path     string // as messages name it
	places   map[string]spot
	problems []Problem
	names    []string // every category, once it is known: see categoryNames
}

// spot is a place in the file. Both numbers count from 1.
type spot struct{ line, column int }

// at joins the steps to a value: at("suites", "api", "paths", "0"). Names may hold any printable character.
func at(steps ...string) string { return strings.Join(steps, "\x1f") }

// spot finds the nearest known place on the way to a value.
func (c *configuration) spot(key string) spot {
	for {
		if s, ok := c.places[key]; ok {
			return s
		}
		cut := strings.LastIndexByte(key, '\x1f')
		if cut < 0 {
			return spot{1, 1}
		}
		key = key[:cut]
	}
}

// where is "runner.yaml:4:3".
func (c *configuration) where(key string) string {
	s := c.spot(key)
	return fmt.Sprintf("%s:%d:%d", c.path, s.line, s.column)
}

func (c *configuration) fault(key, format string, args ...any) {
	s := c.spot(key)
	c.problems = append(c.problems, Problem{Line: s.line, Column: s.column, Msg: fmt.Sprintf(format, args...)})
}

// readConfig reads the configuration. An empty path stands for runner.yaml at the root, which need not exist.
func readConfig(root, file string) (*configuration, error) {
	given := file != ""
	if !given {
		file = filepath.Join(root, ConfigFile)
	} else if !filepath.IsAbs(file) {
		file = filepath.Join(root, file)
	}
	shown := file
	if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
		shown = filepath.ToSlash(rel)
	}
	info, err := os.Stat(file)
	switch {
	case err != nil && os.IsNotExist(err) && !given:
		return &configuration{}, nil
	case err != nil:
		return nil, &UsageError{Msg: fmt.Sprintf("read the configuration: %v", err)}
	case info.Size() > maxConfig:
		return nil, &UsageError{Msg: fmt.Sprintf("read %s: it has %d bytes, more than any configuration (%d)", shown, info.Size(), maxConfig)}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &UsageError{Msg: fmt.Sprintf("read the configuration: %v", err)}
	}
	return parseConfig(shown, data)
}
