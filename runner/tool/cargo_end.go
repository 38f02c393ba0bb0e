package tool

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/tool/cargodrive"
)

// End concludes from three witnesses: the status of each process, libtest's own totals, and the targets that were asked for.
func (d *cargoDecoder) End(exit Exit) Conclusion {
	switch {
	case d.err != nil:
		return Conclusion{Cause: event.BadUsage, Problem: "the filter is no regular expression: " + d.err.Error()}
	case exit.Err != "":
		return Conclusion{Cause: event.NotStarted, Problem: exit.Err}
	case exit.Stopped != "":
		d.abandon("the job was ended before this target had run", exit.Stopped)
		return Conclusion{Cause: exit.Stopped, Problem: "cargo test was ended from outside", Detail: exit.Stderr}
	case d.fault != "":
		d.abandon("runner's driver of cargo ended before this target had run", "")
		return Conclusion{Cause: event.Crashed, Problem: "runner's driver of cargo can't go on: " + d.fault, Detail: exit.Stderr}
	case !d.ended:
		d.abandon("runner's driver of cargo ended before this target had run", "")
		c := Conclusion{Cause: event.Crashed, Problem: fmt.Sprintf("runner's driver of cargo ended with status %d and without its last word", exit.Code), Detail: exit.Stderr}
		if exit.Signal != "" {
			c.Problem = "runner's driver of cargo was ended by " + exit.Signal
		} else if exit.Code == 0 {
			c.Cause = event.Vanished
		}
		return c
	case d.refused != nil:
		return d.refusal(*d.refused)
	}
	for _, file := range cargoFiles(d.t) {
		if !d.told[file] {
			d.emit(event.CollectionFailed{Job: d.t.Job, Path: file, Class: file, Reason: "build", Message: "cargo built nothing to test from this file: is it a target of the workspace, and are its features on?"})
		}
	}
	if exit.Code != 0 || exit.Signal != "" {
		d.problems = append(d.problems, fmt.Sprintf("runner's driver of cargo ended with status %d behind its last word", exit.Code))
	}
	if len(d.problems) > 0 {
		return Conclusion{Cause: event.Contradiction, Problem: d.problems[0], Detail: event.Capped(strings.Join(d.problems, "\n")+"\n"+exit.Stderr, event.Cap)}
	}
	return Conclusion{Cause: event.Done}
}

// abandon tells what is known of a run that broke off: results that waited for the end of their process, and the targets and the
// documentation of which no test is known. What is open stays open, for the ledger to judge by the job's cause.
func (d *cargoDecoder) abandon(why string, stopped event.Cause) {
	notRun := func(test event.Test) {
		d.emit(event.TestFinished{Job: d.t.Job, Test: test, Outcome: event.NotRan, Type: cargoReason(stopped), Message: why})
	}
	docs := false
	for _, n := range sortedKeys(d.numbers()) {
		x := d.exes[d.numbers()[n]]
		docs = docs || x.list.Type == cargodrive.Doc
		if x.over {
			continue
		}
		if x.list.Own && x.begin.Kind == "" && d.wants(x, cargodrive.OwnName) {
			notRun(x.test(cargodrive.OwnName))
		}
		if x.reading != nil {
			if x.list.Own && !x.reading.Spoke() && d.wants(x, cargodrive.OwnName) {
				d.start(x, cargodrive.OwnName, x.begin.Millis) // till now it might have had tests of other names
			}
			d.apply(x, x.reading.Settle(), d.last)
			for _, name := range x.failed {
				d.finish(x, name, d.failure(x, name))
			}
		}
		for _, s := range x.suspects {
			if s.result != nil {
				d.emit(*s.result)
			}
		}
		for _, home := range x.owner {
			d.told[home] = true
		}
		d.told[x.path] = true
	}
	for _, file := range cargoFiles(d.t) {
		if !d.told[file] {
			notRun(event.Test{ID: file, Name: file, Class: file})
		}
	}
	for _, r := range d.build.targets {
		if file := d.file(r.Src); r.Docs && !docs && slices.Contains(d.t.Files, file) && d.told[file] && !d.brokenFiles[file] {
			notRun(event.Test{ID: event.TestID(file, cargodrive.AllDocs), Class: "doc"})
		}
	}
}

// numbers are the executables by a key that sorts as they came.
func (d *cargoDecoder) numbers() map[string]int {
	out := map[string]int{}
	for n := range d.exes {
		out[fmt.Sprintf("%08d", n)] = n
	}
	return out
}

func cargoReason(stopped event.Cause) string {
	switch stopped {
	case event.TimedOut:
		return event.ReasonDeadline
	case event.Interrupted:
		return event.ReasonInterrupted
	default:
		return event.ReasonCrashed
	}
}

var cargoManifestFault = regexp.MustCompile("(?m)(?:failed to parse manifest at|failed to read|failed to load manifest for workspace member) [`']?([^`'\n]+?Cargo\\.toml)")

// refusal concludes a cargo that compiled nothing: an argument that it does not know is a usage error, anything else breaks the
// workspace, as a manifest that can't be read or a dependency that can't be had.
func (d *cargoDecoder) refusal(r cargodrive.Record) Conclusion {
	said := cargoSaid(r.Text)
	if said == "" {
		said = "cargo ended with " + cargoDeath(r)
	}
	if r.Code == 1 && (strings.Contains(r.Text, "Usage: cargo") || strings.Contains(r.Text, "unexpected argument")) {
		return Conclusion{Cause: event.BadUsage, Problem: "cargo: " + said, Detail: r.Text}
	}
	if r.Signal != "" {
		return Conclusion{Cause: event.Crashed, Problem: "cargo was ended by " + r.Signal, Detail: r.Text}
	}
	c := event.CollectionFailed{Job: d.t.Job, Path: d.file("Cargo.toml"), Class: d.file("Cargo.toml"), Reason: "package", Message: said, Detail: r.Text}
	if m := cargoManifestFault.FindStringSubmatch(r.Text); m != nil {
		if rel, err := filepath.Rel(filepath.Join(d.t.Root, filepath.FromSlash(d.t.Dir)), m[1]); err == nil && !strings.HasPrefix(rel, "..") {
			c.Path = d.file(filepath.ToSlash(rel))
			c.Class = c.Path
		}
	}
	if cause := cargoCause(r.Text); cause != "" {
		c.Message += ": " + cause
	}
	d.emit(c)
	return Conclusion{Cause: event.Done}
}

// cargoCause is the last and so the deepest of cargo's "Caused by:" lines.
func cargoCause(stderr string) string {
	cause := ""
	lines := strings.Split(stderr, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) == "Caused by:" && i+1 < len(lines) {
			cause = strings.TrimSpace(lines[i+1])
		}
	}
	return cause
}

// cargoBuild is what is known of the build.
type cargoBuild struct {
	targets  []cargodrive.Record
	messages []cargodrive.Record
	built    []cargodrive.Record
	finished *cargodrive.Record
}

func (b *cargoBuild) hear(r cargodrive.Record) {
	switch r.Kind {
	case cargodrive.Stage:
		if !r.More {
			b.messages, b.built = nil, nil
		}
	case cargodrive.Target:
		b.targets = append(b.targets, r)
	case cargodrive.Message:
		b.messages = append(b.messages, r)
	case cargodrive.Built:
		b.built = append(b.built, r)
	}
}

// is says whether a source is a target of a type.
func (b *cargoBuild) is(src, typ string) bool {
	return slices.ContainsFunc(b.targets, func(r cargodrive.Record) bool { return r.Src == src && r.Type == typ })
}

// tellBroken tells of each wanted source that nothing was built from: one error a target, with the compiler's first, or with
// that of the dependency that it waits for.
func (d *cargoDecoder) tellBroken() {
	files := sortedSet(slices.Concat(cargoFiles(d.t), d.t.Beside))
	for _, file := range files {
		src := cargoBelow(d.t.Dir, file)
		made := slices.ContainsFunc(d.build.built, func(r cargodrive.Record) bool {
			return r.Src == src && (r.Runs || r.Type == "example")
		})
		if made && d.build.error(func(r cargodrive.Record) bool { return r.Src == src }) == nil {
			continue // it is told when it has run
		}
		beside := slices.Contains(d.t.Beside, file) && !slices.Contains(d.t.Files, file)
		if broken, known := d.broken(file, src); known {
			d.told[file], d.brokenFiles[file] = true, true
			d.emit(broken)
		} else if needs := d.needs(src); len(needs) > 0 && !beside {
			d.told[file] = true
			d.emit(event.TestFinished{
				Job: d.t.Job, Test: event.Test{ID: file, Name: file, Class: file}, Outcome: event.Skipped,
				Message: "required-features: runner --tool cargo -- --features " + strings.Join(needs, ","),
			})
		}
	}
}

// needs are the features that a target asks for in its manifest: without them cargo passes over it.
func (d *cargoDecoder) needs(src string) []string {
	for _, r := range d.build.targets {
		if r.Src == src {
			return r.Needs
		}
	}
	return nil
}

func (b *cargoBuild) error(which func(cargodrive.Record) bool) *cargodrive.Record {
	if i := slices.IndexFunc(b.messages, which); i >= 0 {
		return &b.messages[i]
	}
	return nil
}

var cargoScript = regexp.MustCompile("(?m)^error: failed to run custom build command for `([^ `]+)")

// broken is the collection error of a source: its own, that of its package's library, build script, or of any dependency.
func (d *cargoDecoder) broken(file, src string) (event.CollectionFailed, bool) {
	c := event.CollectionFailed{Job: d.t.Job, Path: file, Class: file, Reason: "build"}
	if own := d.build.error(func(r cargodrive.Record) bool { return r.Src == src }); own != nil {
		c.Message = own.Text
		if own.File == src {
			c.Line, c.Column = own.Line, own.Column
		} else if own.File != "" {
			c.Message = fmt.Sprintf("%s:%d:%d: %s", d.file(own.File), own.Line, own.Column, own.Text)
		}
		for _, m := range d.build.messages {
			if m.Src == src {
				c.Detail = event.Capped(c.Detail+m.Detail, event.Cap)
			}
		}
		return c, true
	}
	if len(d.needs(src)) > 0 {
		return c, false // most likely its features are off; cargo says nothing about that
	}
	stderr := ""
	if d.build.finished != nil {
		stderr = d.build.finished.Text
	}
	var packages []string
	for _, r := range d.build.targets {
		if r.Src == src {
			packages = append(packages, r.Package)
		}
	}
	if m := d.build.error(func(r cargodrive.Record) bool {
		return r.Type == cargodrive.Lib && slices.Contains(packages, r.Package)
	}); m != nil {
		return d.waiting(c, *m), true
	}
	if m := cargoScript.FindStringSubmatch(stderr); m != nil {
		c.Message = fmt.Sprintf("not built: the build script of %s failed: %s", m[1], cargoScriptSaid(stderr))
		c.Detail = stderr[cargoScript.FindStringIndex(stderr)[0]:]
		return c, true
	}
	if m := d.build.error(func(r cargodrive.Record) bool { return r.Type == cargodrive.Lib || r.Type == "custom-build" }); m != nil {
		return d.waiting(c, *m), true
	}
	if d.build.finished != nil && d.build.finished.Code != 0 {
		c.Message, c.Detail = "not built: "+cargoSaid(stderr), stderr
		return c, true
	}
	return c, false
}

// waiting is the error of a target that was not built because what it needs does not compile.
func (d *cargoDecoder) waiting(c event.CollectionFailed, m cargodrive.Record) event.CollectionFailed {
	place := d.file(m.Src)
	if m.File != "" {
		place = fmt.Sprintf("%s:%d:%d", d.file(m.File), m.Line, m.Column)
	}
	c.Message = fmt.Sprintf("not built: %s, which it needs, does not compile: %s: %s", m.Package, place, m.Text)
	c.Detail = m.Detail
	return c
}

// cargoScriptSaid is the first line that a failed build script printed on its standard error, else its status.
func cargoScriptSaid(stderr string) string {
	if _, said, ok := strings.Cut(stderr, "--- stderr\n"); ok {
		if line := event.FirstLine(said); line != "" {
			return line
		}
	}
	return cargoCause(stderr)
}
