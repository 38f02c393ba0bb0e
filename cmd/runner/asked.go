package main

import (
	"path/filepath"
	"regexp"

	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"testrunner/categories"
	"testrunner/env"
	"testrunner/env/host"
	"testrunner/report/junit"
)

// options are a run's command line, read and checked. Nothing is looked up yet.
type options struct {
	asked    env.Asked
	noDocker bool
	junit    string // absolute path, "" is in the results folder
	dialect  junit.Dialect
	events   string
	jobs     int
	jobsSet  bool // by --jobs: no more than that at once
	timeout  time.Duration
	failFast bool
	debug    bool
	dryRun   bool
	look     bool // nothing is started: a dry run, or an explanation
	verbose  bool
	quiet    bool
	color    bool
	ci       bool
}

func readOptions(c *cli.Context, s split, p place, w World) (options, error) {
	o := options{
		failFast: c.Bool("fail-fast"), debug: c.Bool("debug"), dryRun: c.Bool("dry-run"),
		verbose: c.Bool("verbose"), quiet: c.Bool("quiet"),
		ci: c.Bool("ci") || truthy(getenv(w.Environ, "CI")),
	}
	o.look = o.dryRun
	o.color = !c.Bool("no-color") && getenv(w.Environ, "NO_COLOR") == "" && !o.ci
	o.asked = env.Asked{
		Categories: names(c.StringSlice("category")), Exclude: names(c.StringSlice("exclude")), Filter: c.String("filter"),
		Tool: c.String("tool"), ToolArgs: s.rest, AllowNotRun: names(c.StringSlice("allow-not-run")), Strict: c.Bool("strict"), Scope: p.scope,
		RealServices: c.Bool("real-services"), StartDocker: c.Bool("start-docker"),
		Attach: c.Bool("attach"), Keep: c.Bool("keep"), KeepData: c.Bool("keep-data"),
	}
	var err error
	if o.asked.Services, err = readAddresses(c.StringSlice("service")); err != nil {
		return o, err
	}
	for _, word := range c.Args().Slice() {
		if categories.IsPath(word) {
			o.asked.Paths = append(o.asked.Paths, p.relative(word))
		} else {
			o.asked.Categories = append(o.asked.Categories, word)
		}
	}
	for _, id := range c.StringSlice("test") {
		o.asked.Paths = append(o.asked.Paths, p.relative(id))
	}
	o.readEnvironment(c, w)
	return o, o.readValues(c, p)
}

// checkKeeping refuses what would have no effect.
func (o *options) checkKeeping() error {
	switch a := o.asked; {
	case a.Attach && a.Keep:
		return usageError{text: "--attach leaves the services up, so --keep would have no effect", remedy: "runner --attach"}
	case a.Attach && a.StartDocker:
		return usageError{text: "--attach starts nothing, so --start-docker would have no effect", remedy: "runner --attach"}
	case a.KeepData && !a.Attach && !a.Keep:
		return usageError{text: "--keep-data is for services that stay up between runs: it belongs to --keep or --attach", remedy: "runner --keep --keep-data"}
	}
	return nil
}

// readValues reads the flags whose values can be wrong.
func (o *options) readValues(c *cli.Context, p place) (err error) {
	if err := o.checkKeeping(); err != nil {
		return err
	}
	if o.verbose && o.quiet {
		return usagef("--verbose and --quiet contradict each other")
	}
	if _, err := regexp.Compile(o.asked.Filter); err != nil {
		return usagef("--filter %q is no regular expression: %v", o.asked.Filter, err)
	}
	if o.dialect, err = junit.ParseDialect(c.String("junit-dialect")); err != nil {
		return usagef("--junit-dialect: %v", err)
	}
	o.jobs = host.Cores()
	if o.jobsSet = c.IsSet("jobs"); o.jobsSet {
		if o.jobs = c.Int("jobs"); o.jobs < 1 {
			return usagef("--jobs %d: at least 1", o.jobs)
		}
	}
	if t := c.String("timeout"); t != "" {
		if o.timeout, err = time.ParseDuration(t); err != nil || o.timeout <= 0 {
			return usagef("--timeout %q is no duration; write it as 90s, 10m or 1h30m", t)
		}
	}
	if o.debug && o.timeout > 0 {
		return usagef("--debug has no deadline, so --timeout would have no effect")
	}
	if f := c.String("junit"); f != "" {
		o.junit = absolute(p.start, f)
	}
	if f := c.String("events"); f != "" {
		o.events = absolute(p.start, f)
	}
	return nil
}

// readEnvironment reads which environment is asked for: flag over variable.
func (o *options) readEnvironment(c *cli.Context, w World) {
	o.noDocker = c.Bool("no-docker")
	if o.asked.Env = c.String("env"); o.asked.Env != "" {
		o.asked.EnvFrom = "--env " + o.asked.Env
		return
	}
	if e := getenv(w.Environ, "RUNNER_ENV"); e != "" && !o.noDocker {
		o.asked.Env, o.asked.EnvFrom = e, "RUNNER_ENV="+e
	}
}

// relative makes a path or ID relative to the root. A path that is not there from here but is from the root is one that a
// report printed.
func (p place) relative(word string) string {
	path, name, isTest := strings.Cut(word, "::")
	if below, ok := strings.CutSuffix("/"+filepath.ToSlash(path), "/..."); ok && !isTest { // Go's word for a folder and all below it
		path = "." + below // "./..." is the folder that this is typed in
		if filepath.IsAbs(word) {
			path = below[1:]
		}
	}
	abs := absolute(p.start, path)
	if !exists(abs) {
		// What is not there from the root either is no path: a class of a JUnit report (com.x.Foo::bar), a suite (go:.).
		if abs = absolute(p.root, path); !exists(abs) {
			return word
		}
	}
	// The root is a real path. What is typed may lead there through a link; the last name may be a link of the tree itself.
	if real, err := filepath.EvalSymlinks(filepath.Dir(abs)); err == nil && filepath.IsAbs(path) {
		abs = filepath.Join(real, filepath.Base(abs))
	}
	rel, err := filepath.Rel(p.root, abs)
	if err != nil {
		rel = path
	}
	rel = filepath.ToSlash(rel)
	if isTest {
		return rel + "::" + name
	}
	return rel
}

// names splits at commas, as --category unit,e2e has it.
func names(values []string) []string {
	var out []string
	for _, v := range values {
		for n := range strings.SplitSeq(v, ",") {
			if n = strings.TrimSpace(n); n != "" {
				out = append(out, n)
			}
		}
	}
	return out
}

func getenv(environ []string, name string) string {
	i := slices.IndexFunc(environ, func(kv string) bool { return strings.HasPrefix(kv, name+"=") })
	if i < 0 {
		return ""
	}
	return environ[i][len(name)+1:]
}

func truthy(v string) bool { return v != "" && v != "0" && v != "false" }
