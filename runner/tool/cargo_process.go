package tool

import (
	"slices"

	"testrunner/report/event"
	"testrunner/runner/process"
	"testrunner/runner/tool/cargodrive"
)

// process begins the reading of one process.
func (d *cargoDecoder) process(x *cargoExe, r cargodrive.Record) {
	if !r.Apart {
		d.resolve(x)
	}
	x.begin, x.failed = r, nil
	x.stderr, x.stdout = process.NewTail(event.Cap), process.NewTail(event.Cap)
	names := r.Only
	if names == nil {
		names = x.chosen
	}
	groups := [][]string{names}
	if x.list.Type == cargodrive.Doc {
		groups = nil
		for i, name := range names {
			if i == 0 || x.owner[name] != x.owner[names[i-1]] {
				groups = append(groups, nil)
			}
			groups[len(groups)-1] = append(groups[len(groups)-1], name)
		}
	}
	mode := cargodrive.Listed
	switch {
	case x.list.Own:
		groups, mode = nil, cargodrive.Free
	case x.list.Type == cargodrive.Doc:
		mode = cargodrive.Docs
	}
	x.reading = cargodrive.NewReading(groups, r.Threads, mode)
}

func (d *cargoDecoder) out(x *cargoExe, r cargodrive.Record) {
	switch {
	case x.reading == nil:
	case r.Stream == "stderr":
		_, _ = x.stderr.Write([]byte(r.Text + "\n"))
	default:
		_, _ = x.stdout.Write([]byte(r.Text + "\n"))
		d.apply(x, x.reading.Line(r.Text), r.Millis)
	}
}

// wants says whether a test counts: documentation tests may run beside those that were asked for, and what a main function of
// its own runs is known only now.
func (d *cargoDecoder) wants(x *cargoExe, name string) bool {
	if !x.list.Own {
		return x.wanted[name]
	}
	named := cargoNames(d.t, x.path)
	return d.filter.MatchString(name) && (named == nil || slices.ContainsFunc(named, func(n string) bool { return cargodrive.Below(name, n) }))
}

func (d *cargoDecoder) start(x *cargoExe, name string, at int64) {
	if _, known := x.started[name]; !known {
		d.emit(event.TestStarted{Job: d.t.Job, Test: x.test(name)})
	}
	x.started[name] = at
}

// apply tells what libtest's lines say. What a failed test printed comes at the process's end, so its result waits for it.
func (d *cargoDecoder) apply(x *cargoExe, steps []cargodrive.Step, at int64) {
	for _, s := range steps {
		if !d.wants(x, s.Name) {
			if x.list.Own && s.Word != "" && !d.filter.MatchString(s.Name) {
				d.emit(event.TestsDeselected{Job: d.t.Job, Count: 1})
			}
			continue
		}
		switch s.Word {
		case "":
			d.start(x, s.Name, at)
		case cargodrive.FAILED:
			if !slices.Contains(x.failed, s.Name) {
				x.failed = append(x.failed, s.Name)
			}
			x.answered[s.Name] = true // and told at the process's end
			x.started[s.Name] = at - x.started[s.Name]
		default:
			x.failed = slices.DeleteFunc(x.failed, func(name string) bool { return name == s.Name })
			f := event.TestFinished{Job: d.t.Job, Test: x.test(s.Name), Outcome: event.Passed, Micros: d.micros(x, s.Name, at)}
			if s.Word == cargodrive.Ignored {
				f.Outcome, f.Message, f.Micros = event.Skipped, s.Reason, 0
				if f.Message == "" {
					f.Message = "ignored"
				}
			}
			d.finish(x, s.Name, f)
		}
	}
}

// micros is how long a test took: libtest does not say it, so it is the time between the lines, which a pipe may blur by some
// hundredths of a second.
func (d *cargoDecoder) micros(x *cargoExe, name string, at int64) int64 {
	return max(0, at-x.started[name]) * 1000
}

// finish tells a result, unless the test is run by itself because its process died: then it waits for the others.
func (d *cargoDecoder) finish(x *cargoExe, name string, f event.TestFinished) {
	x.answered[name] = true
	for _, s := range x.suspects {
		if s.name == name {
			s.result = &f
			return
		}
	}
	d.emit(f)
}
