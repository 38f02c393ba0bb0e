package service_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/schema"

	"testrunner/env/service"
)

var update = flag.Bool("update", false, "write docs/compose.md anew")

// schemaKeys walks the compose library's own schema. * is a name that the user gives, and places in lists are left out.
func schemaKeys(t *testing.T) []string {
	t.Helper()
	type node map[string]any
	var root node
	if err := json.Unmarshal([]byte(schema.Schema), &root); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	var walk func(n node, at string)
	below := func(v any, at string) {
		if n, ok := v.(map[string]any); ok {
			walk(n, at)
		}
	}
	walk = func(n node, at string) {
		if ref, ok := n["$ref"].(string); ok {
			var target any = map[string]any(root)
			for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
				target = target.(map[string]any)[step]
			}
			below(target, at)
		}
		properties, _ := n["properties"].(map[string]any)
		for name, v := range properties {
			path := strings.TrimPrefix(at+"."+name, ".")
			found[path] = true
			below(v, path)
		}
		patterns, _ := n["patternProperties"].(map[string]any)
		for pattern, v := range patterns {
			if pattern != "^x-" {
				below(v, at+".*")
			}
		}
		below(n["additionalProperties"], at)
		below(n["items"], at)
		for _, several := range []string{"oneOf", "anyOf", "allOf"} {
			each, _ := n[several].([]any)
			for _, v := range each {
				below(v, at)
			}
		}
	}
	walk(root, "")
	if len(found) < 500 {
		t.Fatalf("the schema has %d keys: this test reads it wrongly", len(found))
	}
	return slices.Sorted(maps.Keys(found))
}

// Each key of the schema stands in the table, or below a key that is refused or without effect as a whole; and the table has no other.
func TestEveryKeyOfTheSchemaIsInTheTable(t *testing.T) {
	rows := map[string]service.Key{}
	for _, k := range service.Keys() {
		if _, twice := rows[k.Path]; twice {
			t.Errorf("%s stands there twice", k.Path)
		}
		if k.Does != service.Supported && k.Why == "" {
			t.Errorf("%s: say why", k.Path)
		}
		if (k.Only == "") != (k.When == nil) {
			t.Errorf("%s: which values, in words and in code", k.Path)
		}
		rows[k.Path] = k
	}
	keys := schemaKeys(t)
	for _, key := range keys {
		known := false
		for at := key; at != "" && !known; at = at[:max(0, strings.LastIndex(at, "."))] {
			k, ok := rows[at]
			known = ok && (at == key || k.Does != service.Supported && k.When == nil)
		}
		if !known {
			t.Errorf("%s is not in the table", key)
		}
	}
	for path := range rows {
		if !slices.Contains(keys, path) {
			t.Errorf("%s is no key of the schema", path)
		}
	}
}

// docs/compose.md is the table. go test ./env/service -run Page -update writes it.
func TestPageIsTheTable(t *testing.T) {
	const page, begin, end = "../../docs/compose.md", "<!-- the table -->\n", "<!-- end of the table -->"
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(old), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", page)
	}
	want := head + begin + keysTable() + end + tail
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(old) != want {
		t.Errorf("%s differs from the table: go test ./env/service -run Page -update", page)
	}
}

func keysTable() string {
	var b strings.Builder
	b.WriteString("\n| key | runner | |\n| --- | --- | --- |\n")
	for _, k := range service.Keys() {
		does, why := string(k.Does), k.Why
		if k.Only != "" {
			does = "supported; " + string(k.Does) + ": " + k.Only
		}
		if k.Way != "" {
			why += "; " + k.Way
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Path, does, strings.ReplaceAll(why, "|", `\|`))
	}
	return b.String() + "\n"
}

// refusals are a line for each refused key of a file, in its order.
func refusals(t *testing.T, files map[string]string, compose ...string) string {
	t.Helper()
	g, err := service.Read(context.Background(), write(t, files), compose, nil, []string{"HOST=x"})
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(g.Services))
	for i, s := range g.Services {
		names[i] = s.Name
	}
	if err := g.Refusal(names); err != nil {
		return err.Error()
	}
	return ""
}

func TestRefusedKeysNameTheirLine(t *testing.T) {
	for _, c := range []struct{ name, compose, want string }{
		{"a key", "services:\n  web:\n    image: x\n    gpus: all\n", "compose.yaml:4: services.web.gpus is refused: no GPU is reserved; reset it for the tests in a compose file of its own (gpus: !reset null), named under compose in runner.yaml"},
		{"its own way out", "services:\n  web:\n    image: x\n    external_links: [db]\n", "compose.yaml:4: services.web.external_links is refused: containers that the run did not make are left alone; name its address in runner.yaml: environments, NAME, addresses"},
		{"one below", "services:\n  web:\n    build:\n      context: .\n      ssh: [default]\n", "compose.yaml:5: services.web.build.ssh is refused"},
		{"in a list", "services:\n  web:\n    image: x\n    volumes:\n      - a:/a\n      - type: bind\n        source: /b\n        target: /b\n        bind:\n          propagation: rshared\nvolumes: { a: }\n", "compose.yaml:10: services.web.volumes.bind.propagation is refused"},
		{"in the short form", "services:\n  web:\n    image: x\n    volumes:\n      - a:/a\n      - /b:/b:rshared\nvolumes: { a: }\n", "compose.yaml:4: services.web.volumes.bind.propagation is refused"},
		{"a value", "services:\n  web:\n    image: x\n    network_mode: \"container:${HOST}\"\n", "compose.yaml:4: services.web.network_mode is refused"},
		{"another value", "services:\n  web:\n    image: x\n    network_mode: host\n    links: [db, \"other:other\"]\n  db: { image: x }\n  other: { image: x }\n", ""},
		{"a second name", "services:\n  web:\n    image: x\n    links: [\"db:base\"]\n  db: { image: x }\n", "compose.yaml:4: services.web.links is refused"},
		{"a secret", "services:\n  web:\n    image: x\n    secrets: [a]\nsecrets:\n  a: { external: true }\n  b: { external: true }\n", "compose.yaml:6: secrets.a.external is refused"},
		{"a network of two", "services:\n  web: { image: x }\n  db: { image: x }\nnetworks:\n  default:\n    enable_ipv6: true\n", "compose.yaml:6: networks.default.enable_ipv6 is refused"},
		{"an anchor", "x-more: &more\n  gpus: all\nservices:\n  web:\n    <<: *more\n    image: x\n", "compose.yaml:2: services.web.gpus is refused"},
		{"nothing", "services:\n  web:\n    image: x\n    x-gpus: all\n    environment: { gpus: all }\n    labels: { umask: a }\n", ""},
	} {
		got := refusals(t, map[string]string{"compose.yaml": c.compose}, "compose.yaml")
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || strings.Count(got, " is refused") > 1 {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestRefusedKeysOfSeveralFiles(t *testing.T) {
	base := "services:\n  web:\n    image: x\n    umask: 22\n"
	for _, c := range []struct {
		name  string
		files map[string]string
		order []string
		want  string
	}{
		{"override", map[string]string{"compose.yaml": base, "over.yaml": "services:\n  web:\n\n    gpus: all\n"}, []string{"compose.yaml", "over.yaml"}, "over.yaml:4: services.web.gpus is refused"},
		{"the way out", map[string]string{"compose.yaml": base, "over.yaml": "services:\n  web:\n    umask: !reset null\n"}, []string{"compose.yaml", "over.yaml"}, ""},
		{"include", map[string]string{"compose.yaml": "include: [\"sub dir/more.yaml\"]\n", "sub dir/more.yaml": base}, []string{"compose.yaml"}, "sub dir/more.yaml:4: services.web.umask is refused"},
		{"extends a file", map[string]string{"deploy/compose.yaml": "services:\n  web:\n    extends: { service: web, file: base.yaml }\n", "deploy/base.yaml": base}, []string{"deploy/compose.yaml"}, "deploy/base.yaml:4: services.web.umask is refused"},
		{"extends a neighbour", map[string]string{"compose.yaml": base + "  api:\n    extends: web\n"}, []string{"compose.yaml"}, "compose.yaml:4: services.api.umask is refused"},
	} {
		got := refusals(t, c.files, c.order...)
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestKeysWithoutEffectAreSaidOnce(t *testing.T) {
	root := write(t, map[string]string{"compose.yaml": `services:
  web:
    image: x
    restart: always
    container_name: web
    ports: ["8000:8000", { target: 1, mode: host }]
  worker:
    image: x
    scale: 2
  db:
    image: x
    restart: always
    deploy: { replicas: 1, placement: { constraints: [a] } }
networks:
  default: { name: mine }
  other: { name: theirs, external: true }
`})
	g, err := service.Read(context.Background(), root, []string{"compose.yaml"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `compose.yaml:15: networks.default.name has no effect in tests: each run has networks of its own, named after the run
compose.yaml:13: services.db.deploy.placement has no effect in tests: there is one machine, and no swarm
compose.yaml:12: services.db.restart (and 1 more) has no effect in tests: runner itself starts again what crashes, a few times
compose.yaml:5: services.web.container_name has no effect in tests: containers are named after the run, so that several runs don't clash
compose.yaml:6: services.web.ports.mode has no effect in tests: there is one machine, and no swarm
compose.yaml:9: services.worker.scale has no effect in tests: one container is started`
	if got := strings.Join(g.Notes, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestVariablesWithoutAValueAreSaid(t *testing.T) {
	for _, c := range []struct{ image, want string }{
		{"x:${TAG}", "compose.yaml:4: the variable TAG has no value, and is taken as empty"},
		{"$HOST/$PATH_OF_IT:${TAG}", "compose.yaml:4: the variable PATH_OF_IT has no value, and is taken as empty; so are TAG"},
		{"x:${TAG:-1}${TAG-2}${OTHER:+b}$${TAG}$$TAG", ""},
		{"x:$HOST", ""},
	} {
		g := graph(t, "services:\n  web:\n    # the image\n    image: \""+c.image+"\"\n", "HOST=x")
		if got := strings.Join(g.Notes, "\n"); got != c.want {
			t.Errorf("%s: %s\nwant %s", c.image, got, c.want)
		}
	}
}
