package tool

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// The plugin that selects and tells, in files that must lie side by side in Scratch.
//
//go:embed hooks/pytest/*.py
var pytestHook embed.FS

const (
	pytestHookDir    = "hooks/pytest"
	pytestHookModule = "runner_pytest_hook"

	// pytestNamedFiles is how many files are named on the command line, where a person would name them too. More are
	// selected by the plugin: a command line has a length limit, and a plain `pytest` is what tests see in sys.argv.
	pytestNamedFiles = 8
)

// pytestOrdinal is what the decoder puts behind the ID of a second test of the same name.
var pytestOrdinal = regexp.MustCompile(` \[[0-9]+\]$`)

// Pytest is pytest, in the Python of the project.
type Pytest struct{}

var _ Tool = Pytest{}

// Name is "pytest".
func (Pytest) Name() string { return "pytest" }

// Cores is 1, or the number of workers where the project or its arguments ask for pytest-xdist (-n).
func (Pytest) Cores(t Target) int {
	workers := t.Workers
	if n, ok := pytestWorkers(t.Args); ok {
		workers = n
	}
	if workers < 0 {
		workers = t.Cores
	}
	return max(1, workers)
}

// pytestWorkers reads -n from arguments: -1 is one a core. The last one wins, as in pytest.
func pytestWorkers(args []string) (n int, ok bool) {
	for i, arg := range args {
		value := ""
		switch {
		case (arg == "-n" || arg == "--numprocesses") && i+1 < len(args):
			value = args[i+1]
		case strings.HasPrefix(arg, "--numprocesses="):
			value = strings.TrimPrefix(arg, "--numprocesses=")
		case strings.HasPrefix(arg, "-n") && len(arg) > 2:
			value = strings.TrimPrefix(arg[2:], "=")
		}
		if value == "auto" || value == "logical" {
			n, ok = -1, true
		} else if number, err := strconv.Atoi(value); err == nil && number >= 0 {
			n, ok = number, true
		}
	}
	return n, ok
}

// pytestSettings is what the plugin reads beside itself.
type pytestSettings struct {
	Root      string              `json:"root"`
	Token     string              `json:"token"`      // proves that a line of events is of this job and attempt
	TokenPath string              `json:"token_path"` // what was put in front of PYTHONPATH
	Category  string              `json:"category"`
	Files     []string            `json:"files"`
	Whole     bool                `json:"whole"`
	Restrict  bool                `json:"restrict"`
	Homes     map[string]string   `json:"homes"`
	Marks     map[string]string   `json:"marks"`
	Marked    map[string][]string `json:"marked"`
	Tests     []string            `json:"tests"` // as pytest writes them, not escaped
	Filter    string              `json:"filter"`
	LeaveOut  []string            `json:"leave_out"`
	Share     int                 `json:"share"` // the most xdist workers; 0 is no limit
	Cache     string              `json:"cache"`
	Bytecode  string              `json:"bytecode"`
}

// Command is `PYTHON -m pytest ARGS PATHS`, with the plugin put in through PYTHONPATH and PYTEST_PLUGINS. The plugin
// takes both out again before any conftest is loaded, so that tests see the arguments and environment of a plain run.
func (Pytest) Command(t Target) (Command, error) {
	if t.Program == "" {
		return Command{}, errors.New("pytest: no Python is known for this job: Check was not asked, or found none")
	}
	files, err := pytestHookFiles(t)
	if err != nil {
		return Command{}, err
	}
	argv := append([]string{t.Program, "-m", "pytest"}, t.Args...)
	if t.Debug {
		argv = append(argv, "-s")
	}
	argv = append(argv, pytestPaths(t)...)
	c := Command{
		Argv:  argv,
		Files: files,
		Front: []Front{
			{Name: "PYTHONPATH", Value: t.Scratch, Sep: string(os.PathListSeparator)},
			{Name: "PYTEST_PLUGINS", Value: pytestHookModule, Sep: ","},
		},
		Channel: HookFile,
	}
	if runtime.GOOS != "windows" {
		// Only the leader: under xdist it passes the signal on, and what tests have started would die of it.
		c.Dump = Dump{Signal: "USR2", To: "leader", File: "stacks-*.txt"}
	}
	return c, nil
}

func pytestHookFiles(t Target) (map[string]string, error) {
	entries, err := pytestHook.ReadDir(pytestHookDir)
	if err != nil {
		return nil, fmt.Errorf("pytest: read the embedded plugin: %w", err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := pytestHook.ReadFile(path.Join(pytestHookDir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("pytest: read the embedded plugin: %w", err)
		}
		files[e.Name()] = string(text)
	}
	settings, err := json.Marshal(pytestSettingsOf(t))
	if err != nil {
		return nil, fmt.Errorf("pytest: write the plugin's settings: %w", err)
	}
	files[pytestHookModule+".json"] = string(settings)
	return files, nil
}

func pytestSettingsOf(t Target) pytestSettings {
	s := pytestSettings{
		Root: t.Root, Token: pytestToken(t), TokenPath: t.Scratch, Category: t.Category,
		Files: pytestList(t.Files), Whole: t.Whole, Restrict: true, Homes: t.Homes, Marks: t.Marks, Marked: t.Marked,
		Filter: t.Filter, LeaveOut: pytestList(t.LeaveOut), Tests: []string{},
	}
	if s.Homes == nil {
		s.Homes = map[string]string{}
	}
	if s.Marked == nil {
		s.Marked = map[string][]string{}
	}
	for _, id := range t.Tests {
		// The second test of a name can't be run without the first: pytest knows both by that name.
		s.Tests = append(s.Tests, pytestUnescape(pytestOrdinal.ReplaceAllString(id, "")))
	}
	if t.Share < t.Cores {
		s.Share = t.Share
	}
	if t.Cache != "" {
		// A job of its own for --lf: two that run at the same time would lose each other's failures.
		s.Cache = filepath.Join(t.Cache, "pytest", pytestSlug(t.Job))
		s.Bytecode = filepath.Join(t.Cache, "pytest", "bytecode")
	}
	return s
}

// pytestList is never null in JSON.
func pytestList(list []string) []string { return append([]string{}, list...) }

// pytestToken names the job and the attempt: a line of another one, left over or misled, is not read.
func pytestToken(t Target) string {
	sum := sha256.Sum256([]byte(t.Job + "\x00" + strconv.Itoa(t.Attempt) + "\x00" + t.Scratch))
	return hex.EncodeToString(sum[:8])
}

// pytestSlug makes a folder name of a job's id, different for different ids.
func pytestSlug(job string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, job)
	sum := sha256.Sum256([]byte(job))
	return name + "-" + hex.EncodeToString(sum[:3])
}

// pytestPaths are the files that the command line names, relative to Dir.
func pytestPaths(t Target) []string {
	if t.Whole || len(t.Files) > pytestNamedFiles {
		return nil
	}
	var paths []string
	for _, file := range t.Files {
		if !pytestLeftOut(file, t.LeaveOut) {
			paths = append(paths, pytestBelow(t.Dir, file))
		}
	}
	return paths
}

// pytestBelow is file relative to dir; both are relative to the root.
func pytestBelow(dir, file string) string {
	if dir == "." || dir == "" {
		return file
	}
	if below, ok := strings.CutPrefix(file, dir+"/"); ok {
		return below
	}
	return strings.Repeat("../", strings.Count(dir, "/")+1) + file
}

// pytestLeftOut tells whether file is, or lies below, one of the paths.
func pytestLeftOut(file string, out []string) bool {
	for _, o := range out {
		if file == o || strings.HasPrefix(file, o+"/") {
			return true
		}
	}
	return false
}

// pytestUnescape undoes event.EscapeName in the name of an ID. What was not escaped holds no backslash.
func pytestUnescape(id string) string {
	at := strings.Index(id, "::")
	if at < 0 {
		return id
	}
	name, err := strconv.Unquote(`"` + strings.ReplaceAll(id[at:], `"`, `\"`) + `"`)
	if err != nil {
		return id
	}
	return id[:at] + name
}
