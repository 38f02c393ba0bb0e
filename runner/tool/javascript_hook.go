package tool

import (
	"embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"testrunner/report/event"
)

//go:embed hooks/javascript
var jsHooks embed.FS

// jsHome is the folder of Scratch in which the hook lies: playwright compiles what it loads, unless it is below a folder of
// this name.
const jsHome = "node_modules/runner"

// jsEntry is the file of the hook that node (or playwright) is told to load.
const jsEntry = "preload.cjs"

// jsAsk is the program of the hook that asks from outside where the tests hang.
const jsAsk = "ask.cjs"

// jsHook says what is particular to one of jest, vitest, mocha and playwright: how its hook gets in, and how its run is read.
type jsHook struct {
	tool       string // its name; hooks/javascript has a file for it
	oldest     int    // the major versions that the hook is written for; 0 is no limit
	newest     int
	reports    bool   // older ones, and a run that the hook never heard of, are read from a report (javascript_report.go)
	variable   string // what carries the token; "" is NODE_OPTIONS
	emptyFails bool   // a file without a test fails the tool's run; else nothing ran in it
	together   bool   // one process loads all files before the first test runs
	asks       bool   // what hangs may be the main process itself: it is asked from outside
	stacks     bool   // its main process runs no test, and can ask those that do where they hang
	alone      bool   // no other project of the package runs the tool: what it finds beside the target's files is its own
}

// jsSettings is what the hook is told: the file javascript.json beside it, so that no variable is needed.
type jsSettings struct {
	Tool     string `json:"tool"`
	Run      string `json:"run"`      // on the first line of each process: lines of another run are not ours
	Variable string `json:"variable"` // holds the token
	Token    string `json:"token"`    // what is put in front of what the user has there
	Sep      string `json:"sep"`
	Events   string `json:"events"`           // absolute
	Stacks   string `json:"stacks,omitempty"` // absolute; where to write on SIGUSR2 where the tests hang

	Files    []string       `json:"files"`    // the files to run, relative to the working directory (others absolute)
	Known    []string       `json:"known"`    // files of the project's other categories, likewise
	LeaveOut []string       `json:"leaveOut"` // files that must not run, likewise: broken and told, or run already
	Whole    bool           `json:"whole"`    // Files is all that the tool would find by itself
	Alone    bool           `json:"alone"`    // no other project of the package runs the tool
	Select   *nodeSelection `json:"select,omitempty"`
	Share    int            `json:"share"` // the most processes that shall run tests at once; 0 is the tool's own choice
	Debug    bool           `json:"debug"` // one file after another, in the process that has the terminal
}

// command is `node SCRIPT ARGS` with the hook in its environment. No argument is ours: tests may read them.
func (h jsHook) command(t Target, args []string) (Command, error) {
	files := nodeFiles(t)
	if len(files) == 0 {
		return Command{}, fmt.Errorf("%s: no test file in %s: name one below it", h.tool, t.Dir)
	}
	if _, ok := reportedBy(t); ok {
		return h.reportCommand(t, args)
	}
	s := jsSettings{
		Tool: h.tool, Run: nodeRun(t), Variable: "NODE_OPTIONS", Sep: " ", Events: filepath.Join(t.Scratch, EventsFile),
		Files: []string{}, Known: []string{}, LeaveOut: []string{}, Whole: t.Whole && len(t.LeaveOut) == 0, Alone: h.alone, Share: jsShare(t, len(files)), Debug: t.Debug,
	}
	entry := filepath.ToSlash(filepath.Join(t.Scratch, filepath.FromSlash(jsHome), jsEntry))
	s.Token = "--require=" + nodeQuoted(entry)
	if h.variable != "" {
		s.Variable, s.Token = h.variable, entry
	}
	for _, file := range files {
		s.Files = append(s.Files, nodeKey(t, file))
	}
	for _, file := range sortedKeys(t.Homes) {
		s.Known = append(s.Known, nodeKey(t, file))
	}
	for _, file := range t.LeaveOut {
		s.LeaveOut = append(s.LeaveOut, nodeKey(t, file))
	}
	var err error
	if s.Select, err = h.selection(t); err != nil {
		return Command{}, err
	}
	node, script := jsPrograms(t)
	c := Command{
		Argv: append([]string{node, script}, args...), Channel: HookFile,
		Front: []Front{{Name: s.Variable, Value: s.Token, Sep: s.Sep}},
	}
	if h.stacks && runtime.GOOS != "windows" { // no signals there
		s.Stacks = filepath.Join(t.Scratch, nodeStacks)
		c.Dump = Dump{Signal: "USR2", To: "leader", File: nodeStacks}
	}
	if h.asks {
		s.Stacks = filepath.Join(t.Scratch, nodeStacks)
		c.Dump = Dump{Ask: []string{node, filepath.Join(t.Scratch, filepath.FromSlash(jsHome), jsAsk)}, File: nodeStacks}
	}
	c.Files, err = s.scratch()
	return c, err
}

// scratch is the hook and its settings, by name.
func (s jsSettings) scratch() (map[string]string, error) {
	settings, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("%s: write the hook's settings: %w", s.Tool, err)
	}
	out := map[string]string{jsHome + "/javascript.json": string(settings)}
	entries, err := jsHooks.ReadDir("hooks/javascript")
	if err != nil {
		return nil, fmt.Errorf("%s: read the hook: %w", s.Tool, err)
	}
	for _, entry := range entries { // the tool's own begin with its name
		name := entry.Name()
		if name != jsEntry && (name != jsAsk || s.Stacks == "") && !strings.HasPrefix(name, s.Tool+".") && !strings.HasPrefix(name, s.Tool+"-") {
			continue
		}
		text, err := jsHooks.ReadFile("hooks/javascript/" + name)
		if err != nil {
			return nil, fmt.Errorf("%s: read the hook: %w", s.Tool, err)
		}
		out[jsHome+"/"+name] = string(text)
	}
	if s.Stacks != "" {
		text, err := nodeHooks.ReadFile("hooks/node/stacks.cjs")
		if err != nil {
			return nil, fmt.Errorf("%s: read the hook: %w", s.Tool, err)
		}
		out[jsHome+"/stacks.cjs"] = string(text)
	}
	return out, nil
}

// selection is the target's selection for the hook; nil means that all tests of the files run.
func (h jsHook) selection(t Target) (*nodeSelection, error) {
	t.Args = nil // their own filters are the tool's matter, beside ours
	s, err := nodeSelect(t)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", h.tool, strings.TrimPrefix(err.Error(), "node: "))
	}
	return s, nil
}

// jsShare is how many processes shall run tests at once; 0 leaves it to the tool.
func jsShare(t Target, files int) int {
	switch {
	case t.Debug:
		return 1
	case t.Share > 0 && t.Share < t.Cores && files > 1:
		return t.Share
	default:
		return 0
	}
}

// jsProgram is what Check found, for Found.Program: node and the tool's script, one a line.
func jsProgram(node, script string) string { return node + "\n" + script }

// jsPrograms takes both apart again.
func jsPrograms(t Target) (node, script string) {
	node, script, _ = strings.Cut(t.Program, "\n")
	script, _, _ = strings.Cut(script, "\n")
	return node, script
}

// jsCase names a test as node's adapter does: the titles joined by " > ", then its project and, from the second of the same
// name on, its number.
func jsCase(path string, r *jsRecord) event.Test {
	name := strings.Join(r.T, " > ")
	if r.Project != "" {
		name += " [" + r.Project + "]"
	}
	return nodeCase(path, []string{name}, r.N)
}
