package tool

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"testrunner/report/event"
)

// Node is the adapter of node's own test runner, node --test, from node 20 on.
type Node struct{}

var _ Tool = Node{}

// Name is "node".
func (Node) Name() string { return "node" }

// Cores is one a file: node runs each file in a process of its own.
func (Node) Cores(t Target) int { return max(1, len(nodeFiles(t))) }

//go:embed hooks/node/preload.cjs hooks/node/launcher.cjs hooks/node/tests.cjs hooks/node/stacks.cjs
var nodeHooks embed.FS

// The names of the hook's files in Scratch.
const (
	nodePreload  = "preload.cjs"
	nodeSettings = "node.json"
	nodeStacks   = "stacks.txt"
)

// nodeHook is what the hook is told; it reads it from nodeSettings beside itself, so that no variable is needed.
type nodeHook struct {
	Run     string         `json:"run"`              // on the first line of each process: lines of another run are not ours
	Token   string         `json:"token"`            // what Command put in front of NODE_OPTIONS
	Preload string         `json:"preload"`          // absolute
	Events  string         `json:"events"`           // absolute
	Stacks  string         `json:"stacks,omitempty"` // absolute
	Strip   []string       `json:"strip"`            // options that are ours and that node would copy into a test's arguments
	Files   []string       `json:"files"`            // as on the command line
	Debug   bool           `json:"debug"`
	Direct  bool           `json:"direct"` // no launcher: the file runs in the process that has the terminal
	Select  *nodeSelection `json:"select,omitempty"`
}

// Command is `node ARGS --test FILES`, with the hook in front of NODE_OPTIONS. The files are always named: what node
// itself would find differs between versions. With Debug and one file node runs it without --test, so that the test has
// the terminal; with several files only standard input can be given on.
func (Node) Command(t Target) (Command, error) {
	files := nodeFiles(t)
	if len(files) == 0 {
		return Command{}, fmt.Errorf("node: no test file in %s: name one below it", t.Dir)
	}
	args, err := nodeArguments(t)
	if err != nil {
		return Command{}, err
	}
	selection, err := nodeSelect(t)
	if err != nil {
		return Command{}, err
	}
	hook := nodeHook{
		Run: nodeRun(t), Preload: filepath.ToSlash(filepath.Join(t.Scratch, nodePreload)),
		Events: filepath.Join(t.Scratch, EventsFile), Strip: []string{}, Debug: t.Debug, Select: selection,
	}
	hook.Token = "--require=" + nodeQuoted(hook.Preload)
	for _, file := range files {
		hook.Files = append(hook.Files, nodeArgument(t, file))
	}

	c := Command{Channel: HookFile, Argv: append([]string{t.Program}, args...)}
	if selection != nil && !selection.Native {
		c.Argv = append(c.Argv, nodePatterns(t, selection)...)
	}
	_, hook.Direct = nodeDirect(t)
	if !hook.Direct {
		if n := nodeConcurrency(t); n > 0 && !nodeHas(args, "--test-concurrency") {
			limit := fmt.Sprintf("--test-concurrency=%d", n)
			c.Argv = append(c.Argv, limit)
			hook.Strip = append(hook.Strip, limit)
		}
		c.Argv = append(c.Argv, "--test")
		if runtime.GOOS != "windows" { // no signals there, and the launcher has the stacks only with one
			hook.Stacks = filepath.Join(t.Scratch, nodeStacks)
			c.Dump = Dump{Signal: "USR2", To: "leader", File: nodeStacks}
		}
	}
	c.Argv = append(c.Argv, hook.Files...)
	c.Front = []Front{{Name: "NODE_OPTIONS", Value: hook.Token, Sep: " "}}
	c.Files, err = nodeScratch(hook)
	return c, err
}

// nodeScratch is the hook and its settings, by name.
func nodeScratch(hook nodeHook) (map[string]string, error) {
	settings, err := json.MarshalIndent(hook, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("node: write the hook's settings: %w", err)
	}
	out := map[string]string{nodeSettings: string(settings)}
	entries, err := nodeHooks.ReadDir("hooks/node")
	if err != nil {
		return nil, fmt.Errorf("node: read the hook: %w", err)
	}
	for _, entry := range entries {
		text, err := nodeHooks.ReadFile("hooks/node/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("node: read the hook: %w", err)
		}
		out[entry.Name()] = string(text)
	}
	return out, nil
}

// nodeArguments checks the arguments of the project and the user: options that would take the run out of our hands are
// an error that names them.
func nodeArguments(t Target) ([]string, error) {
	for _, arg := range t.Args {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "--test", "--":
			return nil, fmt.Errorf("node: %s is given by runner itself: leave it out", name)
		case "--watch", "--watch-path":
			return nil, fmt.Errorf("node: %s never ends: leave it out", name)
		case "--test-isolation", "--experimental-test-isolation":
			if value != "process" {
				return nil, fmt.Errorf("node: %s=process is the only one with which runner can tell which file broke: leave it out", name)
			}
		}
	}
	return t.Args, nil
}

// nodeHas says whether an option is among the arguments, alone or with "=VALUE".
func nodeHas(args []string, option string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return arg == option || strings.HasPrefix(arg, option+"=") })
}

// nodeConcurrency is how many files node shall run at once; 0 leaves it to node (one less than it sees cores).
func nodeConcurrency(t Target) int {
	switch {
	case t.Debug:
		return 1
	case t.Share > 0 && t.Share < t.Cores && len(nodeFiles(t)) > 1:
		return t.Share
	default:
		return 0
	}
}

// nodeDirect is the one file of a job that is to be debugged.
func nodeDirect(t Target) (string, bool) {
	files := nodeFiles(t)
	if !t.Debug || len(files) != 1 {
		return "", false
	}
	return files[0], true
}

// nodeFiles are the files to run, sorted: those of the target, narrowed to those of its tests, without what is left out.
func nodeFiles(t Target) []string {
	var named map[string]bool
	if len(t.Tests) > 0 {
		named = map[string]bool{}
		for _, id := range t.Tests {
			file, _ := event.SplitID(id)
			named[file] = true
		}
	}
	var out []string
	for _, file := range t.Files {
		left := slices.ContainsFunc(t.LeaveOut, func(out string) bool { return file == out || strings.HasPrefix(file, out+"/") })
		if !left && (named == nil || named[file]) {
			out = append(out, file)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// nodeArgument is a file as node gets it: relative to the working directory. A name that begins with "-" is no option.
func nodeArgument(t Target, file string) string {
	if filepath.IsAbs(file) { // it lies elsewhere
		return file
	}
	if dir := path.Clean(t.Dir); dir != "." && t.Dir != "" {
		rest, below := strings.CutPrefix(file, dir+"/")
		if !below {
			return filepath.Join(t.Root, filepath.FromSlash(file))
		}
		file = rest
	}
	if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	return file
}

// nodeQuoted writes a path as NODE_OPTIONS wants it: in quotes where it has a space, with what quotes then mean escaped.
func nodeQuoted(p string) string {
	if !strings.ContainsAny(p, " \"\\") {
		return p
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p) + `"`
}

// nodeRun names a run of a job in the channel.
func nodeRun(t Target) string { return fmt.Sprintf("%s#%d", t.Job, t.Attempt) }

// nodeOrdinal is what tells the second of two equal names from the first.
func nodeOrdinal(n int) string { return fmt.Sprintf(" [%d]", n) }
