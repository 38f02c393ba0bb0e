package categories

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"testrunner/runner/tool"
)

// NewTree lists the files of a repository for discovery. list gives what git does not ignore, tracked or not, as paths
// relative to root with forward slashes; where it is nil or fails (no git, no repository), the folders are walked.
// skip names more folders to leave out, relative to root: the results folder.
// The error says that root can't be read; a folder below it that can't be read is named in the tree.
func NewTree(root string, list func() ([]string, error), skip ...string) (tool.Tree, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return tool.Tree{}, fmt.Errorf("list files below %s: %w", root, err)
	}
	if _, err := os.ReadDir(abs); err != nil {
		return tool.Tree{}, fmt.Errorf("list files below %s: %w", root, err)
	}
	out := outside{skip: map[string]bool{}}
	for _, s := range skip {
		out.skip[path.Clean(s)] = true
	}
	t := tool.Tree{Root: abs, FS: os.DirFS(abs)}
	listed, listErr := []string(nil), fs.ErrInvalid
	if list != nil {
		listed, listErr = list()
	}
	if listErr == nil {
		t.Files, t.Unread = present(abs, out.filter(listed))
	} else {
		t.Files, t.Unread = walk(abs, out)
	}
	if !slices.IsSorted(t.Files) { // git's index is, and usually that is all
		slices.Sort(t.Files)
	}
	t.Files = slices.Compact(t.Files)
	slices.Sort(t.Unread)
	return t, nil
}

// outside knows which folders hold no tests of this repository.
type outside struct{ skip map[string]bool }

// leftOutNames are folders that hold other people's code, data or our own results, at any depth.
func leftOutName(name string) bool {
	switch name {
	case "node_modules", "vendor", "testdata", ".git", ".venv", "__pycache__", "runner-results":
		return true
	}
	return false
}

// folder says whether a folder is left out, its parents not looked at.
func (o outside) folder(dir string) bool { return leftOutName(path.Base(dir)) || o.skip[dir] }

// filter leaves out the listed files of left out folders. A folder with pyvenv.cfg is a virtual environment, however it
// is called.
func (o outside) filter(listed []string) []string {
	verdicts := map[string]bool{".": false}
	for _, f := range listed {
		if strings.HasSuffix(f, "/pyvenv.cfg") {
			verdicts[folderOf(f)] = true
		}
	}
	var left func(dir string) bool
	left = func(dir string) bool {
		v, known := verdicts[dir]
		if !known {
			v = o.folder(dir) || left(folderOf(dir))
			verdicts[dir] = v
		}
		return v
	}
	kept := make([]string, 0, len(listed))
	for _, f := range listed {
		// A name that ends in a slash is a repository inside this one: git does not look into it, nor do we.
		if f == "" || f[len(f)-1] == '/' || left(folderOf(f)) {
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

// folderOf is path.Dir for a clean relative path, without its cost.
func folderOf(file string) string {
	if i := strings.LastIndexByte(file, '/'); i > 0 {
		return file[:i]
	}
	return "."
}

// present keeps the files that are there: git also lists deleted files, and submodules, which are folders. Reading each
// folder once costs no more than asking for each file on Linux, and a small part of it on Windows.
func present(root string, files []string) (kept, unread []string) {
	number := map[string]int{}
	var dirs []string
	var members [][]int
	for i, f := range files {
		d := folderOf(f)
		n, known := number[d]
		if !known {
			n = len(dirs)
			number[d] = n
			dirs, members = append(dirs, d), append(members, nil)
		}
		members[n] = append(members[n], i)
	}
	there := make([]bool, len(files))
	failed := make([]bool, len(dirs))
	inParallel(len(dirs), func(n int) {
		entries, err := readFolder(filepath.Join(root, filepath.FromSlash(dirs[n])))
		if err != nil {
			// A file where a tracked folder was means that its files are gone.
			failed[n] = !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR)
			return
		}
		names := make(map[string]bool, len(entries))
		for _, e := range entries {
			if !e.IsDir() {
				names[e.Name()] = true
			}
		}
		for _, i := range members[n] {
			there[i] = names[files[i][strings.LastIndexByte(files[i], '/')+1:]]
		}
	})
	kept = make([]string, 0, len(files))
	for i, f := range files {
		if there[i] {
			kept = append(kept, f)
		}
	}
	for n, dir := range dirs {
		if failed[n] {
			unread = append(unread, dir)
		}
	}
	return kept, unread
}

// walk lists the files by reading every folder that is not left out, several at a time.
func walk(root string, o outside) (files, unread []string) {
	level := []string{"."}
	for len(level) > 0 {
		found := make([][]string, len(level))
		below := make([][]string, len(level))
		failed := make([]bool, len(level))
		inParallel(len(level), func(i int) {
			entries, err := readFolder(filepath.Join(root, filepath.FromSlash(level[i])))
			if err != nil {
				failed[i] = true
				return
			}
			found[i], below[i] = o.entries(level[i], entries)
		})
		next := []string{}
		for i := range level {
			files = append(files, found[i]...)
			next = append(next, below[i]...)
			if failed[i] {
				unread = append(unread, level[i])
			}
		}
		level = next
	}
	return files, unread
}

// entries sorts a folder's entries into files and folders to read. A symbolic link to a folder is not followed.
func (o outside) entries(dir string, entries []fs.DirEntry) (files, folders []string) {
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case !e.IsDir():
			if e.Name() == "pyvenv.cfg" && dir != "." {
				return nil, nil
			}
			files = append(files, name)
		case !o.folder(name):
			folders = append(folders, name)
		}
	}
	return files, folders
}

func readFolder(dir string) ([]fs.DirEntry, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// inParallel calls do for 0 to n-1 on as many goroutines as there are cores. Each call writes its own place only.
func inParallel(n int, do func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	group.Wait()
}
