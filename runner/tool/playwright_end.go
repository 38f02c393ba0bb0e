package tool

import (
	"slices"

	"testrunner/report/event"
)

// What is particular to tools that load all files before the first test: broken files, and what all files count on.

// apart is the target of the files that could be loaded, now that those that could not are told; nil where none is left.
func (d *jsDecoder) apart() *Target {
	again := d.t
	again.LeaveOut = slices.Clone(d.t.LeaveOut)
	for _, f := range d.order {
		if f.ended && !slices.Contains(again.LeaveOut, f.path) {
			again.LeaveOut = append(again.LeaveOut, f.path)
		}
	}
	if len(again.LeaveOut) == len(d.t.LeaveOut) || len(nodeFiles(again)) == 0 {
		return nil
	}
	again.Whole = false
	again.Attempt++
	return &again
}

// uprooted tells of what all files count on and that broke before any of them was loaded: a collection error of the file
// that is to blame, as for a conftest. None of the job's files ran, and that error stands for them.
func (d *jsDecoder) uprooted(f *jsFile, r *jsRecord) {
	f.ended = true
	d.rootless = true
	d.bad++
	d.emit(event.CollectionFailed{
		Job: d.t.Job, Path: f.path, Class: f.path, Line: r.L, Column: r.C, Reason: "setup", Message: r.line() + ": no test of this job ran", Detail: r.detail(d.t.Scratch),
	})
}

// stuck tells of a file that was still being loaded when the job was ended from outside.
func (d *jsDecoder) stuck(cause event.Cause) {
	f := d.loading
	if !d.h.together || d.patched || f == nil || f.ended {
		return
	}
	f.ended = true
	kind := event.NotFinishedType
	if cause == event.TimedOut {
		kind = event.TimeoutType
	}
	d.fileCase(f, string(kind), "the job was ended while this file was loaded: its tests are not known", "")
}
