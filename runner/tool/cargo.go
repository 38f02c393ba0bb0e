package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool/cargodrive"
)

// Cargo is the adapter of cargo test, for stable toolchains. A job is runner's own program as a driver (package cargodrive),
// which has cargo build the tests and starts what was built.
type Cargo struct {
	driver []string // the driver's command line up to the settings; nil is this program with cargodrive.Arg
}

var _ Tool = Cargo{}

// Name is "cargo".
func (Cargo) Name() string { return "cargo" }

// cargoOldest is the oldest minor version of cargo 1 that builds on past a broken target (--keep-going, The Cargo Book).
const cargoOldest = 74

// Cores is all of the run: the compilers and each executable's threads fill as many as there are.
func (Cargo) Cores(t Target) int { return max(1, t.Cores) }

// Check looks for cargo and rustc on PATH, and for the version of cargo.
func (Cargo) Check(ctx context.Context, t Target, host Host) Found {
	found := host.LookPath("cargo")
	if len(found) == 0 {
		return Found{Findings: []event.Finding{{
			ID: "tool.cargo.missing", Status: event.Fail, Detail: "no cargo command on PATH: Rust packages in " + t.Dir + " can't be tested",
			Remedy: cargoRemedy(host),
		}}}
	}
	dir := filepath.Join(t.Root, filepath.FromSlash(t.Dir))
	said, err := host.Output(ctx, dir, found[0], "--version")
	version := strings.TrimPrefix(event.FirstLine(said), "cargo ")
	f := event.Finding{ID: "tool.cargo", Status: event.OK, Value: version, Detail: found[0]}
	switch {
	case err != nil:
		f.ID, f.Status, f.Detail = "tool.cargo.broken", event.Fail, fmt.Sprintf("%s does not start: %v", found[0], err)
	case cargoMinor(version) > 0 && cargoMinor(version) < cargoOldest:
		f.ID, f.Status, f.Threshold = "tool.cargo.version", event.Fail, fmt.Sprintf("1.%d", cargoOldest)
		f.Detail = fmt.Sprintf("%s is %s: before 1.%d one broken target keeps all others from being built", found[0], version, cargoOldest)
		f.Remedy = cargoRemedy(host)
	case len(host.LookPath("rustc")) == 0 && host.Getenv("RUSTC") == "":
		f.ID, f.Status, f.Detail, f.Remedy = "tool.rustc.missing", event.Fail, "cargo is there, and no rustc on PATH: nothing can be compiled", cargoRemedy(host)
	}
	return Found{Program: found[0], Findings: []event.Finding{f}}
}

// cargoMinor reads 95 of "1.95.0 (f2d3ce0bd 2026-03-21)"; 0 where that is no version 1.
func cargoMinor(version string) int {
	rest, ok := strings.CutPrefix(version, "1.")
	digits, _, _ := strings.Cut(rest, ".")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return 0
	}
	return n
}

// cargoRemedy is the one command that installs a recent Rust here, or "" where no package manager is known. Debian's plain
// cargo is older than what is needed; the newer one that its browsers are built with is cargo-web.
func cargoRemedy(host Host) string {
	for _, way := range []struct{ program, remedy string }{
		{"rustup", "rustup default stable && rustup update stable"},
		{"apt-get", "sudo apt-get install cargo-web rustc-web"},
		{"brew", "brew install rust"},
		{"winget", "winget install Rustlang.Rustup"},
	} {
		if len(host.LookPath(way.program)) > 0 {
			return way.remedy
		}
	}
	return ""
}

// cargoSettings is the name of the driver's settings in Scratch.
const cargoSettings = "cargo.json"

// Command is the driver with its settings. What stands behind them is for whoever reads the command line.
func (c Cargo) Command(t Target) (Command, error) {
	args, err := cargoReadArgs(t.Args)
	if err != nil {
		return Command{}, fmt.Errorf("suite %s: %w", t.Suite, err)
	}
	driver := c.driver
	if driver == nil {
		self, err := os.Executable()
		if err != nil {
			return Command{}, fmt.Errorf("suite %s: find runner's own program: %w", t.Suite, err)
		}
		driver = []string{self, cargodrive.Arg}
	}
	s := cargodrive.Settings{
		Run: cargoRun(t), Cargo: t.Program, Dir: filepath.Join(t.Root, filepath.FromSlash(t.Dir)),
		Events: filepath.Join(t.Scratch, EventsFile), Filter: t.Filter, Cargos: args.cargo, Tests: args.test, Threads: max(t.Share, 0),
		Limit: goLimit() / 2, Debug: t.Debug,
	}
	if s.Cargo == "" {
		s.Cargo = "cargo"
	}
	if t.Share > 0 && t.Share < t.Cores && !args.jobs {
		s.Jobs = t.Share
	}
	for _, name := range cargoFiles(t) {
		s.Files = append(s.Files, cargodrive.File{
			Src: cargoBelow(t.Dir, name), Names: cargoNames(t, name), Own: cargoOwnMain(os.DirFS(t.Root), name),
		})
	}
	for _, name := range t.Beside {
		s.Beside = append(s.Beside, cargoBelow(t.Dir, name))
	}
	if len(s.Files)+len(s.Beside) == 0 {
		return Command{}, fmt.Errorf("suite %s: no Rust target to test in %s", t.Suite, t.Dir)
	}
	text, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return Command{}, fmt.Errorf("suite %s: write the driver's settings: %w", t.Suite, err)
	}
	argv := append(append([]string{}, driver...), filepath.Join(t.Scratch, cargoSettings), "--", s.Cargo, "test")
	return Command{
		Argv: append(append(argv, t.Args...), cargoShown(s)...), Channel: HookFile, Files: map[string]string{cargoSettings: string(text)},
	}, nil
}

// cargoShown names the targets of a job on its command line: the first ones.
func cargoShown(s cargodrive.Settings) []string {
	const enough = 20
	var out []string
	for _, f := range s.Files {
		if len(out) == enough {
			return append(out, fmt.Sprintf("… (%d targets)", len(s.Files)))
		}
		out = append(out, f.Src)
	}
	return out
}

func cargoRun(t Target) string { return fmt.Sprintf("%s#%d", t.Job, t.Attempt) }

// cargoFiles are the sources of the targets to run, sorted, narrowed to those of the target's tests.
func cargoFiles(t Target) []string {
	var out []string
	for _, file := range sortedSet(t.Files) {
		if len(t.Tests) == 0 || cargoNames(t, file) != nil || cargoWhole(t, file) {
			out = append(out, file)
		}
	}
	return out
}

// cargoWhole says whether a file is named in Tests without a test.
func cargoWhole(t Target, file string) bool {
	for _, id := range t.Tests {
		if id == file {
			return true
		}
	}
	return false
}

// cargoNames are the tests of a file that are asked for; nil is all of them.
func cargoNames(t Target, file string) []string {
	if cargoWhole(t, file) {
		return nil
	}
	var out []string
	for _, id := range t.Tests {
		if place, name := event.SplitID(id); place == file && name != "" {
			out = append(out, cargoUnordered(goUnescape(name)))
		}
	}
	return out
}

// cargoUnordered takes the ordinal off a name: the driver can't tell which of two targets of one source is meant, and runs both.
func cargoUnordered(name string) string {
	if open := strings.LastIndex(name, " ["); open > 0 && strings.HasSuffix(name, "]") {
		if n, err := strconv.Atoi(name[open+2 : len(name)-1]); err == nil && n > 1 {
			return name[:open]
		}
	}
	return name
}

// cargoBelow is a path relative to the job's folder; both are relative to the root.
func cargoBelow(dir, file string) string {
	rel, err := filepath.Rel(filepath.FromSlash(path.Clean("./"+dir)), filepath.FromSlash(file))
	if err != nil {
		return file
	}
	return filepath.ToSlash(rel)
}
