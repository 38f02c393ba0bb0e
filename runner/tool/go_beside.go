package tool

import (
	"bytes"
	"io"
	"path"
	"runtime"
	"strings"
	"sync"
)

// beside lists by module the folders of packages without a test file, sorted. `go test ./...` builds those too and
// fails where one does not compile, so a program whose main package is broken must not be green here.
func (d *goDiscovery) beside(tests []goFile) map[string][]string {
	tested := map[string]bool{}
	for _, f := range tests {
		tested[path.Dir(f.path)] = true
	}
	code := map[string][]string{} // folder -> its files
	for _, p := range d.tree.Files {
		base := path.Base(p)
		if !strings.HasSuffix(base, ".go") || base[0] == '_' || base[0] == '.' || tested[path.Dir(p)] {
			continue
		}
		if home := d.home(path.Dir(p)); home.inModule && !home.hidden {
			code[path.Dir(p)] = append(code[path.Dir(p)], p)
		}
	}
	dirs := sortedKeys(code)
	built := make([]bool, len(dirs))
	var wg sync.WaitGroup
	readers := min(runtime.GOMAXPROCS(0), max(1, len(dirs)/16))
	for r := range readers {
		wg.Go(func() {
			for i := r; i < len(dirs); i += readers {
				built[i] = d.builds(code[dirs[i]])
			}
		})
	}
	wg.Wait()
	out := map[string][]string{}
	for i, dir := range dirs {
		if built[i] {
			module := d.homes[dir].module
			out[module] = append(out[module], dir)
		}
	}
	return out
}

// builds tells whether a plain build takes one of the files: a package named by its folder that holds none is an error
// to go, and "./..." passes over it in silence. A file of cgo's does not count: whether it is taken depends on more.
func (d *goDiscovery) builds(files []string) bool {
	for _, name := range files {
		r, err := d.tree.FS.Open(name)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(r, goMaxHeader))
		_ = r.Close()
		if err != nil || bytes.Contains(text, []byte(`import "C"`)) {
			continue
		}
		header, err := goHeader(bytes.NewReader(text))
		if err == nil && d.build.takes(name, header) {
			return true
		}
	}
	return false
}
