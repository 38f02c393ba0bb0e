package tool

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The globs of reports: path.Match a level, and "**" for any number of folders. Both the deletion of stale reports and
// the reading of fresh ones go through it, since they must mean the same files.

// Glob lists the regular files that match the glob (relative to dir with forward slashes, or absolute), as absolute
// paths, sorted, each once. Links to files are followed, links to folders are not; "**" passes over .git and
// node_modules. The error is a glob that can't be read.
func Glob(dir, glob string) ([]string, error) {
	if err := checkGlob(glob); err != nil {
		return nil, err
	}
	base, rest := dir, filepath.ToSlash(glob)
	if filepath.IsAbs(glob) {
		volume := filepath.VolumeName(glob)
		base, rest = volume+string(filepath.Separator), strings.TrimPrefix(rest[len(volume):], "/")
	}
	levels := slices.CompactFunc(strings.Split(path.Clean(rest), "/"), func(a, b string) bool { return a == "**" && b == "**" })
	return sortedSet(globFrom(nil, base, levels)), nil
}

func checkGlob(glob string) error {
	for level := range strings.SplitSeq(glob, "/") {
		if _, err := path.Match(level, ""); err != nil {
			return fmt.Errorf("glob %q: %w", glob, err)
		}
	}
	return nil
}

func globFrom(out []string, dir string, levels []string) []string {
	level, rest := levels[0], levels[1:]
	switch {
	case level == "**":
		below := rest
		if len(rest) == 0 {
			below = []string{"*"} // "reports/**" is every file below
		}
		out = globFrom(out, dir, below)
		for _, e := range entries(dir) {
			if e.IsDir() && e.Name() != ".git" && e.Name() != "node_modules" {
				out = globFrom(out, filepath.Join(dir, e.Name()), levels)
			}
		}
	case !strings.ContainsAny(level, `*?[\`):
		out = globEntry(out, filepath.Join(dir, level), rest)
	default:
		for _, e := range entries(dir) {
			if ok, err := path.Match(level, e.Name()); ok && err == nil {
				out = globEntry(out, filepath.Join(dir, e.Name()), rest)
			}
		}
	}
	return out
}

func globEntry(out []string, name string, rest []string) []string {
	if len(rest) > 0 {
		return globFrom(out, name, rest)
	}
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		return append(out, name)
	}
	return out
}

func entries(dir string) []os.DirEntry {
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	return slices.Clip(list)
}
