package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"testrunner/report/event"
)

// Template is the template of a database in a cache.
type Template struct {
	Path  string
	Bytes int64
	Used  time.Time // last
}

// String is "template postgres-15-0123456789abcdef.tar (24 MiB, used last on 2026-11-22)".
func (t Template) String() string {
	return fmt.Sprintf("template %s (%s, used last on %s)", filepath.Base(t.Path), event.Size(uint64(t.Bytes)), t.Used.Local().Format(time.DateOnly))
}

// used notes that a template is of use: one that is not, for long, is removed by CleanTemplates. In a cache that can't be written it is
// not noted, and such a one is not cleaned either.
func used(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now)
}

// CleanTemplates removes from a cache the templates that no run has used since then: those of other versions, settings and scripts, which
// is what changes their names. With look nothing is removed. It returns what is gone, or would be, sorted by name; the error names what
// could not be removed. A run that wants one of them again makes it again.
func CleanTemplates(cache string, since time.Time, look bool) ([]Template, error) {
	entries, err := os.ReadDir(cache)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for templates of databases: %w", err)
	}
	var gone []Template
	var left error
	for _, e := range entries {
		info, err := e.Info()
		isOurs := strings.HasPrefix(e.Name(), templatePrefix) && (strings.HasSuffix(e.Name(), ".tar") || strings.HasSuffix(e.Name(), ".tar.lock"))
		if err != nil || !isOurs || !info.Mode().IsRegular() || info.ModTime().After(since) {
			continue // it is gone already, somebody else's, or of use
		}
		t := Template{Path: filepath.Join(cache, e.Name()), Bytes: info.Size(), Used: info.ModTime()}
		if strings.HasSuffix(e.Name(), ".lock") && !abandoned(t.Path) {
			continue
		}
		if !look {
			if err := os.Remove(t.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				left = errors.Join(left, fmt.Errorf("remove an old template of a database: %w", err))
				continue
			}
		}
		gone = append(gone, t)
	}
	return gone, left
}
