package categories

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tree is the repository that the tests of this package's configuration are about.
func tree() map[string]string {
	return archive(`
-- go.mod --
module x
-- a_test.go --
package x
-- b_test.go --
//go:build integration
-- slow_test.go --
//go:build slow
-- tools/go.mod --
module x/tools
-- tools/t_test.go --
package tools
-- pytest.ini --
-- tests/unit/test_u.py --
def test_u(): pass
-- tests/integration/test_i.py --
def test_i(): pass
-- tests/integration/test_m.py --
@pytest.mark.mission_critical
def test_m(): pass
-- tests/contract/test_c.py --
@pytest.mark.nightly
def test_c(): pass
-- web/package.json --
{}
-- web/src/x.test.js --
-- web/e2e/y.test.js --
`)
}

// stubbed is a configuration in which a stub of api is taken.
func stubbed(stub string) string {
	return "version: 1\ncategories: { e2e: { needs: [api], stubs: [api] } }\nservices:\n  api: { stub: " + stub + " }\n"
}

// badConfigs are files that must be refused, with what must be said. schema says whether the JSON schema refuses it too:
// it can't know names, files and durations.
var badConfigs = []struct {
	name, text, want string
	schema           bool
}{
	{"empty", "", "runner.yaml:1:1: the file is empty", true},
	{"comment alone", "# nothing\n", "runner.yaml:1:1: the file is empty", true},
	{"no version", "order: [unit]\n", "runner.yaml:1:1: the version is missing", true},
	{"other version", "version: 2\n", "runner.yaml:1:10: version 2 is unknown", true},
	{"version as text", "version: \"1\"\n", "runner.yaml:1:10: expected a whole number, found the text 1", true},
	{"no mapping", "- version\n", "runner.yaml:1:1: expected \"key: value\" lines, found a list", true},
	{"no YAML", "version: 1\ncategories: {unit: [\n", "not readable as YAML", true},
	{"two documents", "version: 1\n---\nversion: 1\n", "more than one document", false},
	{"unknown key", "version: 1\ncategorys: {}\n", "runner.yaml:2:1: unknown key \"categorys\"; did you mean categories?", true},
	{"unknown key below", "version: 1\ncategories:\n  unit:\n    timout: 3s\n", "runner.yaml:4:5: unknown key \"timout\"; did you mean timeout?", true},
	{"key twice", "version: 1\norder: [unit]\norder: [unit]\n", "runner.yaml:3:1", true},
	{"compose file that is not there", "version: 1\ncompose: web/packag.json\n", "runner.yaml:2:10: there is no file \"web/packag.json\"; did you mean web/package.json?", false},
	{"compose file outside", "version: 1\ncompose: [../compose.yaml]\n", "runner.yaml:2:11: \"../compose.yaml\" leads out", false},
	{"no compose file", "version: 1\ncompose: []\n", "runner.yaml:2:1: the list is empty", true},
	{"ports of the third kind", "version: 1\nports: as-writen\n", "runner.yaml:2:8: \"as-writen\" is none of as-written; did you mean as-written?", true},
	{"mode misspelt", "version: 1\ncategories:\n  e2e: { needs: [db], modes: [no_dokcer] }\n", "runner.yaml:3:31: \"no_dokcer\" is none of docker, no-docker, staging; did you mean no-docker?", true},
	{"no mode", "version: 1\ncategories:\n  e2e: { needs: [db], modes: [] }\n", "runner.yaml:3:23: the list is empty", true},
	{"mode twice", "version: 1\ncategories:\n  e2e: { needs: [db], modes: [docker, docker] }\n", "runner.yaml:3:39: \"docker\" stands here twice", false},
	{"modes of nothing", "version: 1\nsuites:\n  a: { tool: go, modes: [docker] }\n", "runner.yaml:3:18: \"modes\" does nothing: nothing in this file needs a service", false},
	{"stubs of nothing", "version: 1\ncategories:\n  e2e: { stubs: [redis] }\n", "runner.yaml:3:10: \"stubs\" does nothing", false},
	{"needs twice", "version: 1\ncategories:\n  e2e: { needs: [db, db] }\n", "runner.yaml:3:22: \"db\" stands here twice", false},
	{"service's name", "version: 1\nservices:\n  a b: {}\n", "runner.yaml:3:3: a service's name holds letters", true},
	{"ready without a path", "version: 1\nservices:\n  db: { ready: healthz }\n", "runner.yaml:3:16: \"healthz\" is no path of a URL", true},
	{"placeholder of nothing", "version: 1\nservices:\n  db: { env: { DB: \"{uri}\" } }\n", "runner.yaml:3:20: {uri} stands for nothing here", false},
	{"placeholder of a command", "version: 1\nservices:\n  db: { local: \"serve {database}\" }\n", "{database} stands for nothing here: there are {host}, {port}", false},
	{"empty local command", "version: 1\nservices:\n  db: { local: [] }\n", "runner.yaml:3:9: the command is empty", true},
	{"ready misspelt", "version: 1\nservices:\n  db: { ready: { comand: [x] } }\n", "runner.yaml:3:18: unknown key \"comand\"; did you mean command?", true},
	{"ready without a word", "version: 1\nservices:\n  db: { ready: {} }\n", "runner.yaml:3:9: it says nothing: write a path such as /healthz, or path, log, command or within", true},
	{"ready of another path", "version: 1\nservices:\n  db: { ready: { path: up } }\n", "runner.yaml:3:24: \"up\" is no path of a URL", true},
	{"ready of a WebSocket without a path", "version: 1\nservices:\n  db: { ready: \"ws:up\" }\n", "runner.yaml:3:16: \"up\" is no path of a URL", true},
	{"ready of no gRPC service", "version: 1\nservices:\n  db: { ready: \"grpc:/a\" }\n", "runner.yaml:3:16: \"/a\" is no name of a gRPC service", false},
	{"ready of a wrong expression", "version: 1\nservices:\n  db: { ready: { log: \"(\" } }\n", "runner.yaml:3:23: \"(\" is no regular expression", false},
	{"ready by an empty command", "version: 1\nservices:\n  db: { ready: { command: [] } }\n", "runner.yaml:3:18: the command is empty", true},
	{"ready by a placeholder of nothing", "version: 1\nservices:\n  db: { ready: { command: \"check {uri}\" } }\n", "{uri} stands for nothing here", false},
	{"ready within nothing", "version: 1\nservices:\n  db: { ready: { within: 0s } }\n", "runner.yaml:3:26: \"0s\" is no duration above zero", false},
	{"ready in a list", "version: 1\nservices:\n  db: { ready: [/up] }\n", "runner.yaml:3:16: expected \"key: value\" lines, found a list", true},
	{"before nothing", "version: 1\nservices:\n  db: { before: [] }\n", "runner.yaml:3:9: the command is empty", true},
	{"before with a shell", "version: 1\nservices:\n  db: { before: \"a && b\" }\n", "means nothing without a shell", true},
	{"any version as text", "version: 1\nservices:\n  db: { any_version: \"yes\" }\n", "runner.yaml:3:22: expected true or false, found the text yes", true},
	{"stub without a word", stubbed("{}"), "runner.yaml:4:10: it says nothing: give it routes, openapi, jwt or websocket", true},
	{"stub of nobody", "version: 1\nservices:\n  api: { stub: { jwt: {} } }\n", "runner.yaml:3:10: \"stub\" does nothing: no category or suite lists api under stubs", false},
	{"stub misspelt", stubbed("{ rotes: [] }"), "runner.yaml:4:18: unknown key \"rotes\"; did you mean routes?", true},
	{"route without a path", stubbed("{ routes: [{ body: x }] }"), "the route has no path", true},
	{"route of another path", stubbed("{ routes: [{ path: users }] }"), "\"users\" is no path of a URL", true},
	{"route of no method", stubbed("{ routes: [{ path: /, method: PSOT }] }"), "\"PSOT\" is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS; did you mean POST?", false},
	{"route of no status", stubbed("{ routes: [{ path: /, status: 99 }] }"), "99 is no status of an answer", true},
	{"route twice", stubbed("{ routes: [{ path: \"/u/{a}\" }, { path: \"/u/{b}\", method: get }] }"), "GET /u/{} stands here twice", false},
	{"route of no header", stubbed("{ routes: [{ path: /, headers: { \"a b\": c } }] }"), "\"a b\" is no header", false},
	{"stub of no file", stubbed("{ openapi: web/packag.json }"), "there is no file \"web/packag.json\"; did you mean web/package.json?", false},
	{"issuer that is no URL", stubbed("{ jwt: { issuer: me } }"), "\"me\" is no URL, such as https://auth.example.com", false},
	{"tokens that never live", stubbed("{ jwt: { lifetime: soon } }"), "\"soon\" is no duration", true},
	{"script without a path", stubbed("{ websocket: { messages: [{ send: x }] } }"), "the script has no path", true},
	{"script without messages", stubbed("{ websocket: { path: /ws } }"), "there are no messages", true},
	{"step of nothing", stubbed("{ websocket: { path: /ws, messages: [{}] } }"), "the step does nothing", true},
	{"wait for nothing", stubbed("{ websocket: { path: /ws, messages: [{ expect: x, after: 1s }] } }"), "\"after\" does nothing: the step sends nothing", true},
	{"environment that is not there", "version: 1\nenvironment: stagin\n", "runner.yaml:2:14: there is no environment \"stagin\"; did you mean staging?", false},
	{"environment's name", "version: 1\nenvironments:\n  -x: {}\n", "runner.yaml:3:3: an environment's name", true},
	{"environment's mode", "version: 1\nenvironments:\n  dev: { mode: doker }\n", "runner.yaml:3:16: \"doker\" is none of auto, docker, no-docker, staging; did you mean docker?", true},
	{"environment of another mode than its name", "version: 1\nenvironments:\n  docker: { mode: staging }\n", "runner.yaml:3:19: the environment docker always has the mode docker", false},
	{"compose file in staging", "version: 1\nenvironments:\n  staging: { profiles: [x] }\n", "runner.yaml:3:3: compose and profiles do nothing in staging", false},
	{"fallback that is not there", "version: 1\nenvironments:\n  auto: { fallback: stage }\n", "runner.yaml:3:21: there is no environment \"stage\"", false},
	{"fallback to docker", "version: 1\nenvironments:\n  auto: { fallback: docker }\n", "runner.yaml:3:21: the environment docker is not of mode staging", false},
	{"fallback of a named mode", "version: 1\nenvironments:\n  docker: { fallback: staging }\n", "runner.yaml:3:23: a fallback does nothing in docker", false},
	{"secret's name", "version: 1\nenvironments:\n  staging: { secrets: [\"A=B\"] }\n", "runner.yaml:3:24: \"A=B\" can't be the name of a variable", false},
	{"address of nothing", "version: 1\nenvironments:\n  staging: { addresses: { a: \"\" } }\n", "runner.yaml:3:30: the address is empty", false},
	{"host with a scheme", "version: 1\nallow_hosts: [\"https://x.example.com\"]\n", "runner.yaml:2:15: \"https://x.example.com\" is no host", false},
	{"size without unit", "version: 1\npreflight:\n  memory: 8\n", "runner.yaml:3:11: expected a size such as 512MB or 8GB, found the number 8", true},
	{"size of nothing", "version: 1\npreflight:\n  disk: 0GB\n", "runner.yaml:3:9: \"0GB\" is no size above zero", false},
	{"share above all cores", "version: 1\npreflight:\n  cpu: 101\n", "runner.yaml:3:8: 101 is no share of the cores", true},
	{"no days", "version: 1\npreflight:\n  tls_days: 0\n", "runner.yaml:3:13: 0 is no number of days", true},
	{"text for list", "version: 1\norder: unit\n", "runner.yaml:2:8: expected a list: write [unit]", true},
	{"list for text", "version: 1\nsuites:\n  a: { tool: [go] }\n", "runner.yaml:3:14: expected a text", true},
	{"number for text", "version: 1\nsuites:\n  a: { tool: 3 }\n", "runner.yaml:3:14: expected a text (put it in quotes if it looks like a number), found the number 3", true},
	{"text for truth", "version: 1\ncategories:\n  unit: { critical: \"yes\" }\n", "runner.yaml:3:21: expected true or false, found the text yes", true},
	{"missing value", "version: 1\ncategories:\n  unit:\n    timeout:\n", "the value is missing", true},
	{"timeout without unit", "version: 1\ncategories:\n  unit: { timeout: 90 }\n", "runner.yaml:3:20: expected a duration such as 90s or 10m, found the number 90", true},
	{"timeout as text without unit", "version: 1\ncategories:\n  unit: { timeout: \"90\" }\n", "write the unit too: 90s", true},
	{"timeout of nothing", "version: 1\ncategories:\n  unit: { timeout: 0s }\n", "runner.yaml:3:20: \"0s\" is no duration above zero", false},
	{"timeout in words", "version: 1\nsuites:\n  a: { tool: go, timeout: soon }\n", "\"soon\" is no duration", true},
	{"merge key", "version: 1\ncategories:\n  unit: &u { timeout: 3s }\n  e2e:\n    <<: *u\n", "merge keys (<<) mean nothing here", false},
	{"unknown anchor", "version: 1\ncategories:\n  unit: *u\n", "u", false},
	{"anchor in itself", "version: 1\norder: &a [*a]\n", "a", false},
	{"tag", "version: 1\norder: [!!str unit]\n", "runner.yaml:2:9: tags such as !!str mean nothing here", false},
	{"category with slash", "version: 1\ncategories:\n  a/b: {}\n", "runner.yaml:3:3: a name must not hold \"/\"", true},
	{"category with dot", "version: 1\ncategories:\n  a.b: {}\n", "runner.yaml:3:3: a name must not hold", true},
	{"category with colons", "version: 1\ncategories:\n  \"a::b\": {}\n", "runner.yaml:3:3: a name must not hold", true},
	{"category with blank", "version: 1\ncategories:\n  a b: {}\n", "runner.yaml:3:3: a name must not hold commas, blanks", true},
	{"category like a flag", "version: 1\ncategories:\n  -x: {}\n", "runner.yaml:3:3: a name must not start with \"-\"", true},
	{"category without name", "version: 1\ncategories:\n  \"\": {}\n", "runner.yaml:3:3: a name must not be empty", true},
	{"category like a command", "version: 1\ncategories:\n  doctor: {}\n", "runner.yaml:3:3: \"doctor\" is a command's name", false},
	{"category twice", "version: 1\ncategories:\n  smoke-test: {}\n  smoke_test: {}\n", "runner.yaml:4:3: \"smoke-test\" and \"smoke_test\" are the same name", false},
	{"category like the built-in group", "version: 1\ncategories:\n  unit-integration: {}\n", "built-in group", false},
	{"group like a category", "version: 1\ngroups:\n  e2e: [unit]\n", "runner.yaml:3:3: \"e2e\" is the name of a category", false},
	{"group like the built-in one", "version: 1\ngroups:\n  unit-integration: [unit]\n", "runner.yaml:3:3: \"unit-integration\" is the name of another group", false},
	{"group like a command", "version: 1\ngroups:\n  list: [unit]\n", "runner.yaml:3:3: \"list\" is a command's name", false},
	{"group of the unknown", "version: 1\ngroups:\n  all: [unit, intergration]\n", "runner.yaml:3:15: there is no category \"intergration\"; did you mean integration?", false},
	{"group member twice", "version: 1\ngroups:\n  all: [mission-critical, mission_critical]\n", "runner.yaml:3:27: \"mission_critical\" stands here twice", false},
	{"empty group", "version: 1\ngroups:\n  all: []\n", "runner.yaml:3:3: the group is empty", true},
	{"order of the unknown", "version: 1\norder: [unti]\n", "runner.yaml:2:9: there is no category \"unti\"; did you mean unit?", false},
	{"suite without tool", "version: 1\nsuites:\n  a: {}\n", "runner.yaml:3:3: the suite names no tool", true},
	{"suite of an unknown tool", "version: 1\nsuites:\n  a: { tool: pytets }\n", "runner.yaml:3:14: there is no tool \"pytets\"; did you mean pytest?", false},
	{"contract without a word", "version: 1\nsuites:\n  a: { tool: websocket }\n", "runner.yaml:3:3: a suite of tool websocket needs the key websocket", true},
	{"contract without an address", "version: 1\nsuites:\n  a: { tool: websocket, websocket: {} }\n", "the contract has no url", true},
	{"suite in an unknown category", "version: 1\nsuites:\n  a: { tool: go, category: unnit }\n", "runner.yaml:3:28: there is no category \"unnit\"; did you mean unit?", false},
	{"suite in no folder", "version: 1\nsuites:\n  a: { tool: go, dir: tolls }\n", "runner.yaml:3:23: there is no folder \"tolls\"; did you mean tools?", false},
	{"suite outside", "version: 1\nsuites:\n  a: { tool: go, dir: ../x }\n", "runner.yaml:3:23: \"../x\" leads out", false},
	{"absolute path", "version: 1\nsuites:\n  a: { tool: go, paths: [/x] }\n", "runner.yaml:3:26: \"/x\" is absolute", true},
	{"backslash", "version: 1\nsuites:\n  a: { tool: go, paths: ['a\\b'] }\n", "runner.yaml:3:26: \"a\\\\b\" has a backslash", true},
	{"bad pattern", "version: 1\ncategories:\n  unit: { paths: [\"a[\"] }\n", "runner.yaml:3:19: \"a[\" is no valid pattern", false},
	{"only taken away", "version: 1\ncategories:\n  unit: { paths: [\"!a\"] }\n", "patterns with ! only take files away", false},
	{"suite name", "version: 1\nsuites:\n  \" a\": { tool: go }\n", "runner.yaml:3:3: a suite's name", false},
	{"variable name", "version: 1\nsuites:\n  a: { tool: go, env: { \"A=B\": c } }\n", "can't be the name of a variable", false},
	{"tags for pytest", "version: 1\nsuites:\n  a: { tool: pytest, category: unit, tags: [x] }\n", "runner.yaml:3:38: \"tags\" does nothing for the tool pytest", true},
	{"markers for go", "version: 1\nsuites:\n  a: { tool: go, category: unit, markers: [x] }\n", "\"markers\" does nothing for the tool go", true},
	{"command for go", "version: 1\nsuites:\n  a: { tool: go, command: make, reports: [x] }\n", "\"command\" does nothing for the tool go", true},
	{"paths for junit", "version: 1\nsuites:\n  a: { tool: junit, category: e2e, command: make, reports: [x], paths: [y] }\n", "\"paths\" does nothing for the tool junit", true},
	{"args for junit", "version: 1\nsuites:\n  a: { tool: junit, category: e2e, command: make, reports: [x], args: [y] }\n", "\"args\" does nothing for the tool junit", true},
	{"junit without reports", "version: 1\nsuites:\n  a: { tool: junit, category: e2e, command: make }\n", "needs a command, and reports", true},
	{"junit without category", "version: 1\nsuites:\n  a: { tool: junit, command: make, reports: [x] }\n", "needs a category", true},
	{"command for a shell", "version: 1\nsuites:\n  a: { tool: junit, category: e2e, command: \"a && b\", reports: [x] }\n", "\"&\" in a command means nothing without a shell", true},
	{"tags without category", "version: 1\nsuites:\n  a: { tool: go, tags: [x] }\n", "a suite with tags needs a category", true},
	{"markers without category", "version: 1\nsuites:\n  a: { tool: pytest, markers: [x] }\n", "a suite with markers needs a category", true},
	{"markers in paths", "version: 1\nsuites:\n  a: { tool: pytest, category: e2e, markers: [x], paths: [y] }\n", "leave out paths and dir", true},
	{"markers of one category twice", "version: 1\nsuites:\n  a: { tool: pytest, category: e2e, markers: [x] }\n  b: { tool: pytest, category: e2e, markers: [y] }\n", "runner.yaml:4:37: the suite a has markers for e2e already", false},
	{"marker twice", "version: 1\nsuites:\n  a: { tool: pytest, category: e2e, markers: [x] }\n  b: { tool: pytest, category: unit, markers: [x] }\n", "the suite a has the marker \"x\" already", false},
	{"two suites for one file", "version: 1\nsuites:\n  a: { tool: pytest, paths: [tests/unit] }\n  b: { tool: pytest, paths: [\"tests/**\"] }\n", "runner.yaml:4:3: the suites a and b both claim tests/unit/test_u.py (the other one: runner.yaml:3:3)", false},
	{"two suites for one tool", "version: 1\nsuites:\n  a: { tool: go }\n  b: { tool: go }\n", "the suites a and b both claim", false},
	{"two categories for one file", "version: 1\ncategories:\n  e2e: { paths: [tests/unit] }\n  unit: { paths: [tests] }\n", "the categories e2e and unit both claim tests/unit/test_u.py", false},
}

func TestConfigRefused(t *testing.T) {
	for _, c := range badConfigs {
		t.Run(c.name, func(t *testing.T) {
			text := c.text
			if text == "" {
				text = "\n"
			}
			_, err := load(tree(), text)
			var bad *ConfigError
			if !errors.As(err, &bad) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			if bad.ExitCode() != 2 || bad.Problems[0].Line < 1 || bad.Problems[0].Column < 1 {
				t.Errorf("code %d, problems %+v", bad.ExitCode(), bad.Problems)
			}
		})
	}
}

func TestConfigTellsAllFaultsInOrder(t *testing.T) {
	_, err := load(tree(), "version: 1\nsuites:\n  a: { tool: go, dri: x }\ncategories:\n  unit: { paths: x }\nordre: []\n")
	want := `runner.yaml:3:18: unknown key "dri"; did you mean dir?
runner.yaml:5:18: expected a list: write [x]
runner.yaml:6:1: unknown key "ordre"; did you mean order?`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// goodConfigs are files that must be taken; the schema must take them too.
var goodConfigs = map[string]string{
	"the least":           "version: 1\n",
	"byte order mark":     "\ufeffversion: 1\n",
	"carriage returns":    "version: 1\r\ncategories:\r\n  unit:\r\n    timeout: 3s\r\n",
	"category of nothing": "version: 1\ncategories:\n  smoke:\n",
	"anchor and alias":    "version: 1\ncategories:\n  unit: &c { timeout: 1h30m }\n  e2e: *c\n",
	"numbers as args":     "version: 1\nsuites:\n  a: { tool: pytest, args: [-n, 2, true, 1.5], env: { PORT: 8080, ON: true } }\n",
	"services and environments": `version: 1
compose: [web/package.json]
ports: as-written
environment: dev
categories:
  integration:      { needs: [postgres, redis], stubs: [redis], modes: [docker, no-docker] }
  e2e:              { needs: [frontend, backend], modes: [docker, no-docker, staging], timeout: 10m }
  mission-critical: { needs: [backend], modes: [docker, no-docker, staging], critical: true }
suites:
  plain: { tool: pytest, paths: [tests/integration], needs: [] }
services:
  postgres: { env: { DATABASE_URL: "{url}/{database}?sslmode=disable" } }
  redis:
  backend:  { local: "go run ./backend -addr {host}:{port}", ready: /healthz, env: { API_URL: "{url}", WS_URL: "ws://{host}:{port}/ws" } }
  frontend: { local: [go, run, ./web, -addr, "{host}:{port}"], ready: / }
  mysql:    { ready: { log: "ready for connections", command: [mysqladmin, -h, "{host}", ping], within: 2m }, before: "migrate {url}", any_version: true }
environments:
  staging: { mode: staging, addresses: { backend: "${STAGING_API}", frontend: "${STAGING_WEB:-https://web.example.com}" }, secrets: [STAGING_TOKEN] }
  auto:    { fallback: staging }
  dev:     { mode: docker, compose: web/package.json, profiles: [debug], variables: { LEVEL: 3 } }
  none:
allow_hosts: [db.example.com, "::1"]
preflight: { memory: 4 GiB, disk: 10g, cpu: 90, answer: 1s, info: 10s, clock_skew: 1m, tls_days: 7 }
`,
	"stubs": `version: 1
categories:
  e2e: { needs: [users, auth, chat], stubs: [users, auth, chat] }
services:
  users:
    ready: { path: /up }
    stub:
      routes:
        - { path: "/users/{id}", body: '{"id": "{id}"}' }
        - { method: post, path: /users, status: 201, headers: { Location: /users/1, X-Count: 3 }, body: 7 }
  rpc: { ready: "grpc:" }
  rpc2: { ready: { path: "grpc:shop.Orders" } }
  hub: { ready: ws:/ws }
  auth: { stub: { jwt: { issuer: "https://auth.example.com", audience: chat, lifetime: 1h } } }
  chat: { stub: { openapi: web/package.json, websocket: { path: /ws, messages: [{ expect: '{"type": "hello"}' }, { send: hi, after: 10ms }, { expect: 1, send: true }] } } }
`,
	"section 8's shape": `version: 1
order: [unit, mission-critical, integration]
categories:
  integration:      { paths: ["tests/contract/**", "!tests/contract/drafts"], exclusive: true }
  e2e:              { timeout: 10m }
  mission-critical: { critical: true }
  nightly:          { critical: false }
groups:
  fast: [unit, integration]
suites:
  "go:tools": { tool: go, dir: tools, args: [-race] }
  slow: { tool: go, category: nightly, tags: [slow] }
  nightly-py: { tool: pytest, category: nightly, markers: [nightly], timeout: 90s }
  acceptance: { tool: junit, category: e2e, dir: web, command: make acceptance, reports: ["build/**/*.xml"] }
  shell: { tool: junit, category: e2e, command: [sh, -c, "a && b"], reports: [x.xml], env: { A: b } }
`,
}

func TestConfigTaken(t *testing.T) {
	for _, name := range sorted(goodConfigs) {
		t.Run(name, func(t *testing.T) {
			if _, err := load(tree(), goodConfigs[name]); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConfigFile(t *testing.T) {
	root := write(t, map[string]string{"a_test.go": "", "go.mod": "", "other/ci.yaml": "version: 1\norder: [e2e]\n", "runner.yml": ""})
	tr, err := NewTree(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(root, "", tr, fakeTools())
	if err != nil || c.Config != "" || c.Ordered {
		t.Fatalf("no file: %+v, %v", c, err)
	}
	if len(c.Findings) != 1 || c.Findings[0].ID != "config.name" {
		t.Errorf("runner.yml: %+v", c.Findings)
	}
	c, err = Load(root, filepath.Join(root, "other", "ci.yaml"), tr, fakeTools())
	if err != nil || c.Config != "other/ci.yaml" || !c.Ordered || c.Categories[0].Name != E2E {
		t.Fatalf("named file: %+v, %v", c, err)
	}
	var usage *UsageError
	if _, err = Load(root, filepath.Join(root, "gone.yaml"), tr, fakeTools()); !errors.As(err, &usage) || usage.ExitCode() != 2 {
		t.Errorf("missing file: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, ConfigFile), []byte("version: 1\n"+strings.Repeat("#", maxConfig)), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err = Load(root, "", tr, fakeTools()); !errors.As(err, &usage) {
		t.Errorf("huge file: %v", err)
	}
}

// The library's parser is quadratic in some texts and recurses in others; none of them may hold a run up.
func TestConfigIsBounded(t *testing.T) {
	for _, size := range []int{16 << 10, 64 << 10, maxConfig - 100} {
		for _, s := range []string{"[", "{a: ", "- ", "? ", "&a ", "*a ", "!!a ", "<<: ", "a: ", "- a: ", ": ", "\"", "a:\n ", "- *a\n", "? a\n: b\n", "---\n", "[[]],"} {
			start := time.Now()
			_, err := parseConfig(ConfigFile, []byte("version: 1\norder: "+strings.Repeat(s, size/len(s))))
			var bad *ConfigError
			if !errors.As(err, &bad) {
				t.Errorf("%q: %v", s, err)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%q, %d bytes: %v", s, size, took)
			}
		}
	}
}
