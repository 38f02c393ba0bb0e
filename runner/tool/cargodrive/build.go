package cargodrive

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// executable is one that cargo has built, and whose tests are wanted.
type executable struct {
	path string // absolute
	src  string
	pkg  *pkg
	kind string
	file File
}

// message is one line of cargo's --message-format=json.
type message struct {
	Reason  string `json:"reason"`
	Package string `json:"package_id"`
	Target  target `json:"target"`
	Profile struct {
		Test bool `json:"test"`
	} `json:"profile"`
	Executable string      `json:"executable"`
	Message    diagnosis   `json:"message"`
	Env        [][2]string `json:"env"`
	OutDir     string      `json:"out_dir"`
	Linked     []string    `json:"linked_paths"`
}

// diagnosis is what the compiler says.
type diagnosis struct {
	Rendered string `json:"rendered"`
	Level    string `json:"level"`
	Text     string `json:"message"`
	Spans    []struct {
		File    string `json:"file_name"`
		Line    int    `json:"line_start"`
		Column  int    `json:"column_start"`
		Primary bool   `json:"is_primary"`
	} `json:"spans"`
}

// build has cargo build the wanted targets: first as cargo test itself does, which builds no more than is wanted. It stops at the
// first target that is broken (and --no-fail-fast changes that only for targets that happen to be compiled at that moment), so
// where one is, the build goes on with cargo build, which can keep going. Examples are built as cargo test builds them: as programs.
func (d *driver) build(ctx context.Context) error {
	s := d.selection()
	begin := []string{d.Cargo, "test", "--no-run", "--color", "never"}
	exit, stderr, begun, err := d.compile(ctx, slices.Concat(begin, s.packages, s.exact), false)
	begin = []string{d.Cargo, "build", "--keep-going", "--color", "never"}
	if !hasProfile(d.Cargos) {
		begin = append(begin, "--profile", "test") // else the test profile of the manifest would not count
	}
	if err == nil && exit.Code != 0 && begun {
		exit, stderr, begun, err = d.compile(ctx, slices.Concat(begin, s.packages, s.broad), false)
	}
	if err == nil && len(s.examples) > 0 && (exit.Code == 0 || begun) {
		more, said, _, fault := d.compile(ctx, slices.Concat(begin, s.packages, s.examples), true)
		if err = fault; exit.Code == 0 {
			exit = more
		}
		stderr = event.Capped(stderr+said, event.Cap)
	}
	switch {
	case err != nil:
		return fmt.Errorf("build the tests: %w", err)
	case exit.Code != 0 && !begun:
		d.tell(Record{Kind: Failed, Text: stderr, Code: exit.Code, Signal: exit.Signal})
	default:
		d.tell(Record{Kind: Finished, Text: stderr, Code: exit.Code, Signal: exit.Signal})
	}
	slices.SortStableFunc(d.built, func(a, b executable) int { return strings.Compare(a.src, b.src) })
	return nil
}

func hasProfile(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return a == "--release" || a == "-r" || a == "--profile" || strings.HasPrefix(a, "--profile=")
	})
}

// compile runs one build, in addition to the one before or instead of it. begun says whether cargo came to compile at all.
func (d *driver) compile(ctx context.Context, argv []string, more bool) (exit process.Exit, stderr string, begun bool, err error) {
	argv = append(argv, "--message-format=json")
	if d.Jobs > 0 {
		argv = append(argv, "-j", fmt.Sprint(d.Jobs))
	}
	argv = append(argv, d.Cargos...)
	if !more {
		d.built, d.compiled = nil, map[string]bool{}
		d.scripts, d.linked, d.programs = map[string][]string{}, map[string][]string{}, map[string][]string{}
	}
	d.tell(Record{Kind: Stage, Text: event.ShellJoin(argv), More: more})
	exit, stderr, err = d.run(ctx, d.Dir, d.environ, argv, func(line []byte) {
		var m message
		if json.Unmarshal(line, &m) != nil {
			return
		}
		begun = true
		d.hear(m)
	})
	return exit, stderr, begun, err
}

// hear takes one line of a build.
func (d *driver) hear(m message) {
	switch m.Reason {
	case "build-script-executed":
		for _, pair := range m.Env {
			d.scripts[m.Package] = append(d.scripts[m.Package], pair[0]+"="+pair[1])
		}
		d.scripts[m.Package] = append(d.scripts[m.Package], "OUT_DIR="+m.OutDir)
		d.linked[m.Package] = m.Linked
	case "compiler-message":
		if strings.HasPrefix(m.Message.Level, "error") {
			d.tell(d.diagnosis(m))
		}
	case "compiler-artifact":
		p, kind, src := d.pkg(m.Package), m.Target.is(), d.rel(m.Target.Src)
		d.compiled[m.Package] = d.compiled[m.Package] || kind == Lib
		file, wanted := d.file(src)
		if kind == Bin && !m.Profile.Test && m.Executable != "" {
			d.programs[m.Package] = append(d.programs[m.Package], "CARGO_BIN_EXE_"+m.Target.Name+"="+m.Executable)
		}
		r := Record{Kind: Built, Src: src, Package: p.Name, Type: kind, Target: m.Target.Name}
		if m.Profile.Test && m.Executable != "" && wanted {
			d.built = append(d.built, executable{path: m.Executable, src: src, pkg: p, kind: kind, file: file})
			r.Runs = true
		}
		if wanted {
			d.tell(r)
		}
	}
}

// diagnosis is the record of an error. Two spans may be primary, and the first of them need not be the one that the compiler
// shows, so the place is that of the first arrow in the text as it would stand on the screen.
func (d *driver) diagnosis(m message) Record {
	r := Record{
		Kind: Message, Src: d.rel(m.Target.Src), Package: d.pkg(m.Package).Name, Type: m.Target.is(), Target: m.Target.Name,
		Level: m.Message.Level, Text: event.Capped(m.Message.Text, event.Cap), Detail: event.Capped(m.Message.Rendered, event.Cap),
	}
	for _, span := range m.Message.Spans {
		arrow := fmt.Sprintf("--> %s:%d:%d", span.File, span.Line, span.Column)
		if span.Primary && r.File == "" || strings.Contains(firstArrow(m.Message.Rendered), arrow) {
			r.File, r.Line, r.Column = d.rel(span.File), span.Line, span.Column
		}
	}
	return r
}

func firstArrow(rendered string) string {
	for line := range strings.Lines(rendered) {
		if text := strings.TrimSpace(line); strings.HasPrefix(text, "--> ") {
			return text
		}
	}
	return ""
}

// environment is that of a test executable: what cargo test gives it (The Cargo Book, "Environment variables Cargo sets for
// crates", and "Dynamic library paths").
func (d *driver) environment(e executable) []string {
	env := environment{pairs: slices.Clone(d.environ)}
	p := e.pkg
	env.set("CARGO", d.cargo.program)
	if d.cargo.rustup != "" {
		env.set("RUSTUP_TOOLCHAIN", d.cargo.rustup)
	}
	env.set("CARGO_MANIFEST_DIR", p.dir())
	env.set("CARGO_MANIFEST_PATH", p.Manifest)
	core, _, _ := strings.Cut(p.Version, "+")
	core, pre, _ := strings.Cut(core, "-")
	numbers := append(strings.Split(core, "."), "", "", "")
	for _, pair := range [][2]string{
		{"NAME", p.Name}, {"VERSION", p.Version}, {"VERSION_MAJOR", numbers[0]}, {"VERSION_MINOR", numbers[1]},
		{"VERSION_PATCH", numbers[2]}, {"VERSION_PRE", pre}, {"AUTHORS", strings.Join(p.Authors, ":")},
		{"DESCRIPTION", p.Description}, {"HOMEPAGE", p.Homepage}, {"REPOSITORY", p.Repository}, {"LICENSE", p.License},
		{"LICENSE_FILE", p.LicenseFile}, {"RUST_VERSION", p.RustVersion}, {"README", p.Readme},
	} {
		env.set("CARGO_PKG_"+pair[0], pair[1])
	}
	pairs := d.scripts[p.ID]
	if e.kind == Test || e.kind == "bench" { // since cargo 1.94; before, env!() alone had it
		pairs = slices.Concat(pairs, d.programs[p.ID])
	}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		env.set(name, value)
	}
	env.prepend(d.libraries(e))
	if d.Threads > 0 && !d.Debug {
		env.set(threadsVariable, fmt.Sprint(d.Threads))
	}
	return env.pairs
}

// threadsVariable is libtest's own for --test-threads.
const threadsVariable = "RUST_TEST_THREADS"

// libraries are the folders in which the executable's dynamic libraries may lie.
func (d *driver) libraries(e executable) []string {
	var out []string
	for _, id := range sortedKeys(d.linked) {
		for _, folder := range d.linked[id] {
			if _, path, typed := strings.Cut(folder, "="); typed {
				folder = path
			}
			if strings.HasPrefix(folder, d.meta.TargetDir+string(filepath.Separator)) { // the others are the system's
				out = append(out, folder)
			}
		}
	}
	deps := filepath.Dir(e.path)
	return slices.Concat(out, []string{filepath.Dir(deps), deps}, d.cargo.lib)
}
