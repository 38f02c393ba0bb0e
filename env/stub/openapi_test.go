package stub

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
