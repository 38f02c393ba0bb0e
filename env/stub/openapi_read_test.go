package stub

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestOpenAPIRefuses(t *testing.T) {
	deep := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	for name, c := range map[string]struct{ text, want string }{
		"nothing":             {"", "the file is empty"},
		"no object":           {"- a", "it is no OpenAPI document"},
		"Swagger":             {"swagger: '2.0'", "it is written in Swagger 2.0, and a stub reads OpenAPI 3: convert it"},
		"no version":          {"paths: {}", `"openapi" must begin with 3`},
		"no paths":            {"openapi: 3.1.0", "it has no paths"},
		"no operations":       {"openapi: 3.1.0\npaths: { /x: { summary: s } }", "its paths have no operations"},
		"a path":              {"openapi: 3.1.0\npaths: { x: { get: { responses: {} } } }", "does not begin with /"},
		"a path twice":        {"openapi: 3.1.0\npaths: { '/x/{a}': { get: { responses: {} } }, '/x/{b}': { get: { responses: {} } } }", "stands there twice"},
		"no responses":        {"openapi: 3.1.0\npaths: { /x: { get: { summary: s } } }", "paths, /x, get: it has no responses"},
		"a circle of paths":   {"openapi: 3.1.0\npaths: { /x: { $ref: '#/paths/~1x' } }", "its $ref leads in a circle"},
		"a $ref to nothing":   {"openapi: 3.1.0\npaths: { /x: { $ref: '#/paths/~1y' } }", "$ref #/paths/~1y points to nothing"},
		"no YAML":             {"openapi: [3\n", "not readable as YAML"},
		"JSON with a fault":   {"{\"openapi\": \"3.0.0\",\n \"paths\": }}", "line 2"},
		"a key twice":         {"openapi: 3.1.0\nopenapi: 3.1.0", "openapi"},
		"two documents":       {"a: 1\n---\nb: 2\n", "more than one document"},
		"a tag":               {"a: !custom x", "tags such as !custom"},
		"an anchor of itself": {"a: &x [*x]", "there is no anchor &x"},
		"too deep":            {"a: " + deep, "nested deeper"},
		"an avalanche":        {"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]", "more than 500000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseOpenAPI([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A schema whose parts name each other many times over is refused, not worked out.
func TestOpenAPITooLarge(t *testing.T) {
	schemas := map[string]any{}
	names := strings.Split("abcdefghijkl", "")
	for n, name := range names {
		properties := map[string]any{}
		for _, p := range names {
			if n+1 < len(names) {
				properties[p] = map[string]any{"$ref": "#/components/schemas/" + names[n+1]}
			}
		}
		schemas[name] = map[string]any{"type": "object", "properties": properties}
	}
	text, err := json.Marshal(map[string]any{
		"openapi": "3.1.0", "components": map[string]any{"schemas": schemas},
		"paths": map[string]any{"/x": map[string]any{"get": map[string]any{"responses": map[string]any{"200": map[string]any{
			"content": map[string]any{"application/json": map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/a"}}}}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	api, err := parseOpenAPI(text)
	if err != nil {
		t.Fatal(err)
	}
	if notes := api.notes(); len(notes) != 1 || !strings.Contains(notes[0], "too large: give it an example") {
		t.Errorf("the notes are %v", notes)
	}
}

// Whatever the file holds: nothing panics, and each answer that is given can be sent.
func FuzzOpenAPI(f *testing.F) {
	f.Add(usersAPI, "code=404")
	f.Add(`{"openapi": "3.1.0", "paths": {"/x": {"get": {"responses": {"200": {"content": {"application/json": {"schema": true}}}}}}}}`, "example=a")
	f.Add("openapi: 3\npaths: {/: {get: {responses: {2XX: {content: {'*/*': {schema: {allOf: [{$ref: '#/paths'}]}}}}}}}}", "code=299,example=\"b\"")
	f.Add("openapi: 3.0.0\npaths: &p\n  /{a}: {put: {responses: {default: {headers: {A: {example: \"x\\ny\"}}}}}}\nx: *p\n", "")
	f.Add("servers: [{url: '%%'}, {url: //h/{x}}]\nopenapi: 3.0.0\npaths: {/y: {get: {responses: {}}}}", "code=")
	f.Fuzz(func(t *testing.T, text, prefer string) {
		api, err := parseOpenAPI([]byte(text))
		if err != nil {
			if strings.Contains(err.Error(), "gave up") {
				t.Skip("a panic of the YAML library, told as an error")
			}
			return
		}
		api.notes()
		for _, op := range api.all {
			e, err := api.example(op, preferred([]string{prefer}))
			if err != nil {
				continue
			}
			if e.status < 200 || e.status > 599 {
				t.Errorf("%s: the status %d", op.name, e.status)
			}
			if err := checkHeaders(e.headers); err != nil && !strings.Contains(err.Error(), "Content-Type") {
				t.Errorf("%s: %v", op.name, err)
			}
			if isJSON(e.headers["Content-Type"]) && !json.Valid(e.body) {
				t.Errorf("%s: no JSON: %s", op.name, e.body)
			}
		}
	})
}

// A document is read once for Prepare and Start, and again when its file has changed.
func TestOpenAPIReadOnce(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "api.yaml")
	write := func(text string, at time.Time) {
		t.Helper()
		if err := errors.Join(os.WriteFile(file, []byte(text), 0o600), os.Chtimes(file, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	write("openapi: 3.0.0\npaths: { /a: { get: { responses: { '204': {} } } } }", time.Unix(1000, 0))
	d := documents{root: root}
	first, err := d.read("api.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.read("api.yaml"); again != first || err != nil {
		t.Errorf("it was read twice: %v", err)
	}
	write("openapi: 3.0.0\npaths: { /b: { get: { responses: { '204': {} } } } }", time.Unix(2000, 0))
	if again, err := d.read("api.yaml"); err != nil || again.all[0].name != "GET /b" {
		t.Errorf("the new text is not read: %v", err)
	}
	write("openapi: 2", time.Unix(3000, 0))
	if _, err := d.read("api.yaml"); err == nil {
		t.Error("a fault of the new text is not told")
	}
}
