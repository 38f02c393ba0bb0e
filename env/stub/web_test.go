package stub

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"testrunner/env"
)

type answered struct {
	status int
	kind   string // Content-Type
	header http.Header
	body   string
}

func ask(t *testing.T, method, url string, headers ...string) answered {
	t.Helper()
	return askWith(t, method, url, "", headers...)
}

func askWith(t *testing.T, method, url, body string, headers ...string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k := 0; k+1 < len(headers); k += 2 {
		r.Header.Set(headers[k], headers[k+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return answered{}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answered{answer.StatusCode, answer.Header.Get("Content-Type"), answer.Header, string(text)}
}

func TestRoutes(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{Routes: []env.StubRoute{
		{Path: "/users/{id}", Body: `{"id": "{id}", "kept": "{other}"}`},
		{Path: "/users/me", Body: `{"id": "ada"}`},
		{Method: "post", Path: "/users", Status: 201, Headers: map[string]string{"Location": "/users/7", "Content-Type": "application/hal+json"}, Body: `{}`},
		{Method: "DELETE", Path: "/users/{id}", Status: 204},
		{Path: "/files/{name}.{kind}", Body: "{name} is {kind}"},
		{Path: "/number/{n}", Body: `{"n": {n}}`},
		{Path: "/größe x", Body: "plain"},
		{Path: "/", Body: "root"},
		{Path: "/teapot", Status: 418},
	}}))
	at := i.Address().URL
	for _, c := range []struct {
		method, path string
		status       int
		kind, body   string
	}{
		{"GET", "/users/7", 200, "application/json", `{"id": "7", "kept": "{other}"}`},
		{"GET", "/users/7?x=%7B", 200, "application/json", `{"id": "7", "kept": "{other}"}`},
		{"GET", "/users/a%2Fb%22", 200, "application/json", `{"id": "a/b\"", "kept": "{other}"}`},
		{"GET", "/users/me", 200, "application/json", `{"id": "ada"}`},
		{"POST", "/users", 201, "application/hal+json", `{}`},
		{"DELETE", "/users/7", 204, "", ""},
		{"HEAD", "/users/7", 200, "application/json", ""},
		{"GET", "/files/a.b.txt", 200, "text/plain; charset=utf-8", "a is b.txt"},
		{"GET", "/number/42", 200, "application/json", `{"n": 42}`},
		{"GET", "/number/x", 200, "text/plain; charset=utf-8", `{"n": x}`},
		{"GET", "/gr%C3%B6%C3%9Fe%20x", 200, "text/plain; charset=utf-8", "plain"},
		{"GET", "/", 200, "text/plain; charset=utf-8", "root"},
		{"GET", "/teapot", 418, "", ""},
		{"GET", "/healthz", 200, "text/plain; charset=utf-8", "ready\n"},
	} {
		got := ask(t, c.method, at+c.path)
		if got.status != c.status || got.kind != c.kind || got.body != c.body {
			t.Errorf("%s %s: %d %q %q\nwant %d %q %q", c.method, c.path, got.status, got.kind, got.body, c.status, c.kind, c.body)
		}
	}
	if got := ask(t, "POST", at+"/users").header.Get("Location"); got != "/users/7" {
		t.Errorf("the header Location is %q", got)
	}
	if got := i.Unknown(); len(got) != 0 {
		t.Errorf("unknown: %v", got)
	}
	if log := i.Log(1); len(log) != 1 || log[0] != "POST /users 201" {
		t.Errorf("the last line of the log is %q", log)
	}
}

func TestRequestsThatNoRouteKnows(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{Routes: []env.StubRoute{
		{Method: "POST", Path: "/users/{id}"}, {Method: "PUT", Path: "/users/{id}"}, {Path: "/healthz", Status: 503},
	}}))
	at := i.Address().URL
	for _, c := range []struct{ method, path, says string }{
		{"GET", "/users", "the stub of auth does not know GET /users; runner.yaml says what it answers: services, auth, stub"},
		{"GET", "/users/7?password=hunter22", "the stub of auth does not know GET /users/7, but POST, PUT of that path; runner.yaml says what it answers: services, auth, stub"},
		{"POST", "/healthz", "the stub of auth does not know POST /healthz, but GET of that path; runner.yaml says what it answers: services, auth, stub"},
		{"GET", "/users/", "the stub of auth does not know GET /users/; runner.yaml says what it answers: services, auth, stub"},
		{"GET", "/", "the stub of auth does not know GET /; runner.yaml says what it answers: services, auth, stub"},
	} {
		got := ask(t, c.method, at+c.path)
		var body map[string]string
		if err := json.Unmarshal([]byte(got.body), &body); err != nil || got.status != 501 || got.kind != "application/json" || body["error"] != c.says {
			t.Errorf("%s %s: %d %s %s (%v)\nwant %s", c.method, c.path, got.status, got.kind, got.body, err, c.says)
		}
	}
	ask(t, "GET", at+"/users")
	want := "GET /users (2 times); GET /users/7; POST /healthz; GET /users/; GET /"
	if got := joined(i.Unknown()); got != want {
		t.Errorf("unknown: %s\nwant %s", got, want)
	}
	if got := ask(t, "GET", at+"/healthz"); got.status != 503 {
		t.Errorf("the route of the ready path answers %d", got.status)
	}
	if log := joined(i.Log(1000)); strings.Contains(log, "hunter22") {
		t.Errorf("a query stands in the log: %s", log)
	}
	stop(t, i)
	if got, want := i.Complaint(), "the stub of auth was asked for requests and messages that it does not know: GET /users (2 times), GET /users/7, "; !strings.HasPrefix(got, want) {
		t.Errorf("the complaint is %q", got)
	}
}

func TestManyRequestsAtOnce(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{Routes: []env.StubRoute{{Path: "/users/{id}", Body: `{"id": "{id}"}`}}}))
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			for m := range 5 {
				id := fmt.Sprintf("%d-%d", n, m)
				if got := ask(t, "GET", i.Address().URL+"/users/"+id); got.body != `{"id": "`+id+`"}` {
					t.Errorf("%s: %q", id, got.body)
				}
			}
			ask(t, "GET", i.Address().URL+"/nope")
		})
	}
	all.Wait()
	if got := joined(i.Unknown()); got != "GET /nope (100 times)" {
		t.Errorf("unknown: %s", got)
	}
}

// A request that is being answered when the stub stops does not hold it up, and none is answered after it.
func TestStopWhileAnswering(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{Routes: []env.StubRoute{{Path: "/big", Body: strings.Repeat("x", 64<<20)}}}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.Address().URL+"/big", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	stop(t, i) // nobody has read the body
	if _, err := io.Copy(io.Discard, answer.Body); err == nil {
		t.Error("the whole body came")
	}
	if _, err := http.Get(i.Address().URL + "/big"); err == nil {
		t.Error("it answers after its stop")
	}
}

// routesOf builds a table of patterns, leaving out those that can't be added.
func routesOf(patterns []string) (*table[int], []string) {
	t := &table[int]{}
	var kept []string
	for _, text := range patterns {
		p, err := readPattern(text)
		if err == nil && t.add("GET", p, len(kept)) == nil {
			kept = append(kept, text)
		}
	}
	return t, kept
}

// Whatever is written and asked for: nothing panics; a plain pattern is found by its own text; what is found fits.
func FuzzRoutes(f *testing.F) {
	f.Add("/users/{id}\n/users/me\n/files/{a}.{b}", "/users/7")
	f.Add("/{x}\n/", "/%2F")
	f.Add("/a%\n/%zz/{y}", "//")
	f.Add("/{a}{b}", "/xy")
	f.Add("/ü {x}", "*")
	f.Fuzz(func(t *testing.T, patterns, path string) {
		table, kept := routesOf(strings.Split(patterns, "\n"))
		if n, values, ok := table.find("GET", path); ok {
			p, err := readPattern(kept[n])
			if err != nil {
				t.Fatalf("%q was kept: %v", kept[n], err)
			}
			again, fits := p.match(splitPath(path))
			if !fits || len(again) != len(values) {
				t.Errorf("%q found %q, which does not fit: %v, %v", path, kept[n], values, again)
			}
			for name, v := range values {
				if v == "" {
					t.Errorf("%q found %q with {%s} empty", path, kept[n], name)
				}
			}
		}
		for n, text := range kept {
			if strings.ContainsAny(text, "{}%") {
				continue
			}
			if got, _, ok := table.find("GET", text); !ok || got != n {
				t.Errorf("%q finds number %d (%v), want %d of %q", text, got, ok, n, kept)
			}
		}
		if !slices.Contains(table.methods(path), "GET") {
			if _, _, ok := table.find("GET", path); ok {
				t.Errorf("%q is known by GET, and methods says it is not", path)
			}
		}
	})
}
