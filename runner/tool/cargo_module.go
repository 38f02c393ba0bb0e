package tool

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// cargoModule is one file of a target's module tree.
type cargoModule struct {
	name string // "" is the root, else "parser::tokens"
	file string // relative to the root
	text []byte
}

var cargoModLine = regexp.MustCompile(`(?m)^[ \t]*(?:#\[path\s*=\s*"([^"]+)"\]\s*)?(?:pub(?:\([^)]*\))?\s+)?mod\s+(?:r#)?([\p{L}_][\p{L}\p{N}_]*)\s*;`)

// cargoModules lists the files of a target: its source, and what "mod name;" brings in, as far as a look at the text can tell.
// A module inside of another file's braces is where that file is; one that a macro makes is not seen.
func cargoModules(tree fs.FS, src string) []cargoModule {
	const enough = 5000
	var out []cargoModule
	seen := map[string]bool{}
	var walk func(name, file, folder string)
	walk = func(name, file, folder string) {
		text, err := fs.ReadFile(tree, file)
		if err != nil || seen[file] || len(out) == enough {
			return
		}
		seen[file] = true
		out = append(out, cargoModule{name, file, text})
		for _, m := range cargoModLine.FindAllSubmatch(text, -1) {
			child := strings.TrimPrefix(name+"::"+string(m[2]), "::")
			if at := string(m[1]); at != "" {
				at = path.Join(path.Dir(file), at)
				walk(child, at, path.Dir(at))
				continue
			}
			below := path.Join(folder, string(m[2]))
			walk(child, below+".rs", below)
			walk(child, below+"/mod.rs", below)
		}
	}
	walk("", src, path.Dir(src))
	return out
}

// cargoPlaces says where the tests of a target are written.
type cargoPlaces struct{ modules []cargoModule }

// of finds the file and line of a test by its path of modules; line is 0 where no function of that name is found, as for one
// that a macro makes.
func (p cargoPlaces) of(test string) (file string, line int) {
	var best *cargoModule
	for i := range p.modules {
		if m := &p.modules[i]; (m.name == "" || strings.HasPrefix(test, m.name+"::")) && (best == nil || len(m.name) > len(best.name)) {
			best = m
		}
	}
	if best == nil {
		return "", 0
	}
	function := test[strings.LastIndex(test, ":")+1:]
	at, found := 0, 0
	text := string(best.text)
	for n := 1; ; n++ {
		rest, more, cut := strings.Cut(text[at:], "\n")
		if i := strings.Index(rest, "fn "+function); i >= 0 && !cargoWordGoesOn(rest[i+len("fn "+function):]) {
			if found != 0 {
				return best.file, 0 // two modules in one file have a test of this name
			}
			found = n
		}
		if !cut {
			return best.file, found
		}
		at = len(text) - len(more)
	}
}

func cargoWordGoesOn(rest string) bool {
	return rest != "" && strings.IndexAny(rest[:1], "(< \t") != 0
}
