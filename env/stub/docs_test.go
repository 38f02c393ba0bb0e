package stub

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/service"
	"testrunner/runner/tool"
)

// The examples of docs/stubs.md are started, and answer as the page says.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "stubs.md"))
	if err != nil {
		t.Fatal(err)
	}
	root, started := t.TempDir(), 0
	var files []string
	asked := map[string]func(*testing.T, *Instance){
		"Redis":     func(t *testing.T, i *Instance) { connect(t, i).must(t, "+PONG\r\n", "PING") },
		"Routes":    askRoutes,
		"OpenAPI":   askUsers,
		"Tokens":    askTokens,
		"WebSocket": askBackend,
	}
	for section := range strings.SplitSeq(string(text), "\n## ") {
		heading, body, _ := strings.Cut(section, "\n")
		for _, block := range regexp.MustCompile("(?s)```yaml ?([^\n]*)\n(.*?)```").FindAllStringSubmatch(body, -1) {
			if file := block[1]; file != "" {
				if err := os.MkdirAll(filepath.Join(root, filepath.Dir(file)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(root, file), []byte(block[2]), 0o600); err != nil {
					t.Fatal(err)
				}
				files = append(files, file)
				continue
			}
			ask := asked[heading]
			if ask == nil {
				t.Errorf("%s: nothing is asked of its example", heading)
				continue
			}
			for _, each := range servicesOf(t, tool.Tree{Root: root, FS: os.DirFS(root), Files: files}, heading, block[2]) {
				in, err := New(root).Start(t.Context(), service.Spec{Service: each}, nil, nil)
				if err != nil {
					t.Errorf("%s: %v", heading, err)
					continue
				}
				ask(t, in.(*Instance))
				stop(t, in)
				if got := in.(*Instance).Complaint(); got != "" {
					t.Errorf("%s: %s", heading, got)
				}
				started++
			}
		}
	}
	if started != len(asked) {
		t.Errorf("%d examples were started, want %d", started, len(asked))
	}
}

// servicesOf reads a runner.yaml and the compose file beside it as runner does.
func servicesOf(t *testing.T, tree tool.Tree, heading, text string) []env.Service {
	t.Helper()
	if err := os.WriteFile(filepath.Join(tree.Root, categories.ConfigFile), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	catalog, err := categories.Load(tree.Root, "", tree, nil)
	if err != nil {
		t.Fatalf("%s: %v", heading, err)
	}
	var names []string
	for i := range catalog.Services {
		if names = append(names, catalog.Services[i].Name); catalog.Services[i].Name == "redis" {
			catalog.Services[i].Image = "redis:7-alpine" // as the compose file says
		}
	}
	for _, c := range catalog.Categories {
		if c.Name == categories.Integration && !slices.Equal(c.Need.Stubs, names) {
			t.Errorf("%s: a stub will do of %v, want %v", heading, c.Need.Stubs, names)
		}
	}
	return catalog.Services
}

func askRoutes(t *testing.T, i *Instance) {
	at := i.Address().URL
	for _, c := range []struct {
		method, path string
		want         string
	}{
		{"GET", "/users/me", `200 {"id": "ada", "roles": ["admin"]}`}, {"GET", "/users/7", `200 {"id": "7"}`},
		{"POST", "/users", "201 "}, {"DELETE", "/users/7", "204 "}, {"GET", "/healthz", "200 ready\n"},
	} {
		if got := ask(t, c.method, at+c.path); fmt.Sprint(got.status, " ", got.body) != c.want {
			t.Errorf("%s %s: %d %s, want %s", c.method, c.path, got.status, got.body, c.want)
		}
	}
}

func askUsers(t *testing.T, i *Instance) {
	at := i.Address().URL
	for _, path := range []string{"/users/ada", "/v1/users/ada"} {
		if got := ask(t, "GET", at+path); got.body != `{"id":"ada","mail":"user@example.com"}`+"\n" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if got := ask(t, "GET", at+"/users/ada", "Prefer", "code=404"); got.status != 404 || got.body != `{"error":"there is no such user"}`+"\n" {
		t.Errorf("what was preferred: %+v", got)
	}
}

func askTokens(t *testing.T, i *Instance) {
	at := i.Address().URL
	keysOf(t, at+jwksPath)
	if _, in := grant(t, at+"/token", `{"sub": "ada", "roles": ["admin"]}`); in == nil || *in != 900 {
		t.Errorf("it expires in %v", in)
	}
	if _, in := grant(t, at+"/token", `{"sub": "ada", "exp": 1}`); in == nil || *in != 0 {
		t.Errorf("it expires in %v", in)
	}
}

func askBackend(t *testing.T, i *Instance) {
	if got := ask(t, "GET", i.Address().URL+"/threads"); got.body != "[]" {
		t.Errorf("/threads: %+v", got)
	}
	c := dial(t, i, "/ws", nil)
	hear(t, c, `{"type": "welcome"}`)
	say(t, c, `{"type": "message", "text": "hi"}`)
	hear(t, c, `{"type": "agent_started"}`)
	hear(t, c, `{"type": "agent_completed"}`)
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
}
