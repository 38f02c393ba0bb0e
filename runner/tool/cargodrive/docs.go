package cargodrive

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
)

// runDocs runs the documentation tests of the wanted libraries, with one cargo test --doc: rustdoc compiles each and starts it in
// a process of its own, so a death costs one test alone.
func (d *driver) runDocs(ctx context.Context) error {
	var libraries []*pkg
	var packages []string
	all, some := true, false
	for i := range d.meta.Packages {
		p := &d.meta.Packages[i]
		for _, t := range p.Targets {
			if t.is() != Lib || !t.Doctest {
				continue
			}
			_, wanted := d.file(d.rel(t.Src))
			if wanted && (d.compiled[p.ID] || !t.Test) && d.mayName(t) {
				libraries, some = append(libraries, p), true
				packages = append(packages, "-p", p.Name)
			} else {
				all = false
			}
		}
	}
	if !some {
		return nil
	}
	if all && d.isRoot() {
		packages = []string{"--workspace"}
	}
	d.last++
	s := suite{exe: d.last, dir: d.Dir, env: d.docEnvironment()}
	s.argv = slices.Concat([]string{d.Cargo, "test", "--doc", "--no-fail-fast", "--color", "never"}, packages, d.Cargos, []string{"--"}, d.Tests)
	r := Record{Kind: List, Exe: s.exe, Type: Doc}
	names, err := d.list(ctx, s, &r)
	if err != nil {
		return err
	}
	var chosen []string
	for _, p := range libraries {
		var mine, want []string
		f := File{}
		for _, t := range p.Targets {
			if t.is() == Lib {
				f, _ = d.file(d.rel(t.Src))
			}
		}
		for _, name := range names {
			if d.owner(name) == p {
				mine, r.Owners = append(mine, name), append(r.Owners, f.Src)
			}
		}
		if want, err = d.chosen(mine, f, DocName); err != nil {
			return err
		}
		s.groups, chosen = append(s.groups, mine), append(chosen, want...)
	}
	names = slices.Concat(s.groups...) // a test of no library that is wanted has no owner
	r.Names, r.Only = names, chosen
	if len(chosen) == len(names) {
		r.Only = nil
	} else if len(chosen) == 0 {
		r.Only = []string{}
	}
	d.tell(r)
	if r.Code == 0 && r.Signal == "" && len(chosen) > 0 {
		err = d.startDocs(ctx, s, names, chosen)
	}
	d.tell(Record{Kind: Over, Exe: s.exe})
	return err
}

// startDocs runs the chosen tests. rustdoc cuts its arguments at blanks, and each name holds some, so a name can't be handed on:
// each is told by the word in it that the fewest others share, and what else runs with it is not counted.
func (d *driver) startDocs(ctx context.Context, s suite, names, chosen []string) error {
	begin := Record{Kind: Begin, Exe: s.exe, Threads: d.threads()}
	groups := s.groups
	if len(chosen) < len(names) {
		words := map[string]bool{}
		for _, name := range chosen {
			words[rarest(name, names)] = true
		}
		s.argv = append(s.argv, sorted(words)...)
		matched := func(name string) bool {
			return slices.ContainsFunc(sorted(words), func(w string) bool { return strings.Contains(name, w) })
		}
		groups = nil
		for _, group := range s.groups {
			groups = append(groups, slices.DeleteFunc(slices.Clone(group), func(n string) bool { return !matched(n) }))
		}
		begin.Only = slices.Concat(groups...)
	}
	if d.Debug {
		begin.Threads = 1
		s.argv = append(s.argv, "--test-threads=1")
	}
	d.tell(begin)
	_, err := d.watch(ctx, s, s.argv, NewReading(groups, begin.Threads, Docs))
	return err
}

func rarest(name string, names []string) string {
	best, least := "", len(names)+1
	for word := range strings.FieldsSeq(name) {
		n := 0
		for _, other := range names {
			if strings.Contains(other, word) {
				n++
			}
		}
		if n < least {
			best, least = word, n
		}
	}
	return best
}

// docEnvironment is runner's own environment, as for any cargo, and the number of threads.
func (d *driver) docEnvironment() []string {
	env := environment{pairs: slices.Clone(d.environ)}
	if d.Threads > 0 && !d.Debug {
		env.set(threadsVariable, fmt.Sprint(d.Threads))
	}
	return env.pairs
}

// mayName says whether the file's tests that are asked for can be documentation tests.
func (d *driver) mayName(t target) bool {
	f, _ := d.file(d.rel(t.Src))
	return f.Names == nil || slices.ContainsFunc(f.Names, func(n string) bool { return n == AllDocs || strings.HasPrefix(n, docPrefix) })
}

// owner is the package that a documentation test belongs to, by its path, which is relative to the workspace's root.
func (d *driver) owner(name string) *pkg {
	file, _, _ := strings.Cut(name, " - ")
	file = filepath.Join(d.meta.Root, filepath.FromSlash(file))
	var best *pkg
	for i := range d.meta.Packages {
		p := &d.meta.Packages[i]
		if strings.HasPrefix(file, p.dir()+string(filepath.Separator)) && (best == nil || len(p.dir()) > len(best.dir())) {
			best = p
		}
	}
	return best
}

const docPrefix = AllDocs + " "

// AllDocs is the name of all documentation tests of a library.
const AllDocs = "doc"

// DocName is the name that people know a documentation test by: rustdoc's "a/src/lib.rs - add (line 5)" becomes
// "doc add (line 5)", and that of another file than lib.rs keeps the file's name behind src/.
func DocName(raw string) string {
	file, item, found := strings.Cut(raw, " - ")
	if !found {
		return docPrefix + event.FirstLine(raw)
	}
	if _, below, ok := strings.Cut("/"+filepath.ToSlash(file), "/src/"); ok {
		file = below
	}
	if file == "lib.rs" {
		return docPrefix + item
	}
	return docPrefix + file + " - " + item
}
