package cargodrive

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// deaths bounds how often an executable is started again because its process died in a test. Behind it the rest is not run:
// something is wrong with more than a test.
const deaths = 20

// suite is the tests of one executable, or the documentation tests of all libraries, and how its processes are started.
type suite struct {
	exe    int
	dir    string
	env    []string
	argv   []string // what stands before the names of tests
	behind []string // and behind them
	groups [][]string
}

// runExecutable lists an executable's tests and runs those that are wanted.
func (d *driver) runExecutable(ctx context.Context, e executable) error {
	d.last++
	s := suite{exe: d.last, dir: e.pkg.dir(), env: d.environment(e), argv: append([]string{e.path}, d.Tests...)}
	r := Record{Kind: List, Exe: s.exe, Src: e.src, Package: e.pkg.Name, Type: e.kind, Own: e.file.Own}
	if e.file.Own {
		return d.runOwn(ctx, s, e.file, r)
	}
	names, err := d.list(ctx, s, &r)
	if err != nil {
		return err
	}
	chosen, err := d.chosen(names, e.file, func(name string) string { return name })
	if err != nil {
		return err
	}
	r.Names, r.Only = names, chosen
	if len(chosen) == len(names) {
		r.Only = nil
	} else if len(chosen) == 0 {
		r.Only = []string{}
	}
	d.tell(r)
	if r.Code == 0 && r.Signal == "" && (len(chosen) > 0 || len(names) == 0) {
		err = d.runAll(ctx, s, chosen, len(chosen) < len(names))
	}
	d.tell(Record{Kind: Over, Exe: s.exe})
	return err
}

// list asks the executable for its tests. Where it can't say them, the record has the status and what it printed.
func (d *driver) list(ctx context.Context, s suite, r *Record) ([]string, error) {
	var names []string
	var said strings.Builder
	exit, stderr, err := d.run(ctx, s.dir, s.env, slices.Concat(s.argv, []string{"--list"}), func(line []byte) {
		text := strings.TrimSuffix(string(line), "\r")
		if name, ok := listed(text); ok {
			names = append(names, name)
		} else if said.Len() < event.Cap {
			said.WriteString(text + "\n")
		}
	})
	if err != nil {
		return nil, fmt.Errorf("list the tests of %s: %w", s.argv[0], err)
	}
	if exit.Code != 0 {
		r.Code, r.Signal, r.Text = exit.Code, exit.Signal, event.Capped(said.String()+stderr, event.Cap)
	}
	return names, nil
}

func listed(line string) (name string, ok bool) {
	for _, kind := range []string{": test", ": benchmark"} {
		if name, ok := strings.CutSuffix(line, kind); ok && name != "" {
			return name, true
		}
	}
	return "", false
}

// chosen are the tests that are wanted, in the order of the list. shown is the name that people know a test by.
func (d *driver) chosen(names []string, f File, shown func(string) string) ([]string, error) {
	filter, err := regexp.Compile(d.Filter)
	if err != nil {
		return nil, fmt.Errorf("read the filter: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(names), func(raw string) bool {
		name := shown(raw)
		named := f.Names == nil || slices.ContainsFunc(f.Names, func(n string) bool { return Below(name, n) })
		return !named || !filter.MatchString(name)
	}), nil
}

// Below says whether a test is the one of that name, or lies in the module of that name, or is one of AllDocs.
func Below(test, name string) bool {
	return test == name || strings.HasPrefix(test, name+"::") || name == AllDocs && strings.HasPrefix(test, docPrefix)
}

// runAll runs the tests, named on the command line where they are not all. Where a process dies, the tests that it had begun are
// run once more, each by itself, and then those that it never came to.
func (d *driver) runAll(ctx context.Context, s suite, names []string, named bool) error {
	queue := [][]string{names}
	if named {
		queue = chunks(names, d.Limit)
	}
	for died := 0; len(queue) > 0; {
		part := queue[0]
		queue = queue[1:]
		got, err := d.start(ctx, s, part, named, false)
		if err != nil {
			return err
		}
		if got.Whole() || d.Debug {
			continue
		}
		open, rest := got.Open(), got.Waiting()
		if len(open) > 1 {
			for _, name := range open {
				if _, err := d.start(ctx, s, []string{name}, true, true); err != nil {
					return err
				}
			}
		}
		if died++; len(open) == 0 || died >= deaths {
			return nil
		}
		if len(rest) > 0 {
			queue, named = append(chunks(rest, d.Limit), queue...), true
		}
	}
	return nil
}

// chunks cuts names into parts that fit on a command line.
func chunks(names []string, limit int) [][]string {
	var out [][]string
	size := 0
	for _, name := range names {
		if len(out) == 0 || size+len(name) > limit {
			out, size = append(out, nil), 0
		}
		out[len(out)-1] = append(out[len(out)-1], name)
		size += len(name) + 1
	}
	return out
}

// start runs one process of an executable to its end.
func (d *driver) start(ctx context.Context, s suite, names []string, named, apart bool) (*Reading, error) {
	argv, threads := slices.Clone(s.argv), d.threads()
	begin := Record{Kind: Begin, Exe: s.exe, Apart: apart}
	if named {
		argv = append(append(argv, "--exact"), names...)
		begin.Only = names
	}
	if apart || d.Debug {
		argv, threads = append(argv, "--test-threads=1"), 1
	}
	if d.Debug {
		argv = append(argv, "--nocapture")
	}
	begin.Threads = threads
	d.tell(begin)
	return d.watch(ctx, s, append(argv, s.behind...), NewReading([][]string{names}, threads, Listed))
}

// threads is how many tests an executable runs at once: what the user says, in libtest's own order, else what the job may use.
func (d *driver) threads() int {
	for i, arg := range d.Tests {
		value, joined := strings.CutPrefix(arg, "--test-threads=")
		if arg == "--test-threads" && i+1 < len(d.Tests) {
			value, joined = d.Tests[i+1], true
		}
		if n := number(value); joined && n > 0 {
			return n
		}
	}
	return max(1, d.Threads)
}

func number(digits string) int {
	n := 0
	if _, err := fmt.Sscan(digits, &n); err != nil {
		return 0
	}
	return n
}

// watch starts a process, writes down what it prints, and reads it along.
func (d *driver) watch(ctx context.Context, s suite, argv []string, r *Reading) (*Reading, error) {
	spec := process.Spec{Argv: argv, Dir: s.dir, Env: s.env, Terminal: d.Debug}
	var flush []func()
	if !d.Debug {
		stream := func(name string, hear func(string)) *lines {
			q := squeeze{give: func(text string) { d.tell(Record{Kind: Out, Exe: s.exe, Stream: name, Text: text}) }}
			w := &lines{take: func(text string) {
				q.line(text, hear != nil)
				if hear != nil {
					hear(text)
				}
			}}
			flush = append(flush, w.flush, q.flush)
			return w
		}
		spec.Stdout, spec.Stderr = stream("stdout", func(text string) { r.Line(text) }), stream("stderr", nil)
	}
	p, err := process.Start(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("start the tests: %w", err)
	}
	exit := p.Wait()
	for _, f := range flush {
		f()
	}
	r.Close()
	d.tell(Record{Kind: Exit, Exe: s.exe, Code: exit.Code, Signal: exit.Signal, Left: exit.Orphans})
	return r, ctx.Err()
}

// runOwn runs an executable with a main function of its own (harness = false), as cargo test does: once, with the user's
// arguments. It need not know libtest's --list, and might take it for an order to run. Only a test of another name than the
// target's own is handed on, in libtest's words. Whether a filter wants its tests is seen when it has named them.
func (d *driver) runOwn(ctx context.Context, s suite, f File, r Record) error {
	r.Names = []string{OwnName}
	d.tell(r)
	begin := Record{Kind: Begin, Exe: s.exe, Threads: d.threads()}
	if f.Names != nil && !slices.Contains(f.Names, OwnName) {
		begin.Only = f.Names
		s.argv = append(append(s.argv, "--exact"), f.Names...)
	}
	d.tell(begin)
	_, err := d.watch(ctx, s, s.argv, NewReading(nil, begin.Threads, Free))
	d.tell(Record{Kind: Over, Exe: s.exe})
	return err
}

// OwnName is the name of the one test that a main function of its own is.
const OwnName = "main"
