package categories

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
)

// keyCases shows for every key of runner.yaml that it has an effect (design law 9): the catalog with the key differs from
// the one without it. A value may stand only where a key needs another one.
var keyCases = map[string]struct{ without, with string }{
	"order":                {"version: 1\n", "version: 1\norder: [e2e]\n"},
	"categories":           {"version: 1\n", "version: 1\ncategories: { smoke: {} }\n"},
	"categories.paths":     {"version: 1\ncategories: { e2e: {} }\n", "version: 1\ncategories: { e2e: { paths: [tests/contract] } }\n"},
	"categories.timeout":   {"version: 1\ncategories: { e2e: {} }\n", "version: 1\ncategories: { e2e: { timeout: 3s } }\n"},
	"categories.critical":  {"version: 1\ncategories: { e2e: {} }\n", "version: 1\ncategories: { e2e: { critical: true } }\n"},
	"categories.exclusive": {"version: 1\ncategories: { e2e: {} }\n", "version: 1\ncategories: { e2e: { exclusive: true } }\n"},
	"ignore":               {"version: 1\n", "version: 1\nignore: [tests/contract]\n"},
	"groups":               {"version: 1\n", "version: 1\ngroups: { fast: [unit] }\n"},
	"suites":               {"version: 1\n", "version: 1\nsuites: { py: { tool: pytest } }\n"},
	"suites.tool":          {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: go } }\n"},
	"suites.category":      {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, category: e2e } }\n"},
	"suites.dir":           {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, dir: tests } }\n"},
	"suites.paths":         {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, paths: [tests/contract] } }\n"},
	"suites.tags":          {"version: 1\nsuites: { a: { tool: go, category: e2e } }\n", "version: 1\nsuites: { a: { tool: go, category: e2e, tags: [slow] } }\n"},
	"suites.markers":       {"version: 1\nsuites: { a: { tool: pytest, category: e2e } }\n", "version: 1\nsuites: { a: { tool: pytest, category: e2e, markers: [nightly] } }\n"},
	"suites.args":          {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, args: [-x] } }\n"},
	"suites.env":           {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, env: { A: b } } }\n"},
	"suites.command": {
		"version: 1\nsuites: { a: { tool: junit, category: e2e, command: make, reports: [x] } }\n",
		"version: 1\nsuites: { a: { tool: junit, category: e2e, command: make all, reports: [x] } }\n",
	},
	"suites.reports": {
		"version: 1\nsuites: { a: { tool: junit, category: e2e, command: make, reports: [x] } }\n",
		"version: 1\nsuites: { a: { tool: junit, category: e2e, command: make, reports: [y] } }\n",
	},
	"suites.timeout":         {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, timeout: 3s } }\n"},
	"suites.exclusive":       {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, exclusive: true } }\n"},
	"suites.split":           {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, split: files } }\n"},
	"suites.writes":          {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, writes: true } }\n"},
	"categories.needs":       {"version: 1\ncategories: { e2e: {} }\n", "version: 1\ncategories: { e2e: { needs: [db] } }\n"},
	"categories.stubs":       {"version: 1\ncategories: { e2e: { needs: [db] } }\n", "version: 1\ncategories: { e2e: { needs: [db], stubs: [db] } }\n"},
	"categories.modes":       {"version: 1\ncategories: { e2e: { needs: [db] } }\n", "version: 1\ncategories: { e2e: { needs: [db], modes: [staging] } }\n"},
	"suites.needs":           {"version: 1\nsuites: { a: { tool: pytest } }\n", "version: 1\nsuites: { a: { tool: pytest, needs: [db] } }\n"},
	"suites.stubs":           {"version: 1\nsuites: { a: { tool: pytest, needs: [db] } }\n", "version: 1\nsuites: { a: { tool: pytest, needs: [db], stubs: [db] } }\n"},
	"suites.modes":           {"version: 1\nsuites: { a: { tool: pytest, needs: [db] } }\n", "version: 1\nsuites: { a: { tool: pytest, needs: [db], modes: [docker] } }\n"},
	"compose":                {"version: 1\n", "version: 1\ncompose: web/package.json\n"},
	"ports":                  {"version: 1\n", "version: 1\nports: as-written\n"},
	"services":               {"version: 1\n", "version: 1\nservices: { db: {} }\n"},
	"services.env":           {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { env: { DB: \"{url}\" } } }\n"},
	"services.ready":         {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { ready: /up } }\n"},
	"services.ready.path":    {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { ready: { path: /up } } }\n"},
	"services.ready.log":     {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { ready: { log: up } } }\n"},
	"services.ready.command": {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { ready: { command: \"check {port}\" } } }\n"},
	"services.ready.within":  {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { ready: { within: 3s } } }\n"},
	"services.before":        {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { before: migrate } }\n"},
	"services.any_version":   {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { any_version: true } }\n"},
	"services.stub":          {stubbed("{ jwt: {} }"), stubbed("{ openapi: web/package.json }")},
	"services.stub.routes":   {stubbed("{ jwt: {} }"), stubbed("{ jwt: {}, routes: [{ path: / }] }")},
	"services.stub.openapi":  {stubbed("{ jwt: {} }"), stubbed("{ jwt: {}, openapi: web/package.json }")},
	"services.stub.jwt":      {stubbed("{ openapi: web/package.json }"), stubbed("{ openapi: web/package.json, jwt: {} }")},
	"services.stub.websocket": {
		stubbed("{ jwt: {} }"), stubbed("{ jwt: {}, websocket: { path: /ws, messages: [{ send: x }] } }"),
	},
	"services.stub.routes.path":    {stubbed("{ routes: [{ path: / }] }"), stubbed("{ routes: [{ path: /x }] }")},
	"services.stub.routes.method":  {stubbed("{ routes: [{ path: / }] }"), stubbed("{ routes: [{ path: /, method: PUT }] }")},
	"services.stub.routes.status":  {stubbed("{ routes: [{ path: / }] }"), stubbed("{ routes: [{ path: /, status: 404 }] }")},
	"services.stub.routes.headers": {stubbed("{ routes: [{ path: / }] }"), stubbed("{ routes: [{ path: /, headers: { A: 1 } }] }")},
	"services.stub.routes.body":    {stubbed("{ routes: [{ path: / }] }"), stubbed("{ routes: [{ path: /, body: x }] }")},
	"services.stub.jwt.issuer":     {stubbed("{ jwt: {} }"), stubbed("{ jwt: { issuer: \"https://a.example.com\" } }")},
	"services.stub.jwt.audience":   {stubbed("{ jwt: {} }"), stubbed("{ jwt: { audience: x } }")},
	"services.stub.jwt.lifetime":   {stubbed("{ jwt: {} }"), stubbed("{ jwt: { lifetime: 1m } }")},
	"services.stub.websocket.path": {
		stubbed("{ websocket: { path: /ws, messages: [{ send: x }] } }"), stubbed("{ websocket: { path: /x, messages: [{ send: x }] } }"),
	},
	"services.stub.websocket.messages": {
		stubbed("{ websocket: { path: /ws, messages: [{ send: x }] } }"), stubbed("{ websocket: { path: /ws, messages: [{ send: x }, { send: x }] } }"),
	},
	"services.stub.websocket.messages.expect": {
		stubbed("{ websocket: { path: /ws, messages: [{ send: x }] } }"), stubbed("{ websocket: { path: /ws, messages: [{ send: x, expect: y }] } }"),
	},
	"services.stub.websocket.messages.send": {
		stubbed("{ websocket: { path: /ws, messages: [{ send: x }] } }"), stubbed("{ websocket: { path: /ws, messages: [{ send: y }] } }"),
	},
	"services.stub.websocket.messages.after": {
		stubbed("{ websocket: { path: /ws, messages: [{ send: x }] } }"), stubbed("{ websocket: { path: /ws, messages: [{ send: x, after: 1s }] } }"),
	},
	"services.latency":      {"version: 1\nenvironments: { staging: { addresses: { db: \"https://db.example.com\" } } }\nservices: { db: {  } }\n", "version: 1\nenvironments: { staging: { addresses: { db: \"https://db.example.com\" } } }\nservices: { db: { latency: { warn: 1s } } }\n"},
	"services.latency.warn": {"version: 1\nenvironments: { staging: { addresses: { db: \"https://db.example.com\" } } }\nservices: { db: { latency: { fail: 3s } } }\n", "version: 1\nenvironments: { staging: { addresses: { db: \"https://db.example.com\" } } }\nservices: { db: { latency: { fail: 3s, warn: 1s } } }\n"},
	"services.latency.fail": {"version: 1\nenvironments: { staging: { addresses: { db: \"https://db.example.com\" } } }\nservices: { db: { latency: { warn: 1s } } }\n", "version: 1\nenvironments: { staging: { addresses: { db: \"https://db.example.com\" } } }\nservices: { db: { latency: { fail: 3s, warn: 1s } } }\n"},
	"services.local":        {"version: 1\nservices: { db: {} }\n", "version: 1\nservices: { db: { local: \"serve {port}\" } }\n"},
	"environment":           {"version: 1\n", "version: 1\nenvironment: docker\n"},
	"environments":          {"version: 1\n", "version: 1\nenvironments: { dev: {} }\n"},
	"environments.mode": {
		"version: 1\nenvironments: { dev: {} }\n", "version: 1\nenvironments: { dev: { mode: docker } }\n",
	},
	"environments.compose": {
		"version: 1\nenvironments: { dev: {} }\n", "version: 1\nenvironments: { dev: { compose: [web/package.json] } }\n",
	},
	"environments.profiles": {
		"version: 1\nenvironments: { dev: {} }\n", "version: 1\nenvironments: { dev: { profiles: [debug] } }\n",
	},
	"environments.variables": {
		"version: 1\nenvironments: { dev: {} }\n", "version: 1\nenvironments: { dev: { variables: { A: 1 } } }\n",
	},
	"environments.addresses": {
		"version: 1\nenvironments: { dev: {} }\n", "version: 1\nenvironments: { dev: { addresses: { db: \"tcp://localhost:1\" } } }\n",
	},
	"environments.secrets": {
		"version: 1\nenvironments: { dev: {} }\n", "version: 1\nenvironments: { dev: { secrets: [A_TOKEN] } }\n",
	},
	"environments.allow_writes": {
		"version: 1\nenvironments: { dev: { mode: staging } }\n", "version: 1\nenvironments: { dev: { mode: staging, allow_writes: true } }\n",
	},
	"environments.before": {
		"version: 1\nenvironments: { dev: { mode: staging } }\n", "version: 1\nenvironments: { dev: { mode: staging, before: \"sh deploy.sh\" } }\n",
	},
	"environments.fallback": {
		"version: 1\nenvironments: { dev: {} }\n", "version: 1\nenvironments: { dev: { fallback: staging } }\n",
	},
	"allow_hosts":          {"version: 1\n", "version: 1\nallow_hosts: [db.example.com]\n"},
	"preflight":            {"version: 1\n", "version: 1\npreflight: { cpu: 50 }\n"},
	"preflight.memory":     {"version: 1\n", "version: 1\npreflight: { memory: 512MB }\n"},
	"preflight.disk":       {"version: 1\n", "version: 1\npreflight: { disk: 1 GiB }\n"},
	"preflight.cpu":        {"version: 1\n", "version: 1\npreflight: { cpu: 50 }\n"},
	"preflight.answer":     {"version: 1\n", "version: 1\npreflight: { answer: 1s }\n"},
	"preflight.info":       {"version: 1\n", "version: 1\npreflight: { info: 1s }\n"},
	"preflight.clock_skew": {"version: 1\n", "version: 1\npreflight: { clock_skew: 1s }\n"},
	"preflight.tls_days":   {"version: 1\n", "version: 1\npreflight: { tls_days: 1 }\n"},
}

// effectless are the keys that can have no such case, with the reason.
var effectless = map[string]string{"version": "it has one value; another one, or none, is an error: TestConfigRefused"}

func TestEveryKeyHasAnEffect(t *testing.T) {
	keys := allKeys(reflect.TypeFor[Config](), "")
	keyCases := maps.Clone(keyCases)
	maps.Copy(keyCases, contractKeys)
	for _, key := range keys {
		c, ok := keyCases[key]
		if !ok {
			if effectless[key] == "" {
				t.Errorf("the key %s has no case: show what it does", key)
			}
			continue
		}
		without, with := outcome(t, c.without), outcome(t, c.with)
		if without == with {
			t.Errorf("the key %s does nothing:\n%s", key, with)
		}
	}
	for key := range keyCases {
		if !slices.Contains(keys, key) {
			t.Errorf("there is no key %s", key)
		}
	}
}

// allKeys are the keys of a type and of those below it, names left out: "categories.paths".
func allKeys(of reflect.Type, above string) []string {
	switch of.Kind() {
	case reflect.Map, reflect.Pointer, reflect.Slice:
		return allKeys(of.Elem(), above)
	case reflect.Struct:
		var keys []string
		for i, name := range fieldNames(of) {
			if above != "" {
				name = above + "." + name
			}
			keys = append(append(keys, name), allKeys(of.Field(i).Type, name)...)
		}
		return keys
	}
	return nil
}

// outcome is everything of a catalog that the rest of the program can see, without the reasons: they name the line.
func outcome(t *testing.T, config string) string {
	t.Helper()
	c := mustLoad(t, tree(), config)
	for i := range c.Categories {
		each := &c.Categories[i]
		each.Why, each.Need.Why = "", ""
		for j := range each.Suites {
			each.Suites[j].Why, each.Suites[j].Need.Why = "", ""
			for k := range each.Suites[j].Files {
				each.Suites[j].Files[k].Why = ""
			}
		}
	}
	for i := range c.Groups {
		c.Groups[i].Why = ""
	}
	for i := range c.Environments {
		e := &c.Environments[i]
		e.Where = ""
		for j := range e.Addresses {
			e.Addresses[j].Where = ""
		}
	}
	c.Findings, c.tree.FS = nil, nil
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
