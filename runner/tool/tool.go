// Package tool holds one adapter a test tool: what belongs to it in a tree, how it is started, and how to read it.
//
// An adapter is stateless and knows nothing of modes, services, schedulers or reports. It decides purely what to run
// (Discover, Command), and reads one job at a time (Decode): the tool's own live event stream, then its exit status.
// To add a tool: implement Tool in one file and name it in All.
package tool

import (
	"context"
	"io/fs"

	"testrunner/report/event"
	"testrunner/runner/contract"
)

// Tool is the adapter of one test tool.
type Tool interface {
	// Name is the tool's name on the command line and in reports: "go", "pytest", "node", "junit", "websocket".
	Name() string

	// Discover finds the places in the tree where this tool runs tests, with the category of each file and why.
	// It reads files, starts nothing, and never fails as a whole: what it can't read is a finding of that project.
	Discover(Tree) []Project

	// Check looks whether the tool and its installation are there for this target, and which program to start.
	// A finding of status fail means that the target can't run: its remedy is the one command that mends it.
	Check(context.Context, Target, Host) Found

	// Cores is the largest number of core slots that the target could keep busy, at least 1.
	Cores(Target) int

	// Command is the command line and the hook for the target. It is pure.
	Command(Target) (Command, error)

	// Decode starts the reading of one job. The decoder tells what it reads through emit.
	Decode(Target, event.Emit) Decoder
}

// Tree is a repository's files, as discovery sees them.
type Tree struct {
	Root  string   // absolute
	FS    fs.FS    // of Root
	Files []string // relative to Root, forward slashes, sorted; without what git ignores, node_modules, vendor, .venv, testdata and the results folder

	Unread []string // folders that could not be read, relative to Root, sorted
}

// Project is one place where a tool runs: a Go module, a folder with pytest's configuration, a package.json.
type Project struct {
	Tool     string
	Dir      string   // relative to the root, "." is the root: the working directory of its jobs
	Why      string   // what made it a project: "go.mod", "pyproject.toml [tool.pytest.ini_options]", "package.json script test"
	Files    []File   // its test files, sorted by path
	Args     []string // options that the project's own test script gives to the tool
	Env      []string // NAME=VALUE that the project's own test script sets
	Workers  int      // processes that the project's own configuration has the tool start: 0 does not say, -1 is one a core
	Findings []event.Finding

	// Beside is what the tool builds along though it holds no test, relative to the root, sorted: Go packages. One that
	// is broken is told; else it counts nothing.
	Beside []string
}

// File is one test file and where it belongs.
type File struct {
	Path     string   // relative to the root
	Category string   // a built-in category's name: "unit" where nothing matches
	Why      string   // "folder tests/integration", "build tag integration", "nothing matches: unit"
	Tags     []string // build tags that the tool must be given for this file, sorted
	Marks    []Mark   // marks in it that send single tests to other categories
}

// Mark is a mark in a file, such as pytest's @pytest.mark.integration, that sends tests to another category.
type Mark struct {
	Name     string // as written: "mission_critical"
	Category string // "mission-critical"
	Line     int
}

// Target is what one job shall run. The catalog makes it from projects and the selection, the plan completes it.
type Target struct {
	Root     string // absolute
	Dir      string // working directory, relative to Root
	Job      string // the job's id, for events
	Category string
	Suite    string

	Files  []string // test files to run, relative to Root, sorted
	Whole  bool     // Files is all that the tool would find by itself in Dir, in this category: no path need be named
	Tests  []string // when not empty: only the tests of these IDs (path::name), and what lies below them (subtests, classes, parameters)
	Filter string   // when not empty: only tests whose name matches this regular expression (-k), searched, not anchored

	Beside []string // folders without a test file that are built along, relative to Root, sorted: Project.Beside

	Tags  []string          // build tags
	Marks map[string]string // mark -> category, for tools with marks; a marked test belongs there and to no other
	Homes map[string]string // file -> category, for every file of the project that this category does not own but shares a process with
	// Marked is file -> the categories beside its home whose suites hold it too, because of marks in it, sorted. A test
	// whose mark names any other category stays at home: nobody else would run it (marks may be inherited from afar).
	Marked map[string][]string

	Args []string // the project's and the user's own arguments for the tool, in this order
	Env  []string // NAME=VALUE, added to runner's own environment

	Argv    []string // tool "junit": the command to run
	Reports []string // tool "junit": globs of the JUnit files that it writes, relative to Dir

	Contract     *contract.Contract // tool "websocket": what is promised
	ContractFile string             // where it stands, relative to Root; "" is unknown
	ContractLine int

	Workers  int      // the project's
	Program  string   // what Check found: the interpreter or tool, absolute
	Share    int      // core slots given to this job
	Cores    int      // all core slots of the run: a job that has them all needs no limit
	Scratch  string   // a folder of this job alone, outside the user's tree; hooks and the event channel lie there
	Cache    string   // a folder in the results folder that stays between runs
	Debug    bool     // the job has the terminal: no capture
	Served   bool     // its tests talk to services: an answer that the tool kept from an earlier run says nothing about these
	LeaveOut []string // files and folders to leave out, relative to Root: broken, already told; set for another attempt
	Attempt  int      // from 1
}

// Host answers an adapter's questions about this machine. Every call is logged by its implementation.
type Host interface {
	Getenv(name string) string
	LookPath(name string) []string                                          // every match on PATH, in order
	Exists(path string) bool                                                // absolute
	Output(ctx context.Context, dir string, argv ...string) (string, error) // short probes; stdout trimmed
}

// Found is the answer of Check.
type Found struct {
	Program  string
	Findings []event.Finding
}

// EventsFile is the name of the event channel in Scratch, for the tools whose hook writes one.
const EventsFile = "events"

// Channel says where a tool's events come from.
type Channel int

// The channels.
const (
	NoChannel Channel = iota // only files that End reads
	Stdout                   // the tool's standard output
	HookFile                 // EventsFile in Scratch: appended to, one write a line
)

// Command is how a target is started.
type Command struct {
	Argv    []string
	Env     []string          // "NAME=VALUE" sets, "NAME" alone removes; in addition to Target.Env
	Front   []Front           // what is put in front of the value that a variable has by then; Environ joins all three
	Files   map[string]string // name in Scratch -> content, written before the start
	Stale   []string          // globs relative to Dir: files that are deleted before the start
	Channel Channel
	Dump    Dump // how to make the hanging program print where it is
}

// Front is put in front of what a variable holds: hooks that share a variable with the user (PYTHONPATH, NODE_OPTIONS)
// can so be taken out again by the hook, exactly. A variable that is not set becomes Value alone, without Sep.
type Front struct {
	Name, Value, Sep string
}

// Dump says how a running job is asked for its stacks.
type Dump struct {
	Signal string // "QUIT", "USR2"; "" is none
	To     string // "leader"; "children": the processes that it started itself; "leaves": those at the ends of the tree; "all"
	File   string // where the stacks appear: a name (or glob) in Scratch; "" is the job's own output

	// Ask is a command that asks the program from outside, instead of a signal, and writes File: where what hangs is the
	// very process that would have to answer a signal.
	Ask []string
}

// Exit is how the process of a job ended.
type Exit struct {
	Code    int         // -1 after a signal
	Signal  string      // "SIGKILL"
	Stdout  string      // tail, capped; empty where it is the channel
	Stderr  string      // head and tail, capped
	Stopped event.Cause // why runner ended it (event.TimedOut, event.Interrupted), else ""
	Err     string      // why it could not be started, else ""
}

// Decoder reads one job. Its methods are called from one goroutine.
type Decoder interface {
	// Line takes one line of the channel, without its newline. The bytes are valid during the call only.
	Line(line []byte)
	// End is called once, after the last line. It tells what can only be known now, and concludes.
	End(Exit) Conclusion
}

// Worded is a Decoder whose channel also carries what the tests print (Stdout), encoded: it can take the text out again,
// for the last lines of a job that hangs and the stacks that Dump made it print.
type Worded interface {
	// Words is the program's own text in one line of the channel, "" if it has none. It is called between two calls of
	// Line, never at the same time, and changes nothing.
	Words(line []byte) string

	// Stacks is the text that Dump brought forth, with what hangs in front of what only waits for it.
	Stacks(text string) string
}

// Conclusion is what exit status and stream say together about a job.
type Conclusion struct {
	Cause   event.Cause
	Problem string  // one line, when Cause is not event.Done
	Detail  string  // the tool's own words, capped
	Again   *Target // the rest, to be run apart from what broke; nil if nothing is left
}
