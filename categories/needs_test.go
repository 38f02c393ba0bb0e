package categories

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"testrunner/env"
	"testrunner/report/event"
)

// composed is the tree of this package's tests with a compose file.
func composed() map[string]string {
	files := tree()
	files["compose.yaml"] = "services: {}\n"
	files["compose.override.yml"] = "services: {}\n"
	return files
}

func servicesOf(names ...string) []env.Service {
	var out []env.Service
	for _, n := range names {
		out = append(out, env.Service{Name: n, Compose: true, Stub: n == "redis"})
	}
	return out
}

// needsOf is category/suite -> what it needs.
func needsOf(t *testing.T, files map[string]string, config string, services []env.Service, enabled ...string) map[string]env.SuiteNeeds {
	t.Helper()
	c := mustLoad(t, files, config)
	if err := c.CheckServices(services); err != nil {
		t.Fatal(err)
	}
	sel, err := c.Select(env.Asked{})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]env.SuiteNeeds{}
	for _, n := range sel.Needs(services, enabled).Suites {
		out[n.Category+"/"+n.Suite] = n
	}
	return out
}

func TestNeedsAreAssumedWithoutAConfiguration(t *testing.T) {
	for name, n := range needsOf(t, composed(), "", servicesOf("db", "redis"), "db", "redis") {
		want := []string{"db", "redis"}
		if strings.HasPrefix(name, "unit/") {
			want = nil
		}
		if !slices.Equal(n.Needs, want) || want != nil && n.Why != "assumed from compose.yaml, compose.override.yml" {
			t.Errorf("%s needs %v (%s), want %v", name, n.Needs, n.Why, want)
		}
	}
	for name, n := range needsOf(t, composed(), "version: 1\n", servicesOf("db")) {
		if n.Needs != nil {
			t.Errorf("with a runner.yaml that says nothing of needs, %s needs %v", name, n.Needs)
		}
	}
}

// The nearest word counts: a suite's, else its category's, key by key. Suites hold paths, tags and markers.
func TestNeedsOfCategoriesAndSuites(t *testing.T) {
	got := needsOf(t, composed(), `version: 1
categories:
  integration: { needs: [db, redis], stubs: [redis], modes: [docker] }
  nightly:     { needs: [db] }
suites:
  none:   { tool: pytest, paths: [tests/integration/test_i.py], needs: [] }
  paths:  { tool: pytest, paths: [tests/contract], needs: [redis] }
  tags:   { tool: go, category: nightly, tags: [slow], modes: [staging] }
  marker: { tool: pytest, category: mission-critical, markers: [mission_critical], needs: [db] }
`, servicesOf("db", "redis"))
	for name, want := range map[string]string{
		"integration/pytest":      "[db redis] [redis] [docker]",
		"integration/none":        "[] [redis] [docker]",
		"integration/go":          "[db redis] [redis] [docker]",
		"unit/paths":              "[redis] [] []",
		"nightly/tags":            "[db] [] [staging]",
		"mission-critical/marker": "[db] [] []",
		"unit/pytest":             "[] [] []",
	} {
		var n env.SuiteNeeds
		for key, each := range got {
			if key == name || strings.HasPrefix(key, name+" ") || strings.HasPrefix(key, name+":") {
				n = each
			}
		}
		is := strings.Join([]string{words(n.Needs), words(n.Stubs), words(n.Modes)}, " ")
		if n.Suite == "" || is != want {
			t.Errorf("%s needs %s, want %s\n%v", name, is, want, got)
		}
	}
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, each := range list {
		out[i] = string(each)
	}
	return "[" + strings.Join(out, " ") + "]"
}

func TestServicesThatAreNone(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"categories: { e2e: { needs: [postgers] } }", "runner.yaml:2:30: there is no service \"postgers\"; did you mean postgres?"},
		{"categories: { e2e: { needs: [moon] } }", "there is no service \"moon\"; there are postgres, redis"},
		{"suites: { a: { tool: go, needs: [postgres], stubs: [postgres] } }", "there is no honest stub of postgres"},
		{"categories: { e2e: { needs: [postgres], stubs: [redis] } }", "redis is not needed here"},
		{"categories: { e2e: { needs: [postgres], stubs: [postgres] } }\nservices: { postgres: { stub: { jwt: {} } } }", "runner.yaml:3:25: this stub does nothing: Redis's answers by itself"},
		{"categories: { e2e: { needs: [redis], stubs: [reds] } }", "there is no service \"reds\"; did you mean redis?"},
	} {
		cat := mustLoad(t, tree(), "version: 1\n"+c.text+"\n")
		err := cat.CheckServices(servicesOf("postgres", "redis"))
		var bad *ConfigError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
	if err := mustLoad(t, tree(), "version: 1\ncategories: { e2e: { needs: [db] } }\n").CheckServices(nil); err == nil || !strings.Contains(err.Error(), "there is no compose file") {
		t.Errorf("without a compose file: %v", err)
	}
	text := "version: 1\ncategories: { e2e: { needs: [pay] } }\nenvironments: { staging: { addresses: { pay: \"https://pay.example.com\" } } }\n"
	if err := mustLoad(t, tree(), text).CheckServices(nil); err != nil {
		t.Errorf("an address makes a service known: %v", err)
	}
}

const environments = `version: 1
environment: dev
environments:
  dev:     { fallback: mirror, variables: { LEVEL: 3 } }
  mirror:  { mode: staging, addresses: { api: "https://${HOST_OF_API}/v1", web: "${WEB:-https://web.example.com}" }, secrets: [A_TOKEN] }
  engine:  { mode: docker }
`

func TestEnvironments(t *testing.T) {
	c := mustLoad(t, tree(), environments)
	getenv := func(name string) string { return map[string]string{"HOST_OF_API": "api.example.com"}[name] }
	for _, q := range []struct {
		name               string
		asked              env.Asked
		noDocker           bool
		env, from, fails   string
		mode               event.Mode
		fallsBack, strange bool
	}{
		{name: "default", env: "dev", from: "runner.yaml:2:14", mode: env.Auto, fallsBack: true},
		{name: "auto", asked: env.Asked{Env: "auto", EnvFrom: "--env auto"}, env: "auto", from: "--env auto", mode: env.Auto},
		{name: "no-docker over the default", noDocker: true, env: "no-docker", from: "--no-docker", mode: event.NoDocker},
		{name: "no-docker in an environment", noDocker: true, asked: env.Asked{Env: "dev", EnvFrom: "--env dev"}, env: "dev", from: "--no-docker", mode: event.NoDocker},
		{name: "two modes", noDocker: true, asked: env.Asked{Env: "engine", EnvFrom: "--env engine"}, fails: "--no-docker and --env engine name two modes at once"},
		{name: "two modes by name", noDocker: true, asked: env.Asked{Env: "staging", EnvFrom: "--env staging"}, fails: "two modes"},
		{name: "misspelt", asked: env.Asked{Env: "miror", EnvFrom: "RUNNER_ENV=miror"}, fails: "RUNNER_ENV=miror: there is no environment of that name; did you mean mirror?"},
		{name: "of nothing", asked: env.Asked{Env: "moon", EnvFrom: "--env moon"}, fails: "there are auto, dev, docker, engine, mirror, no-docker, staging"},
		{name: "docker", asked: env.Asked{Env: "docker", EnvFrom: "--env docker", StartDocker: true}, env: "docker", from: "--env docker", mode: event.Docker},
		{name: "start nothing", asked: env.Asked{Env: "staging", EnvFrom: "--env staging", StartDocker: true}, fails: "--start-docker does nothing in staging"},
	} {
		t.Run(q.name, func(t *testing.T) {
			got, err := c.Environment(q.asked, q.noDocker, getenv)
			if q.fails != "" {
				var usage *UsageError
				if !errors.As(err, &usage) || !strings.Contains(err.Error(), q.fails) {
					t.Errorf("%v, want %s", err, q.fails)
				}
				return
			}
			if err != nil || got.Env != q.env || got.EnvFrom != q.from || got.Mode() != q.mode || (got.Fallback != nil) != q.fallsBack {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	got, err := c.Environment(env.Asked{Env: "mirror"}, false, getenv)
	if err != nil {
		t.Fatal(err)
	}
	want := []env.Address{
		{Service: "api", Written: "https://${HOST_OF_API}/v1", URL: "https://api.example.com/v1", Where: "runner.yaml:5:47"},
		{Service: "web", Written: "${WEB:-https://web.example.com}", URL: "https://web.example.com", Where: "runner.yaml:5:81"},
	}
	if !reflect.DeepEqual(got.Environment.Addresses, want) {
		t.Errorf("%+v", got.Environment.Addresses)
	}
	got, err = c.Environment(env.Asked{Env: "mirror"}, false, func(string) string { return "" })
	if err != nil || got.Environment.Addresses[0].Missing != "HOST_OF_API" || got.Environment.Addresses[0].URL != "" {
		t.Errorf("%+v, %v", got.Environment.Addresses, err)
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[Size]uint64{
		"512MB": 512 << 20, "8GB": 8 << 30, "8 GiB": 8 << 30, "10g": 10 << 30, "1k": 1 << 10, "7b": 7, "": 0, "8": 0, "8.5GB": 0, "GB": 0, "-1GB": 0,
		"99999999999999999999GB": 0, "9999999999TB": 0, "8GBB": 0,
	} {
		if got := bytesOf(text); got != want {
			t.Errorf("%q is %d bytes, want %d", text, got, want)
		}
	}
}

// What Init writes keeps the needs that were assumed, and so the decision.
func TestInitKeepsNeeds(t *testing.T) {
	enabled := []string{"db", "redis"}
	files := composed()
	text, err := Init(mustLoad(t, files, ""), enabled)
	if err != nil {
		t.Fatal(err)
	}
	before, after := needsOf(t, files, "", servicesOf(enabled...), enabled...), needsOf(t, files, string(text), servicesOf(enabled...))
	for name, n := range before {
		if m := after[name]; !slices.Equal(n.Needs, m.Needs) || len(before) != len(after) {
			t.Errorf("%s needs %v, after runner init %v\n%s", name, n.Needs, m.Needs, text)
		}
	}
}
