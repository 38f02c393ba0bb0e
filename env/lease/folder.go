package lease

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ScratchName is the name of a run's folder for what its tests may write, below the system's temporary folder.
func ScratchName(run string) string { return "runner-" + run }

// bears tells whether the name of a folder says that it is of the run: "runner-ID", or "runner-ID-files".
func bears(name, run string) bool {
	return run != "" && (name == ScratchName(run) || strings.HasPrefix(name, ScratchName(run)+"-"))
}

// foothold takes a path of an inventory apart into a folder that exists without us and what of ours lies below it. An inventory is a
// file that anybody with the user's rights can write, so only what can be nothing but ours is accepted: what lies below a folder that
// is named after the run, or below the state folder, and is not the state's own.
func foothold(state, run, path string) (base, below string, err error) {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path {
		return "", "", fmt.Errorf("remove %s: it is no absolute path, so it is left alone", path)
	}
	if state != "" && filepath.IsAbs(state) {
		if rel, err := filepath.Rel(state, path); err == nil && filepath.IsLocal(rel) && rel != "." {
			// The inventories, the caches and the records of the engine are nobody's to remove: what a run made bears its name.
			if slices.ContainsFunc(strings.Split(rel, string(filepath.Separator)), func(part string) bool { return part == run || bears(part, run) }) {
				return state, rel, nil
			}
		}
	}
	for dir, rest := filepath.Dir(path), filepath.Base(path); ; dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest) {
		first, _, _ := strings.Cut(rest, string(filepath.Separator))
		if bears(first, run) {
			return dir, rest, nil
		}
		if dir == filepath.Dir(dir) {
			return "", "", fmt.Errorf("remove %s: it lies in no folder of run %s, so it is left alone", path, run)
		}
	}
}

// findFolder tells whether a folder of the run is there.
func findFolder(state, run, path string) (bool, error) {
	base, below, err := foothold(state, run, path)
	if err != nil {
		return false, err
	}
	// A link in the way leads elsewhere, whoever put it there.
	parts := strings.Split(below, string(filepath.Separator))
	for i := range parts {
		at := filepath.Join(append([]string{base}, parts[:i+1]...)...)
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if leadsElsewhere(info.Mode()) {
			return false, fmt.Errorf("remove %s: %s is a link, so it is left alone", path, at)
		}
	}
	return true, nil
}

// leadsElsewhere tells whether it is a link. A junction of Windows, which any user can make, is none to Go, but something irregular, and no
// folder; one that a cloud's client fills in later is irregular, too, and is a folder.
func leadsElsewhere(mode fs.FileMode) bool {
	return mode&fs.ModeSymlink != 0 || mode&fs.ModeIrregular != 0 && !mode.IsDir()
}

// removeRunFolder removes a folder of the run, if it is there.
func removeRunFolder(state, run, path string) error {
	there, err := findFolder(state, run, path)
	if err != nil || !there {
		return err
	}
	return removeFolder(state, run, path)
}

// removeFolder removes a folder of the run with all that is in it, and follows no link out of it.
func removeFolder(state, run, path string) error {
	base, below, err := foothold(state, run, path)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(base)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	err = root.RemoveAll(below)
	if errors.Is(err, fs.ErrPermission) {
		openUp(root, below)
		err = root.RemoveAll(below)
	}
	return err
}

// openUp makes folders writable that a test or a module cache made read-only.
func openUp(root *os.Root, below string) {
	_ = fs.WalkDir(root.FS(), filepath.ToSlash(below), func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = root.Chmod(filepath.FromSlash(p), 0o700)
		}
		return nil
	})
}
