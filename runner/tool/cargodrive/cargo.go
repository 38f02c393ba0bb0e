package cargodrive

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// metadata is what `cargo metadata --no-deps` says, as far as it is used here.
type metadata struct {
	Packages  []pkg    `json:"packages"`
	Members   []string `json:"workspace_members"`
	Root      string   `json:"workspace_root"`
	TargetDir string   `json:"target_directory"`
}

// pkg is one package; the texts are what cargo puts into CARGO_PKG_*.
type pkg struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Version     string   `json:"version"`
	Manifest    string   `json:"manifest_path"`
	Authors     []string `json:"authors"`
	Description string   `json:"description"`
	Homepage    string   `json:"homepage"`
	Repository  string   `json:"repository"`
	License     string   `json:"license"`
	LicenseFile string   `json:"license_file"`
	RustVersion string   `json:"rust_version"`
	Readme      string   `json:"readme"`
	Targets     []target `json:"targets"`
}

func (p *pkg) dir() string { return filepath.Dir(p.Manifest) }

// target is what cargo makes of one source file.
type target struct {
	Kind    []string `json:"kind"`
	Name    string   `json:"name"`
	Src     string   `json:"src_path"`
	Test    bool     `json:"test"`
	Doctest bool     `json:"doctest"`
	Needs   []string `json:"required-features"`
}

// is names the target's type: a library has several kinds (lib, rlib, proc-macro, cdylib, …).
func (t target) is() string {
	if len(t.Kind) == 0 {
		return ""
	}
	switch t.Kind[0] {
	case Bin, Test, "example", "bench", "custom-build":
		return t.Kind[0]
	default:
		return Lib
	}
}

// run starts a program and gives its lines to out; its standard error comes back, head and tail.
func (d *driver) run(ctx context.Context, dir string, env, argv []string, out func([]byte)) (process.Exit, string, error) {
	lines, stderr := process.NewLineWriter(maxMessage, out), process.NewTail(event.Cap)
	progress := process.NewLineWriter(event.Cap, func(line []byte) {
		fmt.Fprintf(stderr, "%s\n", line)
		d.tell(Record{Kind: Progress, Text: string(line)})
	})
	p, err := process.Start(ctx, process.Spec{Argv: argv, Dir: dir, Env: env, Stdout: lines, Stderr: progress})
	if err != nil {
		return process.Exit{}, "", err
	}
	exit := p.Wait()
	lines.Flush()
	progress.Flush()
	return exit, stderr.String(), ctx.Err()
}

// maxMessage bounds one line of cargo's, in bytes: a compiler message with all its spans.
const maxMessage = 16 << 20

// describe asks cargo for the packages and targets of the workspace. ok is false where cargo could not say: that is told.
func (d *driver) describe(ctx context.Context) (ok bool, err error) {
	var text []byte
	argv := []string{d.Cargo, "metadata", "--color", "never", "--no-deps", "--format-version", "1"}
	d.tell(Record{Kind: Stage, Text: event.ShellJoin(argv)})
	exit, stderr, err := d.run(ctx, d.Dir, d.environ, argv, func(line []byte) { text = append(text, line...) })
	if err != nil {
		return false, fmt.Errorf("ask cargo for the workspace: %w", err)
	}
	if exit.Code != 0 {
		d.tell(Record{Kind: Failed, Text: stderr, Code: exit.Code, Signal: exit.Signal})
		return false, nil
	}
	if err := json.Unmarshal(text, &d.meta); err != nil {
		return false, fmt.Errorf("read cargo's metadata: %w", err)
	}
	for i := range d.meta.Packages {
		p := &d.meta.Packages[i]
		for _, t := range p.Targets {
			if _, wanted := d.file(d.rel(t.Src)); wanted && t.is() != "custom-build" {
				d.tell(Record{Kind: Target, Src: d.rel(t.Src), Package: p.Name, Type: t.is(), Target: t.Name, Needs: t.Needs, Docs: t.is() == Lib && t.Doctest && d.mayName(t)})
			}
		}
	}
	return true, nil
}

// rel makes a path of cargo's relative to the workspace's folder.
func (d *driver) rel(file string) string {
	if !filepath.IsAbs(file) {
		file = filepath.Join(d.meta.Root, file)
	}
	for _, base := range []string{d.base, d.Dir} {
		if rel, err := filepath.Rel(base, file); err == nil && !strings.HasPrefix(rel, "..") {
			return filepath.ToSlash(rel)
		}
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	if rel, err := filepath.Rel(d.base, file); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(file)
}

// file finds a wanted source.
func (d *driver) file(src string) (File, bool) {
	if i := slices.IndexFunc(d.Files, func(f File) bool { return f.Src == src }); i >= 0 {
		return d.Files[i], true
	}
	return File{Src: src}, slices.Contains(d.Beside, src)
}

func (d *driver) pkg(id string) *pkg {
	for i := range d.meta.Packages {
		if d.meta.Packages[i].ID == id {
			return &d.meta.Packages[i]
		}
	}
	return &pkg{ID: id, Name: id}
}

// selection is the part of cargo's command line that names the wanted targets: exactly as cargo test takes it, and as near as
// cargo build can, whose --tests means all of them. The packages are all of the workspace wherever that costs nothing: what a
// package is built with depends on which others are selected.
type selection struct{ packages, exact, broad, examples []string }

func (d *driver) selection() selection {
	kinds, names, owners := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var s selection
	needy := false   // a target that is built where its features are on alone: cargo refuses to build it by name
	skipped := false // a library or program that --lib or --bins would build needlessly
	for _, p := range d.meta.Packages {
		for _, t := range p.Targets {
			_, wanted := d.file(d.rel(t.Src))
			needy = needy || wanted && len(t.Needs) > 0
			switch kind := t.is(); {
			case kind == Lib || kind == Bin:
				skipped = skipped || t.Test && !wanted
				kinds[kind] = kinds[kind] || wanted
				owners[p.Name] = owners[p.Name] || wanted
			case wanted && kind == "example" && !t.Test:
				s.examples = []string{"--examples"}
			case wanted && kind != "custom-build":
				names["--"+kind+"\x00"+t.Name] = true
				owners[p.Name] = true
			}
		}
	}
	for _, kind := range []string{Lib, Bin} {
		if kinds[kind] {
			s.exact = append(s.exact, map[string]string{Lib: "--lib", Bin: "--bins"}[kind])
		}
	}
	if len(s.exact) > 0 {
		s.broad = []string{"--tests"}
	}
	for _, name := range sorted(names) {
		flag, value, _ := strings.Cut(name, "\x00")
		s.exact, s.broad = append(s.exact, flag, value), append(s.broad, flag, value)
	}
	if needy || len(s.exact) == 0 {
		s.exact, s.broad = []string{"--tests"}, []string{"--tests"}
	}
	s.packages = []string{"--workspace"}
	if (kinds[Lib] || kinds[Bin]) && skipped || !d.isRoot() {
		s.packages = nil
		for _, name := range sorted(owners) {
			if owners[name] {
				s.packages = append(s.packages, "-p", name)
			}
		}
	}
	return s
}

// isRoot says whether the folder is the workspace's own: in a member's folder "--workspace" would mean all the others too.
func (d *driver) isRoot() bool { return d.rel(d.meta.Root) == "." }

func sorted(set map[string]bool) []string {
	var out []string
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// toolchain is what cargo test would add to the environment of a test beside the package's own variables.
type toolchain struct {
	program string   // cargo itself, not rustup's stand-in for it
	lib     []string // the folders of the toolchain's own libraries
	rustup  string   // name of the toolchain, where rustup has it
}

func (d *driver) findToolchain(ctx context.Context) toolchain {
	found := toolchain{program: d.Cargo}
	rustc := "rustc"
	if beside := filepath.Join(filepath.Dir(d.Cargo), rustc+filepath.Ext(d.Cargo)); isFile(beside) {
		rustc = beside
	}
	said, err := process.Output(ctx, d.Dir, d.environ, []string{rustc, "--print", "sysroot", "--print", "target-libdir"})
	if err != nil {
		return found // tests of procedural macros need its libraries, and will say so; others don't
	}
	var lines []string
	for line := range strings.Lines(said) {
		lines = append(lines, strings.TrimSpace(line))
	}
	if len(lines) < 2 {
		return found
	}
	sysroot := lines[0]
	found.lib = []string{lines[1]}
	if parent := filepath.Dir(sysroot); filepath.Base(parent) == "toolchains" {
		found.rustup = filepath.Base(sysroot)
		found.lib = append(found.lib, filepath.Join(sysroot, "lib"))
	}
	if program := filepath.Join(sysroot, "bin", filepath.Base(d.Cargo)); isFile(program) {
		found.program = program
	}
	return found
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
