package docker

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What runner itself writes while it builds is a part of no context: it would change meanwhile, and the key with each run.
func TestContextWithoutOwnFolders(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.go", "runner-results/junit.xml", "web/runner-results/kept", "web/index.html"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err) // Windows, without the right to
	}
	if _, err := os.Lstat(link); err != nil {
		link = dir // Wine says that it made a link, and did not
	}
	ignore := ignoring{own: ownIn(dir, []string{filepath.Join(link, "runner-results"), dir, filepath.Dir(dir), t.TempDir()})}
	c, err := readContext(t.Context(), dir, ignore)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, e := range c.entries {
		seen = append(seen, e.path)
	}
	if want := []string{"main.go", "web", "web/index.html", "web/runner-results", "web/runner-results/kept"}; !slices.Equal(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}
