package categories

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"testrunner/runner/tool"
)

// Each archive in testdata/repositories is a small repository, read by the real adapters: "want/shape" is what they and
// the catalog make of it. The file that Init writes for it must select the very same.
func TestRealAdapters(t *testing.T) {
	files, err := filepath.Glob("testdata/repositories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			repository := map[string]string{}
			kept := &txtar.Archive{Comment: a.Comment}
			for _, f := range a.Files {
				if !strings.HasPrefix(f.Name, "want/") {
					kept.Files = append(kept.Files, f)
					repository[f.Name] = string(f.Data)
				}
			}
			root := write(t, repository)
			c := loadReal(t, root)
			text, err := Init(c, []string{"cache", "db"})
			if err != nil {
				t.Fatal(err)
			}
			kept.Files = append(kept.Files, txtar.File{Name: "want/shape", Data: []byte(shape(c.Categories))}, txtar.File{Name: "want/runner.yaml", Data: text})
			golden(t, file, txtar.Format(kept))

			if err := os.WriteFile(filepath.Join(root, ConfigFile), text, 0o644); err != nil {
				t.Fatal(err)
			}
			again := loadReal(t, root)
			if again.Config != ConfigFile {
				t.Fatalf("config %q", again.Config)
			}
			if before, after := shape(c.Categories), shape(again.Categories); before != after {
				t.Errorf("without\n%s\nwith\n%s", before, after)
			}
		})
	}
}

func loadReal(t *testing.T, root string) *Catalog {
	t.Helper()
	tr, err := NewTree(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(root, "", tr, tool.All())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What the file offers in comments can be used: with every offered line made active it still loads.
func TestInitOffersWhatWorks(t *testing.T) {
	c := mustLoad(t, tree(), "")
	text, err := Init(c, []string{"cache", "db"})
	if err != nil {
		t.Fatal(err)
	}
	offered := regexp.MustCompile(`(?m)^( *)# ((order|groups|  fast|critical|paths|timeout|exclusive|args|env):)`)
	active := offered.ReplaceAllString(string(text), "$1$2")
	active = regexp.MustCompile(`(?m)^#(  acceptance:|    (tool|category|command|reports):)`).ReplaceAllString(active, "$1")
	if got := strings.Count(active, "\n# ") + strings.Count(active, "\n    # "); got >= strings.Count(string(text), "\n# ")+strings.Count(string(text), "\n    # ")-20 {
		t.Fatalf("hardly a line was made active:\n%s", active)
	}
	again, err := load(tree(), active)
	if err != nil {
		t.Fatalf("%v\n%s", err, active)
	}
	if !strings.Contains(shape(again.Categories), "e2e | acceptance | . | whole | make acceptance | build/**/*.xml") {
		t.Errorf("no acceptance suite:\n%s", shape(again.Categories))
	}
}

func TestInitLeavesAConfigurationAlone(t *testing.T) {
	c := mustLoad(t, tree(), "version: 1\n")
	var usage *UsageError
	if _, err := Init(c, []string{"cache", "db"}); !errors.As(err, &usage) {
		t.Errorf("got %v", err)
	}
}
