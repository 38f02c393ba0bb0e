package runner

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

// probeDeadline bounds one look at a tool, such as asking a Python whether it has pytest.
const probeDeadline = 10 * time.Second

// Check asks every tool of the selection whether it and its installation are there, all side by side. It returns what
// the suites need for the decision, and the program to start for each, by SuiteKey.
func Check(ctx context.Context, sel categories.Selection, tools []tool.Tool, host tool.Host) (env.Needs, map[string]string) {
	type answer struct {
		tool.Found
		need env.SuiteNeeds
	}
	var answers []*answer
	var wait sync.WaitGroup
	for _, c := range sel.Categories {
		for _, s := range c.Suites {
			a := &answer{need: env.SuiteNeeds{Category: c.Name, Suite: s.Name}}
			answers = append(answers, a)
			t := find(tools, s.Tool)
			if t == nil {
				a.need.Findings = []event.Finding{{ID: "tool." + s.Tool + ".no-adapter", Status: event.Fail, Detail: fmt.Sprintf("runner has no adapter for %s yet", s.Tool)}}
				continue
			}
			wait.Go(func() {
				a.Found = t.Check(ctx, s.Target, host)
				a.need.Findings = a.Findings
			})
		}
	}
	wait.Wait()
	var needs env.Needs
	programs := map[string]string{}
	for _, a := range answers {
		needs.Suites = append(needs.Suites, a.need)
		programs[SuiteKey(a.need.Category, a.need.Suite)] = a.Program
	}
	return needs, programs
}

func find(tools []tool.Tool, name string) tool.Tool {
	for _, t := range tools {
		if t.Name() == name {
			return t
		}
	}
	return nil
}

// Host is this machine, as adapters see it. Equal probes are made once.
type Host struct {
	Environ []string

	mu     sync.Mutex
	probes map[string]*probe
	calls  []string
}

type probe struct {
	once sync.Once
	out  string
	err  error
}

var _ tool.Host = (*Host)(nil)

// Getenv is the value of a variable, "" if it is not set.
func (h *Host) Getenv(name string) string {
	for i := len(h.Environ) - 1; i >= 0; i-- {
		if n, v, ok := strings.Cut(h.Environ[i], "="); ok && tool.SameName(n, name) {
			return v
		}
	}
	return ""
}

// LookPath lists every program of that name on PATH, in order.
func (h *Host) LookPath(name string) []string {
	var found []string
	for _, dir := range filepath.SplitList(h.Getenv("PATH")) {
		for _, ext := range programEndings(h.Getenv("PATHEXT")) {
			path := filepath.Join(dir, name+ext)
			if filepath.IsAbs(path) && executable(path) {
				found = append(found, path)
			}
		}
	}
	return found
}

func programEndings(pathext string) []string {
	if runtime.GOOS != "windows" {
		return []string{""}
	}
	if pathext == "" {
		pathext = ".COM;.EXE;.BAT;.CMD"
	}
	return append([]string{""}, strings.Split(strings.ToLower(pathext), ";")...)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return false
	}
	return runtime.GOOS == "windows" && filepath.Ext(path) != "" || info.Mode()&0o111 != 0
}

// Exists says whether there is a file or folder at the path.
func (h *Host) Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Output runs a short probe and returns what it printed, trimmed.
func (h *Host) Output(ctx context.Context, dir string, argv ...string) (string, error) {
	key := dir + "\x00" + strings.Join(argv, "\x00")
	h.mu.Lock()
	if h.probes == nil {
		h.probes = map[string]*probe{}
	}
	p := h.probes[key]
	if p == nil {
		p = &probe{}
		h.probes[key] = p
	}
	h.mu.Unlock()
	p.once.Do(func() {
		ctx, cancel := context.WithTimeout(ctx, probeDeadline)
		defer cancel()
		start := time.Now()
		p.out, p.err = process.Output(ctx, dir, h.Environ, argv)
		p.out = strings.TrimSpace(p.out)
		h.called(dir, argv, time.Since(start), p.err)
	})
	return p.out, p.err
}

func (h *Host) called(dir string, argv []string, took time.Duration, err error) {
	call := fmt.Sprintf("%s in %s: %s", event.ShellJoin(argv), dir, took.Round(time.Millisecond))
	if err != nil {
		call += ": " + err.Error()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, call)
}

// Calls lists the probes that were made, sorted, one line each: command, folder, time, and the error if there was one.
func (h *Host) Calls() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(slices.Values(h.calls))
}
