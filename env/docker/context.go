package docker

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
)

// buildContext is a folder as the engine would see it in a build: what the ignore file leaves, with the contents' digests.
type buildContext struct {
	dir     string
	ignore  ignoring
	entries []contextEntry // sorted by path; a folder stands before what it holds
	bytes   int64
	odd     []string // sockets, pipes and devices, which are left out
}

// contextEntry is a file, a folder or a link of a context.
type contextEntry struct {
	path string // with slashes, from the context's folder
	mode fs.FileMode
	size int64
	sum  [sha256.Size]byte // of a file
	link string            // of a symbolic link: what it holds
}

// readContext reads a folder and all that it holds, once. A file that can't be read is an error that names it.
func readContext(ctx context.Context, dir string, ignore ignoring) (*buildContext, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("read the build's context: %w", err)
	}
	c := &buildContext{dir: dir, ignore: ignore}
	if err := c.walk(ctx, "", ignoreState{}, nil); err != nil {
		return nil, fmt.Errorf("read the build's context: %w", err)
	}
	sort.Slice(c.entries, func(a, b int) bool { return c.entries[a].path < c.entries[b].path })
	return c, nil
}

// walk reads what a folder holds. Above are the folders on the way that the ignore file keeps out: they come in with the first thing
// that a rule takes back.
func (c *buildContext) walk(ctx context.Context, dir string, parent ignoreState, above []contextEntry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	all, err := os.ReadDir(filepath.Join(c.dir, filepath.FromSlash(dir)))
	if err != nil {
		return err
	}
	for _, d := range all {
		name := path.Join(dir, d.Name())
		if slices.Contains(c.ignore.own, name) {
			continue
		}
		ignored, matched, err := c.ignore.ignores(name, parent)
		if err != nil {
			return err
		}
		if ignored && (!d.IsDir() || !c.ignore.enters(name)) {
			continue
		}
		e, err := c.entry(ctx, name, d, ignored)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went while it was listed: it is not there
		}
		if err != nil {
			return err
		}
		if e.path == "" {
			c.odd = append(c.odd, name)
			continue
		}
		if !ignored {
			c.entries = append(append(c.entries, above...), e)
			c.bytes, above = c.bytes+e.size, nil
		}
		if !d.IsDir() {
			continue
		}
		inner := []contextEntry(nil)
		if ignored {
			inner = append(slices.Clone(above), e)
		}
		before := len(c.entries)
		if err := c.walk(ctx, name, matched, inner); err != nil {
			return err
		}
		if ignored && len(c.entries) > before {
			above = nil
		}
	}
	return nil
}

// entry reads one thing of a folder. Its path is empty for what a context can't hold. The contents of what is ignored don't matter.
func (c *buildContext) entry(ctx context.Context, name string, d fs.DirEntry, ignored bool) (contextEntry, error) {
	info, err := d.Info()
	if err != nil {
		return contextEntry{}, err
	}
	e := contextEntry{path: name, mode: contextMode(info.Mode(), runtime.GOOS)}
	full := c.full(name)
	switch {
	case d.IsDir() || ignored:
	case info.Mode()&fs.ModeSymlink != 0:
		if e.link, err = os.Readlink(full); err != nil {
			return contextEntry{}, err
		}
		e.link = filepath.ToSlash(e.link)
	case info.Mode().IsRegular():
		f, err := os.Open(full)
		if err != nil {
			return contextEntry{}, err
		}
		defer f.Close()
		hash := sha256.New()
		if e.size, err = io.Copy(hash, interruptible{ctx, f}); err != nil {
			return contextEntry{}, err
		}
		copy(e.sum[:], hash.Sum(nil))
	default:
		return contextEntry{}, nil
	}
	return e, nil
}

// contextMode is a file's type and mode as the engine gets them. Windows has no bits to execute, so all have them there, as from
// Docker's own client. A link's bits mean nothing.
func contextMode(mode fs.FileMode, goos string) fs.FileMode {
	if mode&fs.ModeSymlink != 0 {
		return fs.ModeSymlink | 0o777
	}
	if goos == "windows" {
		return mode.Type() | 0o755
	}
	return mode & (fs.ModeType | fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
}

// interruptible is a reader that ends with its context.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i interruptible) Read(b []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(b)
}

func (c *buildContext) full(name string) string {
	return filepath.Join(c.dir, filepath.FromSlash(name))
}

// find is the entry of a path, with slashes; ok is false where the engine would not see one.
func (c *buildContext) find(name string) (e contextEntry, ok bool) {
	at, ok := slices.BinarySearchFunc(c.entries, name, func(e contextEntry, name string) int { return strings.Compare(e.path, name) })
	if !ok {
		return contextEntry{}, false
	}
	return c.entries[at], true
}

// maxLinks is how many symbolic links are followed on one path, as the kernel does it.
const maxLinks = 40

// resolve finds what a path leads to, symbolic links on the way followed inside the context. It returns the last path that it looked for.
func (c *buildContext) resolve(name string) (last string, ok bool) {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	for range maxLinks {
		if name == "" {
			return "", true
		}
		next, followed := c.follow(name)
		if !followed {
			_, ok := c.find(name)
			return name, ok
		}
		name = next
	}
	return name, false
}

// follow replaces the first link on a path by what it leads to. A link can't leave the context: its top is the link's root.
func (c *buildContext) follow(name string) (string, bool) {
	parts := strings.Split(name, "/")
	for n := range parts {
		at := strings.Join(parts[:n+1], "/")
		e, ok := c.find(at)
		if !ok {
			return name, false
		}
		if e.mode&fs.ModeSymlink == 0 {
			continue
		}
		target := e.link
		if !strings.HasPrefix(target, "/") {
			target = path.Dir("/"+at) + "/" + target
		}
		return strings.TrimPrefix(path.Clean(target+"/"+strings.Join(parts[n+1:], "/")), "/"), true
	}
	return name, false
}
