// Package cargodrive runs the tests of a cargo workspace: it has cargo build them, starts each executable, and writes down
// what cargo and they say. It is what a job of the cargo adapter starts: runner's own program with Arg, in a process of its own.
//
// Three other ways were weighed. `cargo test` stops before the first test when one target does not compile, and passes nothing
// on that joins an executable's output to its target. A chain of attempts, one process each, would forget between them what was
// built. `cargo test` with this program as CARGO_TARGET_<TRIPLE>_RUNNER needs a second build with other packages selected
// wherever something is broken, and so other features, other artifacts and other errors, and it takes the place of a runner that
// the user has set. So cargo builds, everything that can be built is built, and what was built is started in the folder and with
// the variables that cargo test would give it. It is the same on every system, and nothing is written into the user's tree.
//
// The package judges nothing. It tells no events and knows neither outcomes nor categories: the adapter reads its records.
package cargodrive

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Arg is the hidden first argument that makes runner the driver; behind it stands the name of the file with the Settings.
const Arg = "__cargo"

// Settings is what the driver is told: which targets, which tests of them, and how.
type Settings struct {
	Run     string   `json:"run"`             // on the first record
	Cargo   string   `json:"cargo"`           // the program
	Dir     string   `json:"dir"`             // absolute: of the workspace's manifest
	Events  string   `json:"events"`          // absolute: the file that records are appended to
	Files   []File   `json:"files"`           // sorted by Src
	Beside  []string `json:"beside"`          // sources that are built along though nobody expects tests in them
	Filter  string   `json:"filter"`          // a regular expression that a test's name must match; "" is all
	Cargos  []string `json:"cargo_args"`      // the user's arguments for cargo
	Tests   []string `json:"test_args"`       // and for the test executables, behind cargo's own "--"
	Threads int      `json:"threads"`         // tests at once in an executable; 0 leaves it to the executable
	Jobs    int      `json:"jobs"`            // compilers at once; 0 leaves it to cargo
	Limit   int      `json:"limit"`           // of the names on one command line, in bytes
	Debug   bool     `json:"debug,omitempty"` // the terminal is the tests'
}

// File is the source of one target whose tests are wanted.
type File struct {
	Src   string   `json:"src"`             // relative to Settings.Dir, forward slashes
	Names []string `json:"names,omitempty"` // only these tests, and those in modules of these names; nil is all
	Own   bool     `json:"own,omitempty"`   // harness = false: a main function of its own
}

// Drive does what the settings in the file say. An error is a fault of the driver's or of the machine: what cargo and the tests
// do wrong stands in the records.
func Drive(ctx context.Context, settings string, environ []string) error {
	text, err := os.ReadFile(settings)
	if err != nil {
		return fmt.Errorf("read what to drive: %w", err)
	}
	d := driver{environ: environ, begun: time.Now()}
	if err := json.Unmarshal(text, &d.Settings); err != nil {
		return fmt.Errorf("read what to drive, %s: %w", settings, err)
	}
	if said, ok := (&environment{pairs: environ}).get(threadsVariable); ok && number(said) > 0 {
		d.Threads = number(said)
	}
	file, err := os.OpenFile(d.Events, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the channel: %w", err)
	}
	defer file.Close()
	d.channel = file
	d.tell(Record{Kind: Start, Run: d.Run})
	if err := d.drive(ctx); err != nil {
		d.tell(Record{Kind: Fault, Text: err.Error()})
		return err
	}
	d.tell(Record{Kind: End})
	return d.failed
}

// driver is one run of Drive.
type driver struct {
	Settings
	environ []string
	begun   time.Time
	gate    sync.Mutex
	channel *os.File
	failed  error // the first record that could not be written

	base     string              // Dir with links resolved
	meta     metadata            // what cargo says of the workspace
	scripts  map[string][]string // package -> the variables that its build script set
	linked   map[string][]string // package -> the folders of libraries that its build script named
	programs map[string][]string // package -> CARGO_BIN_EXE_* for its integration tests
	built    []executable
	compiled map[string]bool // packages whose library was built
	cargo    toolchain
	last     int // number of the last executable that was started
}

func (d *driver) drive(ctx context.Context) error {
	base, err := filepath.EvalSymlinks(d.Dir)
	if err != nil {
		return fmt.Errorf("find the workspace: %w", err)
	}
	d.base = base
	ok, err := d.describe(ctx)
	if err != nil || !ok {
		return err
	}
	if err := d.build(ctx); err != nil {
		return err
	}
	d.cargo = d.findToolchain(ctx)
	for _, e := range d.built {
		if err := d.runExecutable(ctx, e); err != nil {
			return err
		}
	}
	return d.runDocs(ctx)
}
