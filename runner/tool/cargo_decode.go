package tool

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool/cargodrive"
)

// Decode starts the reading of the driver's records.
func (Cargo) Decode(t Target, emit event.Emit) Decoder {
	d := &cargoDecoder{t: t, emit: emit, exes: map[int]*cargoExe{}, told: map[string]bool{}, sources: map[string]int{}, brokenFiles: map[string]bool{}}
	d.filter, d.err = regexp.Compile(t.Filter)
	return d
}

// cargoDecoder reads one run of the driver.
type cargoDecoder struct {
	t      Target
	emit   event.Emit
	filter *regexp.Regexp
	err    error

	begun, ended bool
	fault        string
	refused      *cargodrive.Record
	build        cargoBuild
	exes         map[int]*cargoExe
	told         map[string]bool // files of which something was told: an error, or an executable that is over
	brokenFiles  map[string]bool // that did not compile
	sources      map[string]int  // file -> how many executables of it there were
	problems     []string
	last         int64 // the time of the last record
}

// cargoExe is one executable, or the documentation tests of all libraries.
type cargoExe struct {
	list   cargodrive.Record
	path   string // of its source, relative to the root; "" for documentation tests
	class  string
	behind string // an ordinal, where the source has made an executable before this one
	places cargoPlaces
	owner  map[string]string // documentation test -> path of its library
	chosen []string
	wanted map[string]bool

	begin    cargodrive.Record
	reading  *cargodrive.Reading
	failed   []string // tests of this process that failed: what they printed is told at its end
	stderr   *process.Tail
	stdout   *process.Tail
	started  map[string]int64
	answered map[string]bool
	suspects []*cargoSuspect
	death    string // how a process of it died
	culprit  string
	over     bool
}

// cargoSuspect is a test that was running with others when their process died.
type cargoSuspect struct {
	name   string
	death  string // of the process in which it ran with others
	result *event.TestFinished
	died   bool // once more, by itself
}

// Line takes one record.
func (d *cargoDecoder) Line(line []byte) {
	var r cargodrive.Record
	if json.Unmarshal(line, &r) != nil {
		return // torn
	}
	if r.Kind == cargodrive.Start {
		d.begun = r.Run == cargoRun(d.t)
		return
	}
	if !d.begun || d.ended {
		return
	}
	d.last = r.Millis
	x := d.exes[r.Exe]
	switch r.Kind {
	case cargodrive.Stage, cargodrive.Target, cargodrive.Message, cargodrive.Built:
		d.build.hear(r)
	case cargodrive.Finished:
		d.build.finished = &r
		d.tellBroken()
	case cargodrive.Failed:
		d.refused = &r
	case cargodrive.List:
		d.list(r)
	case cargodrive.Fault:
		d.fault = r.Text
	case cargodrive.End:
		d.ended = true
	}
	if x == nil || x.over {
		return
	}
	switch r.Kind {
	case cargodrive.Begin:
		d.process(x, r)
	case cargodrive.Out:
		d.out(x, r)
	case cargodrive.Exit:
		d.exit(x, r)
	case cargodrive.Over:
		d.over(x)
	}
}

// file is a path of a record's, relative to the root.
func (d *cargoDecoder) file(src string) string { return path.Join(d.t.Dir, src) }

// list takes an executable and its tests.
func (d *cargoDecoder) list(r cargodrive.Record) {
	x := &cargoExe{list: r, chosen: r.Only, wanted: map[string]bool{}, started: map[string]int64{}, answered: map[string]bool{}, owner: map[string]string{}}
	d.exes[r.Exe] = x
	x.class = r.Package
	if r.Type == cargodrive.Doc {
		for i, name := range r.Names {
			if i < len(r.Owners) {
				x.owner[name] = d.file(r.Owners[i])
			}
		}
	} else {
		x.path = d.file(r.Src)
		if r.Type != cargodrive.Lib {
			x.class += "::" + strings.TrimSuffix(path.Base(r.Src), ".rs")
		}
		if d.sources[x.path]++; d.sources[x.path] > 1 {
			x.behind = nodeOrdinal(d.sources[x.path])
		}
		x.places.modules = cargoModules(os.DirFS(d.t.Root), x.path)
	}
	if r.Code != 0 || r.Signal != "" {
		d.cantList(x, r)
		return
	}
	if r.Only == nil {
		x.chosen = r.Names
	}
	if r.Own {
		return // whether it speaks libtest's words is not known yet
	}
	var tests []event.Test
	for _, name := range x.chosen {
		x.wanted[name] = true
		tests = append(tests, x.test(name))
	}
	if len(tests) > 0 {
		d.emit(event.TestsCollected{Job: d.t.Job, Tests: tests})
	}
	if n := d.deselected(x); n > 0 {
		d.emit(event.TestsDeselected{Job: d.t.Job, Count: n})
	}
}

// deselected counts the tests that the filter leaves out.
func (d *cargoDecoder) deselected(x *cargoExe) int {
	n := 0
	for _, name := range x.list.Names {
		named := cargoNames(d.t, x.home(name))
		if d.filter != nil && !d.filter.MatchString(x.shown(name)) &&
			(named == nil || slices.ContainsFunc(named, func(n string) bool { return cargodrive.Below(x.shown(name), n) })) {
			n++
		}
	}
	return n
}

// cantList tells of an executable that ended before it had said its tests.
func (d *cargoDecoder) cantList(x *cargoExe, r cargodrive.Record) {
	what := "the executable can't list its tests: it ended with " + cargoDeath(r)
	files := []string{x.path}
	if r.Type == cargodrive.Doc {
		what = "the documentation tests can't be listed: cargo ended with " + cargoDeath(r)
		files = nil
		for _, f := range cargoFiles(d.t) {
			if d.build.is(cargoBelow(d.t.Dir, f), cargodrive.Lib) {
				files = append(files, f)
			}
		}
	}
	if said := cargoSaid(r.Text); said != "" {
		what += ": " + said
	}
	for _, f := range files {
		d.told[f] = true
		d.emit(event.CollectionFailed{Job: d.t.Job, Path: f, Class: x.class, Reason: "error", Message: what, Detail: r.Text})
	}
	x.over = true
}

// home is the file whose test a name is.
func (x *cargoExe) home(name string) string {
	if x.list.Type == cargodrive.Doc {
		return x.owner[name]
	}
	return x.path
}

// shown is a test's name as people know it.
func (x *cargoExe) shown(name string) string {
	if x.list.Type == cargodrive.Doc {
		return cargodrive.DocName(name)
	}
	return name
}

func (x *cargoExe) test(name string) event.Test {
	home := x.home(name)
	t := event.Test{ID: event.TestID(home, x.shown(name)) + x.behind, Class: x.class}
	if x.list.Type == cargodrive.Doc {
		t.Class = "doc"
		file, rest, _ := strings.Cut(name, " - ")
		t.Line = nodeNumber(strings.TrimSuffix(rest[strings.LastIndex(rest, " ")+1:], ")"))
		if below, at, ok := strings.Cut(home, "/src/"); ok && strings.Contains(file, "/") {
			_ = at
			if _, inside, found := strings.Cut("/"+file, "/src/"); found {
				t.File = path.Join(below, "src", inside)
			}
		}
		return t
	}
	if file, line := x.places.of(name); line > 0 {
		t.Line = line
		if file != home {
			t.File = file
		}
	}
	return t
}

// cargoDeath says how a process ended.
func cargoDeath(r cargodrive.Record) string {
	switch {
	case r.Signal != "":
		return r.Signal
	case r.Code == 0:
		return "status 0 in the middle of its tests (process::exit?)"
	default:
		return fmt.Sprintf("status %d", r.Code)
	}
}
