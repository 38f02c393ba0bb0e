package tool

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// cargoManifest is a Cargo.toml as a flat map, as pytestTOML makes it; the entries of an array of tables ([[test]]) have their
// number behind the name.
type cargoManifest struct {
	values map[string][]string
	counts map[string]int // of arrays of tables
}

func cargoTOML(text string) (cargoManifest, error) {
	p := pytestParser{text: text, values: map[string][]string{}}
	m := cargoManifest{values: p.values, counts: map[string]int{}}
	table := ""
	for {
		p.blank(true)
		if p.at >= len(p.text) {
			return m, nil
		}
		ok := false
		if !p.peek('[') {
			ok = p.pair(table)
		} else {
			double := p.take("[[")
			if !double {
				p.at++
			}
			table, ok = p.key()
			ok = ok && p.take("]") && (!double || p.take("]"))
			if double {
				m.counts[table]++
				table = cargoEntry(table, m.counts[table])
			}
			p.values[table] = nil
		}
		if !ok {
			return m, fmt.Errorf("line %d: not TOML as far as runner reads it", 1+strings.Count(p.text[:min(p.at, len(p.text))], "\n"))
		}
	}
}

// cargoEntry is the key of the n-th table of an array, from 1.
func cargoEntry(array string, n int) string { return fmt.Sprintf("%s#%d\x00", array, n) }

func (m cargoManifest) has(names ...string) bool {
	_, ok := m.values[pytestKey(names...)]
	return ok
}

// text is a value; "" where there is none.
func (m cargoManifest) text(names ...string) string {
	if v := m.values[pytestKey(names...)]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// isPackage and isWorkspace say what the manifest makes of its folder; it may be both.
func (m cargoManifest) isPackage() bool { return m.text("package", "name") != "" }

func (m cargoManifest) isWorkspace() bool {
	for key := range m.values {
		if strings.HasPrefix(key, "workspace\x00") {
			return true
		}
	}
	return false
}

// paths lists the folders of the packages that this one depends on by path, relative to its own.
func (m cargoManifest) paths() []string {
	var out []string
	for key, values := range m.values {
		parts := strings.Split(strings.TrimSuffix(key, "\x00"), "\x00")
		if n := len(parts); n >= 3 && parts[n-1] == "path" && strings.HasSuffix(parts[n-3], "dependencies") && len(values) > 0 {
			out = append(out, values[0])
		}
	}
	return sortedSet(out)
}

// cargoTarget is what cargo makes of one source, as far as tests go.
type cargoTarget struct {
	kind string // lib, bin, test, example, bench
	name string
	src  string // relative to the root
	own  bool   // harness = false
	test bool   // cargo test runs it
	docs bool   // a library whose documentation is tested
}

// cargoTargets lists the targets of the package in a folder, sorted by source: those of the manifest, and those that cargo finds
// by itself (The Cargo Book, "Target auto-discovery").
func cargoTargets(tree fs.FS, dir string, m cargoManifest) []cargoTarget {
	var out []cargoTarget
	exists := func(name string) bool {
		info, err := fs.Stat(tree, path.Join(dir, name))
		return err == nil && !info.IsDir()
	}
	if src := m.text("lib", "path"); src != "" || exists("src/lib.rs") && m.text("package", "autolib") != "false" || m.has("lib") {
		t := cargoTarget{kind: "lib", name: m.text("lib", "name"), src: src, test: m.text("lib", "test") != "false", own: m.text("lib", "harness") == "false", docs: m.text("lib", "doctest") != "false"}
		if t.src == "" {
			t.src = "src/lib.rs"
		}
		out = append(out, t)
	}
	for _, kind := range []struct{ name, auto, folder string }{
		{"bin", "autobins", "src/bin"}, {"test", "autotests", "tests"}, {"example", "autoexamples", "examples"}, {"bench", "autobenches", "benches"},
	} {
		found := map[string]string{} // name -> source
		if kind.name == "bin" && exists("src/main.rs") {
			found[m.text("package", "name")] = "src/main.rs"
		}
		entries, _ := fs.ReadDir(tree, path.Join(dir, kind.folder))
		for _, e := range entries {
			name := path.Join(kind.folder, e.Name())
			if stem, ok := strings.CutSuffix(e.Name(), ".rs"); ok && !e.IsDir() {
				found[stem] = name
			} else if e.IsDir() && exists(name+"/main.rs") {
				found[e.Name()] = name + "/main.rs"
			}
		}
		runs := kind.name == "bin" || kind.name == "test"
		said := map[string]bool{}
		for i := 1; i <= m.counts[kind.name+"\x00"]; i++ {
			at := func(field string) string { return m.text(kind.name, fmt.Sprintf("#%d", i), field) }
			t := cargoTarget{kind: kind.name, name: at("name"), src: at("path"), own: at("harness") == "false", test: runs && at("test") != "false" || at("test") == "true"}
			if t.src == "" {
				t.src = found[t.name]
			}
			said[t.src] = true
			if t.src != "" {
				out = append(out, t)
			}
		}
		if m.text("package", kind.auto) == "false" {
			continue
		}
		for _, name := range sortedKeys(found) {
			if !said[found[name]] {
				out = append(out, cargoTarget{kind: kind.name, name: name, src: found[name], test: runs})
			}
		}
	}
	for i := range out {
		out[i].src = path.Join(dir, out[i].src)
	}
	slices.SortStableFunc(out, func(a, b cargoTarget) int { return strings.Compare(a.src, b.src) })
	return out
}

// cargoOwnMain says whether the target of a source has a main function in place of Rust's harness, by the nearest manifest above.
func cargoOwnMain(tree fs.FS, src string) bool {
	for dir := path.Dir(src); ; dir = path.Dir(dir) {
		if text, err := fs.ReadFile(tree, path.Join(dir, "Cargo.toml")); err == nil {
			m, _ := cargoTOML(string(text))
			return slices.ContainsFunc(cargoTargets(tree, dir, m), func(t cargoTarget) bool { return t.src == src && t.own })
		}
		if dir == "." || dir == "/" || strings.HasPrefix(dir, "..") {
			return false
		}
	}
}
