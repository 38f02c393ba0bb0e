package tool

import (
	"slices"
)

// What is particular to a tool that loads all files before its first test runs, in one process: one file can take all
// others down with it. Those of which no test had run are run again without it.

// diedTogether concludes such a tool whose run has no end: while it loaded a file, or while it ran a test of one.
func (d *jsDecoder) diedTogether(x Exit) Conclusion {
	culprit := d.blamed()
	c := d.cutShort(x, culprit, x.Code != 0 || len(d.problems) > 0)
	if culprit != nil && !d.patched { // it was being loaded
		d.died(culprit, &jsRecord{Msg: c.Problem, Text: x.Stderr})
	}
	if c.Again = d.untouched(); c.Again == nil {
		d.abandoned(d.h.tool + " ended before this file had run")
		return c
	}
	d.settle()
	return c
}

// blamed is the file that was being loaded, or of which a test or a hook ran; nil where that can't be told.
func (d *jsDecoder) blamed() *jsFile {
	if !d.patched {
		if d.loading != nil && !d.loading.ended {
			return d.loading
		}
		return nil // it is told already, or it was none of them
	}
	for _, f := range d.order {
		if f.ended {
			continue
		}
		if f.exit != nil || f.isOpen() {
			return f
		}
	}
	return nil
}

// isOpen says whether a test of the file began and did not end.
func (f *jsFile) isOpen() bool {
	return slices.ContainsFunc(f.order, func(t *jsTest) bool { return t.open && !t.finished })
}

// untouched is the target of the files of which no test has run yet; nil where none is left, or nothing was learned.
func (d *jsDecoder) untouched() *Target {
	again := d.t
	again.LeaveOut = slices.Clone(d.t.LeaveOut)
	left := 0
	for _, path := range nodeFiles(d.t) {
		f := d.files[path]
		switch {
		case f == nil:
			left++
		case f.ended, f.exit != nil, f.cases > 0, slices.ContainsFunc(f.order, func(t *jsTest) bool { return t.open || t.finished || t.waiting != nil }):
			again.LeaveOut = append(again.LeaveOut, path)
		default:
			left++
		}
	}
	if left == 0 || len(again.LeaveOut) == len(d.t.LeaveOut) {
		return nil
	}
	again.Whole = false
	again.Attempt++
	return &again
}
