package service_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"testrunner/env/service"
)

func TestComposeFile(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "c.yaml")
	both := "a.yaml" + string(os.PathListSeparator) + "deploy/b.yaml"
	for name, c := range map[string]struct {
		dotenv  string
		environ []string
		want    string
		from    string
	}{
		"nothing":             {"OTHER=1\n", nil, "", ""},
		"one":                 {"", []string{"COMPOSE_FILE=deploy/b.yaml"}, "deploy/b.yaml", "COMPOSE_FILE"},
		"several":             {"", []string{"COMPOSE_FILE=" + both}, "a.yaml deploy/b.yaml", "COMPOSE_FILE"},
		"another separator":   {"", []string{"COMPOSE_FILE=a.yaml,./deploy/../deploy/b.yaml,", "COMPOSE_PATH_SEPARATOR=,"}, "a.yaml deploy/b.yaml", "COMPOSE_FILE"},
		"in .env":             {"NAME=deploy\nCOMPOSE_FILE=a.yaml;${NAME}/b.yaml\nCOMPOSE_PATH_SEPARATOR=;\n", nil, "a.yaml deploy/b.yaml", "COMPOSE_FILE in .env"},
		"in both":             {"COMPOSE_FILE=a.yaml\n", []string{"COMPOSE_FILE=b.yaml"}, "b.yaml", "COMPOSE_FILE"},
		"empty hides .env's":  {"COMPOSE_FILE=a.yaml\n", []string{"COMPOSE_FILE="}, "", ""},
		"elsewhere":           {"", []string{"COMPOSE_FILE=" + elsewhere}, filepath.ToSlash(elsewhere), "COMPOSE_FILE"},
		"a .env that is none": {"COMPOSE_FILE='\n", nil, "", ""},
	} {
		root := t.TempDir()
		if c.dotenv != "" {
			root = write(t, map[string]string{".env": c.dotenv})
		}
		files, from := service.ComposeFile(root, c.environ)
		if got := strings.Join(files, " "); got != c.want || from != c.from {
			t.Errorf("%s: %q from %q, want %q from %q", name, got, from, c.want, c.from)
		}
	}
}

// Files that lie elsewhere are read where they lie, beside those of the root.
func TestReadFilesThatLieElsewhere(t *testing.T) {
	root := write(t, map[string]string{"compose.yaml": "services: { a: { image: x, build: ./a } }\n"})
	other := write(t, map[string]string{"over.yaml": "services: { b: { image: y, build: ./b } }\n"})
	g, err := service.Read(t.Context(), root, []string{"compose.yaml", filepath.ToSlash(filepath.Join(other, "over.yaml"))}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := g.Services[0].Container.Build.Context, g.Services[1].Container.Build.Context; a != filepath.Join(root, "a") || b != filepath.Join(root, "b") {
		t.Errorf("%s, %s", a, b)
	}
}
