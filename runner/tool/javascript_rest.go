package tool

import (
	"slices"
)

// Which files are left for another attempt, where one file ended the tool.

// given lists the files of the job: those of the target and, where discovery can't read the tool's configuration, those that
// the tool found beside them and said that it runs. Tools that load all files at once take in no file of their own.
func (d *jsDecoder) given() []string {
	files := nodeFiles(d.t)
	if d.h.together {
		return files
	}
	return sortedSet(append(files, sortedKeys(d.running)...))
}

// rest is the target of the files that have not run; nil where none is left, or where the tool does not begin them one by one.
func (d *jsDecoder) rest(culprit *jsFile) *Target {
	again := d.t
	again.Files = sortedSet(append(slices.Clone(d.t.Files), d.given()...))
	again.LeaveOut = slices.Clone(d.t.LeaveOut)
	left := 0
	for _, path := range d.given() {
		f := d.files[path]
		switch {
		case f == culprit, f != nil && (f.ended || f.begun):
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
