package categories

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"testrunner/runner/tool"
)

// write makes files below a new folder, and returns it.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var treeFiles = map[string]string{
	"go.mod": "", "a_test.go": "", "pkg/b_test.go": "", "pkg/testdata/c_test.go": "", "vendor/x/d_test.go": "",
	"web/node_modules/y/e.test.js": "", "web/f.test.js": "", ".venv/lib/test_g.py": "", "env/pyvenv.cfg": "",
	"env/lib/test_h.py": "", "venv/test_i.py": "", "pkg/__pycache__/j.py": "", "out/results/junit.xml": "",
	"runner-results/junit.xml": "", ".git/config": "", "sub/runner-results/test_k.py": "", "out/test_l.py": "",
}

var treeKept = []string{"a_test.go", "go.mod", "out/test_l.py", "pkg/b_test.go", "venv/test_i.py", "web/f.test.js"}

func TestTreeLeavesOutWhatIsNotOurs(t *testing.T) {
	root := write(t, treeFiles)
	for _, list := range []struct {
		name string
		list func() ([]string, error)
	}{
		{"git", func() ([]string, error) { return sorted(treeFiles), nil }},
		{"git fails", func() ([]string, error) { return nil, errors.New("no repository") }},
		{"no git", nil},
	} {
		t.Run(list.name, func(t *testing.T) {
			tree, err := NewTree(root, list.list, "out/results")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(tree.Files, treeKept) {
				t.Errorf("got  %q\nwant %q", tree.Files, treeKept)
			}
			if len(tree.Unread) > 0 {
				t.Errorf("unread: %q", tree.Unread)
			}
		})
	}
}

func TestTreeKeepsOnlyWhatIsThere(t *testing.T) {
	root := write(t, map[string]string{"a/x.py": "", "file": "", "submodule/y.py": ""})
	list := func() ([]string, error) {
		return []string{"", "a/gone.py", "a/x.py", "a/x.py", "file/was-a-folder.py", "gone/z.py", "submodule", "nested/"}, nil
	}
	tree, err := NewTree(root, list)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/x.py"}; !slices.Equal(tree.Files, want) || len(tree.Unread) > 0 {
		t.Errorf("got %q, unread %q, want %q", tree.Files, tree.Unread, want)
	}
}

func TestTreeNamesWhatItCouldNotRead(t *testing.T) {
	root := write(t, map[string]string{"a_test.go": ""})
	if err := os.Symlink("loop", filepath.Join(root, "loop")); err != nil {
		t.Fatal(err)
	}
	tree, err := NewTree(root, func() ([]string, error) { return []string{"a_test.go", "loop/b_test.go"}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(tree.Unread, []string{"loop"}) {
		t.Fatalf("unread: %q", tree.Unread)
	}
	c, err := Load(root, "", tree, fakeTools())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Findings) != 1 || c.Findings[0].ID != "tree.unread" || c.Findings[0].Value != "loop" {
		t.Errorf("findings: %+v", c.Findings)
	}
}

func TestTreeOfAMissingRoot(t *testing.T) {
	if _, err := NewTree(filepath.Join(t.TempDir(), "gone"), nil); err == nil || !strings.Contains(err.Error(), "list files below") {
		t.Errorf("got %v", err)
	}
}

// manyFiles is a tree of the size that the budget is for: 2,000 folders of 20 files, a quarter of them tests.
func manyFiles(n int) map[string]string {
	files := map[string]string{"go.mod": "module x\n", "package.json": "{}", "pytest.ini": ""}
	for i := range n {
		leaf := i / 20
		dir := fmt.Sprintf("part%02d/group%02d/leaf%04d", leaf%40, leaf%50, leaf)
		name := fmt.Sprintf("source%d.txt", i)
		switch i % 12 {
		case 0:
			name = fmt.Sprintf("x%d_test.go", i)
		case 1:
			name = fmt.Sprintf("test_%d.py", i)
		case 2:
			name = fmt.Sprintf("y%d.test.js", i)
		}
		files[dir+"/"+name] = "package x\n"
	}
	return files
}

func BenchmarkTree(b *testing.B) {
	files := manyFiles(40_000)
	root := write(b, files)
	names := sorted(files)
	for _, list := range []struct {
		name string
		list func() ([]string, error)
	}{{"listed", func() ([]string, error) { return names, nil }}, {"walked", nil}} {
		b.Run(list.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := NewTree(root, list.list); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkLoad is the catalog's own part, without the adapters' reading of files.
func BenchmarkLoad(b *testing.B) {
	files := manyFiles(40_000)
	tree := memoryTree(files)
	found := []tool.Tool{}
	for _, each := range fakeTools() {
		found = append(found, known{each, each.Discover(tree)})
	}
	for b.Loop() {
		if _, err := newCatalog("/nowhere", &configuration{}, tree, found); err != nil {
			b.Fatal(err)
		}
	}
}

// known is an adapter that has discovered already.
type known struct {
	tool.Tool
	projects []tool.Project
}

func (k known) Discover(tool.Tree) []tool.Project { return k.projects }
