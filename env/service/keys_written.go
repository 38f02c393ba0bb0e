package service

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v4" // the compose library's own, so that it sees the file as that does
)

// written finds the lines at which things stand in the compose files.
type written struct {
	root   string
	files  []composeFile // as they are merged: what stands in a later one counts
	remote string        // the first include that is no file
	unset  []string      // variables that are used as they are, and have no value
}

type composeFile struct {
	name string // absolute
	text string
	docs []*yaml.Node
}

// add reads a file. One that is no YAML is told by the compose library, in its own words.
func (w *written) add(name string, text []byte) {
	f := composeFile{name: name, text: string(text)}
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc yaml.Node
		if d.Decode(&doc) != nil {
			break
		}
		if len(doc.Content) == 1 {
			f.docs = append(f.docs, doc.Content[0])
		}
	}
	w.files = append(w.files, f)
}

var elsewhere = regexp.MustCompile(`^([a-z+]+://|git@)`)

// include is told by the compose library of each file that another one includes. What includes a file comes over it.
func (w *written) include(event string, about map[string]any) {
	if event != "include" {
		return
	}
	folder, _ := about["workingdir"].(string)
	for _, name := range pathsIn(about["path"]) {
		if elsewhere.MatchString(name) {
			if w.remote == "" {
				w.remote = name
			}
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(folder, name)
		}
		if text, err := os.ReadFile(name); err == nil {
			later := w.files
			w.files = nil
			w.add(name, text)
			w.files = append(w.files, later...)
		}
	}
}

func pathsIn(v any) []string {
	switch v := v.(type) {
	case types.StringList:
		return v
	case string:
		return []string{v}
	}
	return nil
}

// find says where a path of keys stands: "compose.yaml:12", and whether it is the whole path or only its beginning.
func (w *written) find(path ...string) (where string, whole bool) {
	for n := len(path); n > 0; n-- {
		for i := len(w.files) - 1; i >= 0; i-- {
			for _, doc := range w.files[i].docs {
				if where := w.findIn(w.files[i].name, doc, path[:n], 0); where != "" {
					return where, n == len(path)
				}
			}
		}
	}
	if len(w.files) == 0 {
		return "", false
	}
	return w.shown(w.files[0].name), false
}

// mostExtends is how many services may extend one another in a row. The compose library refuses circles before it comes to that.
const mostExtends = 20

// findIn looks in one file, and in the services that the file's own extend.
func (w *written) findIn(name string, doc *yaml.Node, path []string, depth int) string {
	if line := lineOf(doc, path); line > 0 {
		return fmt.Sprintf("%s:%d", w.shown(name), line)
	}
	if len(path) < 3 || path[0] != "services" || depth == mostExtends {
		return ""
	}
	base, from := extended(valueAt(doc, path[:2]))
	if base == "" {
		return ""
	}
	further := append([]string{"services", base}, path[2:]...)
	if from == "" {
		return w.findIn(name, doc, further, depth+1)
	}
	if !filepath.IsAbs(from) {
		from = filepath.Join(filepath.Dir(name), from)
	}
	text, err := os.ReadFile(from)
	if err != nil {
		return ""
	}
	other := written{root: w.root}
	other.add(from, text)
	for _, doc := range other.files[0].docs {
		if where := w.findIn(from, doc, further, depth+1); where != "" {
			return where
		}
	}
	return ""
}

// extended is what a service extends: another one, of the same file where from is "".
func extended(service *yaml.Node) (base, from string) {
	e := valueAt(service, []string{"extends"})
	if e == nil {
		return "", ""
	}
	if e.Kind == yaml.ScalarNode {
		return e.Value, ""
	}
	if s := valueAt(e, []string{"service"}); s != nil {
		base = s.Value
	}
	if f := valueAt(e, []string{"file"}); f != nil {
		from = f.Value
	}
	return base, from
}

// shown is the path as messages have it: relative to the root where it lies below it.
func (w *written) shown(name string) string {
	if rel, err := filepath.Rel(w.root, name); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return name
}

// lineOf is the line of the last key of a path, 0 where it does not stand there.
func lineOf(n *yaml.Node, path []string) int {
	line := 0
	eachAt(n, path, func(key, _ *yaml.Node) bool { line = key.Line; return false })
	return line
}

// valueAt is the value at a path, nil where there is none.
func valueAt(n *yaml.Node, path []string) *yaml.Node {
	var found *yaml.Node
	eachAt(n, path, func(_, value *yaml.Node) bool { found = value; return false })
	return found
}

// eachAt visits what stands at a path, until visit says no. Lists are looked through, as places in them are in no path; what a short form
// holds is found by the list alone. A mapping's own keys come before those that it merges (<<).
func eachAt(n *yaml.Node, path []string, visit func(key, value *yaml.Node) bool) bool {
	if n == nil {
		return true
	}
	switch n.Kind {
	case yaml.AliasNode:
		return eachAt(n.Alias, path, visit)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if !eachAt(item, path, visit) {
				return false
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if key.Value != path[0] {
				continue
			}
			if len(path) == 1 && !visit(key, value) || len(path) > 1 && !eachAt(value, path[1:], visit) {
				return false
			}
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "<<" && !eachAt(n.Content[i+1], path, visit) {
				return false
			}
		}
	}
	return true
}
