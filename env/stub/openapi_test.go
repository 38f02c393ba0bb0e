package stub

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
)

// startAPI starts a stub of an OpenAPI file.
func startAPI(t *testing.T, name, text string) *Instance {
	t.Helper()
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := webSpec(env.StubSpec{OpenAPI: name})
	p := New(root)
	if err := p.Prepare(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}
	in, err := p.Start(t.Context(), s, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, in) })
	return in.(*Instance)
}

const usersAPI = `
openapi: 3.0.3
info: { title: Users, version: 1.10 }
servers:
  - url: https://api.example.com/{stage}/
    variables: { stage: { default: v1 } }
paths:
  /users:
    parameters: []
    get:
      responses:
        200:
          headers:
            X-Total: { schema: { type: integer, minimum: 2 } }
            X-None: { description: nothing is said of it }
          content:
            application/json:
              schema: { type: array, items: { $ref: '#/components/schemas/User' } }
    post:
      responses:
        '201':
          content:
            application/json:
              examples:
                b: { value: { id: 8 } }
                a: { value: { id: 7 } }
        '4XX': { $ref: '#/components/responses/Bad' }
        default:
          content: { text/plain: { example: what } }
  /users/{id}:
    get:
      responses:
        '404': { description: none }
        '200':
          content:
            application/xml: { example: <user/> }
            application/vnd.user+json: { schema: { $ref: '#/components/schemas/User' } }
    delete: { responses: { '204': { description: gone } } }
  /users/me:
    get: { responses: { default: { content: { text/plain: { example: ada } } } } }
  /tree:
    get: { responses: { '200': { content: { application/json: { schema: { $ref: '#/components/schemas/Tree' } } } } } }
  /circle:
    get: { responses: { '200': { content: { application/json: { schema: { $ref: '#/components/schemas/Circle' } } } } } }
  /elsewhere:
    get: { responses: { '200': { $ref: 'other.yaml#/x' } } }
  /xml:
    get: { responses: { '200': { content: { application/xml: { schema: { type: object } } } } } }
components:
  responses:
    Bad: { content: { application/json: { example: { error: bad } } } }
  schemas:
    Named: &named
      type: object
      properties: { name: { type: string, example: Ada } }
    User:
      allOf:
        - *named
        - properties:
            id: { type: integer, format: int64, default: 12345678901234567890 }
            born: { type: string, format: date }
            mail: { type: string, format: email }
            roles: { type: array, items: { enum: [admin, user] } }
            score: { type: number }
            active: { type: boolean }
            password: { type: string, writeOnly: true }
            boss: { $ref: '#/components/schemas/User' }
            pet: { oneOf: [ { $ref: '#/components/schemas/User' }, { type: string, maxLength: 2 } ] }
            nothing: { type: ["null"] }
            either: { type: ["null", integer] }
    Tree: { type: object, required: [children], properties: { children: { type: array, items: { $ref: '#/components/schemas/Tree' } } } }
    Circle: { type: object, required: [next], properties: { next: { $ref: '#/components/schemas/Circle' } } }
`

const ada = `{"active":true,"born":"2024-01-01","either":0,"id":12345678901234567890,"mail":"user@example.com","name":"Ada","nothing":null,"pet":"te","roles":["admin"],"score":0}`

func TestOpenAPI(t *testing.T) {
	i := startAPI(t, "api.yaml", usersAPI)
	for _, c := range []struct {
		method, path, prefer string
		status               int
		kind, body           string
	}{
		{"GET", "/users", "", 200, "application/json", "[" + ada + "]"},
		{"GET", "/v1/users?page=2", "", 200, "application/json", "[" + ada + "]"},
		{"POST", "/users", "", 201, "application/json", `{"id":7}`},
		{"POST", "/users", "example=b", 201, "application/json", `{"id":8}`},
		{"POST", "/users", "code=422", 422, "application/json", `{"error":"bad"}`},
		{"POST", "/users", "return=minimal; code=500", 500, "text/plain", "what"},
		{"GET", "/users/7", "", 200, "application/vnd.user+json", ada},
		{"GET", "/users/7", "code=404", 404, "", ""},
		{"GET", "/users/me", "", 200, "text/plain", "ada"},
		{"DELETE", "/users/7", "", 204, "", ""},
		{"GET", "/tree", "", 200, "application/json", `{"children":[]}`},
		{"GET", "/healthz", "", 200, "text/plain; charset=utf-8", "ready"},
	} {
		got := ask(t, c.method, i.Address().URL+c.path, "Prefer", c.prefer)
		if got.status != c.status || got.kind != c.kind || strings.TrimSuffix(got.body, "\n") != c.body {
			t.Errorf("%s %s (%s): %d %q %s\nwant %d %q %s", c.method, c.path, c.prefer, got.status, got.kind, got.body, c.status, c.kind, c.body)
		}
	}
	if got := ask(t, "GET", i.Address().URL+"/users").header; got.Get("X-Total") != "2" || got["X-None"] != nil {
		t.Errorf("the headers are %v", got)
	}
	if got := i.Unknown(); len(got) != 0 {
		t.Errorf("unknown: %v", got)
	}
}

// What the document does not say is not made up.
func TestOpenAPIUnknown(t *testing.T) {
	i := startAPI(t, "api.yaml", usersAPI)
	for _, c := range []struct{ method, path, prefer, says string }{
		{"GET", "/nope", "", "does not know GET /nope; runner.yaml"},
		{"PUT", "/users", "", "does not know PUT /users, but GET, POST of that path;"},
		{"GET", "/v1", "", "does not know GET /v1;"},
		{"GET", "/users", "code=404", "api.yaml has GET /users without an answer: it has no response 404"},
		{"POST", "/users", "example=c", `it has no example "c"`},
		{"POST", "/users", "code=junk", `the wanted code "junk" is none`},
		{"DELETE", "/users/7", "example=x", `response 204 has no example "x"`},
		{"GET", "/circle", "", "next: the schema holds itself"},
		{"GET", "/elsewhere", "", "$ref other.yaml#/x leads out of the file"},
		{"GET", "/xml", "", "an example of anything but JSON must be a text"},
	} {
		got := ask(t, c.method, i.Address().URL+c.path, "Prefer", c.prefer)
		var body map[string]string
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || got.status != 501 || !strings.Contains(body["error"], c.says) {
			t.Errorf("%s %s (%s): %d %s\nwant %s", c.method, c.path, c.prefer, got.status, got.body, c.says)
		}
	}
	if got, want := joined(i.Unknown()), "GET /nope; PUT /users; GET /v1; GET /users; POST /users (2 times); DELETE /users/7; GET /circle; GET /elsewhere; GET /xml"; got != want {
		t.Errorf("unknown: %s\nwant %s", got, want)
	}
}

// Prepare says beforehand which operations will not be answered.
func TestOpenAPINotes(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "api.yaml"), []byte(usersAPI), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []string
	s := service.Spec{Service: env.Service{Name: "users", StubSpec: &env.StubSpec{OpenAPI: "api.yaml"}}}
	if err := New(root).Prepare(t.Context(), s, func(line string) { told = append(told, line) }); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"api.yaml: the stub will not answer GET /circle: response 200, application/json: next: the schema holds itself",
		"api.yaml: the stub will not answer GET /elsewhere: response 200: $ref other.yaml#/x leads out of the file: put all into one file (redocly bundle, swagger-cli bundle)",
		"api.yaml: the stub will not answer GET /xml: response 200, application/xml: an example of anything but JSON must be a text",
	}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("it told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
}

// JSON and YAML of one document answer the same.
func TestOpenAPIInJSON(t *testing.T) {
	document, err := parseYAML([]byte(usersAPI))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	i := startAPI(t, "api.json", string(text))
	if got := ask(t, "GET", i.Address().URL+"/users/7"); strings.TrimSpace(got.body) != ada {
		t.Errorf("%+v", got)
	}
}

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

func TestYAMLValues(t *testing.T) {
	got, err := parseYAML([]byte(`
a: 1
b: -0x10
c: 1.10
d: 1.5e+3
e: .5
f: "1"
g: |
  two
  lines
h: ~
i: [yes, true, 2024-01-01]
j: { <<: &m { x: 1, y: 2 }, y: 3 }
k: *m
200: n
true: t
`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"200":"n","a":1,"b":-16,"c":1.10,"d":1.5e+3,"e":0.5,"f":"1","g":"two\nlines\n","h":null,"i":["yes",true,"2024-01-01"],"j":{"x":1,"y":3},"k":{"x":1,"y":2},"true":"t"}`
	if string(text) != want {
		t.Errorf("%s\nwant\n%s", text, want)
	}
	if _, err := parseYAML([]byte("a: .inf")); err == nil {
		t.Error(".inf is a number of JSON")
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
