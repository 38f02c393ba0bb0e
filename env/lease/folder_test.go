package lease

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

func TestFoothold_accepts_only_what_can_be_nothing_but_ours(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths are of another system; what is below is the same code")
	}
	const state = "/home/ada/.local/state/runner"
	for path, ours := range map[string]bool{
		"/tmp/runner-" + testRun:                       true,
		"/tmp/runner-" + testRun + "/postgres/data":    true,
		"/var/tmp/deep/runner-" + testRun:              true,
		"/tmp/runner-" + testRun + "-files":            true,
		state + "/sets/" + testRun:                     true,
		state + "/sets/" + testRun + "/redis":          true,
		state + "/data/runner-" + testRun:              true,
		state:                                          false,
		state + "/":                                    false,
		state + "/runs":                                false,
		state + "/runs/" + testRun + ".jsonl":          false,
		state + "/templates/postgres-15":               false,
		"/":                                            false,
		"/home/ada":                                    false,
		"/tmp":                                         false,
		"/tmp/runner-20261122-000000-0000":             false,
		"/tmp/runner-" + testRun + "x":                 false,
		"/tmp/runner-" + testRun + "/../../home":       false,
		"/tmp/runner-" + testRun + "/":                 false,
		"runner-" + testRun:                            false,
		"":                                             false,
		"/home/ada/" + testRun:                         false,
		"/home/ada/.local/state/runner-b/" + testRun:   false,
		"/home/ada/.local/state/../runner-" + testRun:  false,
		"/home/ada/.local/state/other/sets/" + testRun: false,
	} {
		if _, _, err := foothold(state, testRun, path); (err == nil) != ours {
			t.Errorf("%s: %v, want ours: %v", path, err, ours)
		}
	}
	if _, _, err := foothold(state, "", "/tmp/runner-"); err == nil {
		t.Error("a run without a name owns a folder")
	}
}

func TestLeadsElsewhere(t *testing.T) {
	for mode, leads := range map[fs.FileMode]bool{
		fs.ModeSymlink | 0o777:               true,
		fs.ModeIrregular | 0o666:             true, // a junction, as Go shows it
		fs.ModeDir | 0o755:                   false,
		fs.ModeDir | fs.ModeIrregular | 0777: false, // a folder that a cloud's client keeps
		0o644:                                false,
	} {
		if leadsElsewhere(mode) != leads {
			t.Errorf("%v: want %v", mode, leads)
		}
	}
}

func TestRemoveFolder_follows_no_link(t *testing.T) {
	for name, link := range links() {
		t.Run(name, func(t *testing.T) {
			base, elsewhere := t.TempDir(), t.TempDir()
			precious := filepath.Join(elsewhere, "data", "precious")
			tell(t, os.MkdirAll(filepath.Dir(precious), 0o755), os.WriteFile(precious, nil, 0o644))
			scratch := filepath.Join(base, ScratchName(testRun))
			if err := link(elsewhere, scratch); err != nil {
				t.Skip("no links here: ", err)
			}
			if _, err := os.Lstat(scratch); err != nil {
				t.Skip("this system says that it made a link, and made none, as Wine does: ", err)
			}
			for _, path := range []string{scratch, filepath.Join(scratch, "data")} {
				if err := removeRunFolder("", testRun, path); err == nil {
					t.Errorf("%s was removed", path)
				}
			}
			tell(t, os.Remove(scratch), os.Mkdir(scratch, 0o755), link(elsewhere, filepath.Join(scratch, "link")))
			if err := removeRunFolder("", testRun, filepath.Join(scratch, "link", "data")); err == nil {
				t.Error("what lies behind a link was removed")
			}
			tell(t, removeRunFolder("", testRun, scratch)) // the link goes, what it leads to stays
			if _, err := os.Stat(precious); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(scratch); !os.IsNotExist(err) {
				t.Errorf("it is still there: %v", err)
			}
			tell(t, removeRunFolder("", testRun, scratch)) // gone already is no error
		})
	}
}

// links are the ways to make a folder appear elsewhere, too.
func links() map[string]func(to, at string) error {
	all := map[string]func(to, at string) error{"a symbolic link": os.Symlink}
	if runtime.GOOS == "windows" {
		all["a junction"] = func(to, at string) error { return exec.Command("cmd", "/c", "mklink", "/J", at, to).Run() }
	}
	return all
}

// A module cache is read-only, and so are the folders of some tests.
func TestRemoveFolder_removes_what_was_made_read_only(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), ScratchName(testRun))
	inner := filepath.Join(scratch, "a", "b")
	tell(t, os.MkdirAll(inner, 0o755), os.WriteFile(filepath.Join(inner, "file"), nil, 0o444), os.Chmod(inner, 0o500), os.Chmod(filepath.Dir(inner), 0o500))
	tell(t, removeRunFolder("", testRun, scratch))
	if _, err := os.Lstat(scratch); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}
