package junit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"testrunner/report"
	"testrunner/report/event"
)

// File keeps junit.xml truthful through a run: at its start the old report goes, once the plan is known a report stands there in
// which every selected category is not run, and Close puts the final one in its place. So whatever dies in between, what
// a reader finds is never green.
type File struct {
	path    string
	dialect Dialect
	start   *report.Ledger // of what was told until the plan; nil afterwards
	paths   []string       // what was written last
}

// NewFile makes the sink. Nothing is touched before the first event, or Remove.
func NewFile(path string, d Dialect) *File {
	return &File{path: path, dialect: d, start: report.NewLedger()}
}

// Handle acts on the start of the run and on the plan.
func (f *File) Handle(e event.Event) error {
	if f.start == nil {
		return nil
	}
	if err := f.start.Handle(e); err != nil {
		return err
	}
	switch e.Body.(type) {
	case event.RunStarted:
		return f.Remove()
	case event.Planned:
		s := unfinished(f.start.Summary())
		f.start = nil
		if err := f.Remove(); err != nil {
			return err
		}
		return f.write(s)
	}
	return nil
}

// Close writes the final report. It must be called once, with the run's Summary.
func (f *File) Close(s report.Summary) error {
	f.start = nil
	return f.write(s)
}

// Paths are the files of the report as it was last written: more than one where it had to be split (see WriteFile).
func (f *File) Paths() []string { return f.paths }

func (f *File) write(s report.Summary) (err error) {
	f.paths, err = writeFiles(f.path, s, f.dialect, fileBounds())
	return err
}

// Remove removes the report of the run before, with the files that it was split into.
func (f *File) Remove() error {
	if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the old report: %w", err)
	}
	if err := removeSiblings(f.path, 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// unfinished is the report of a run in which nothing has run yet: one "[not run]" error for each selected category.
func unfinished(s report.Summary) report.Summary {
	s.Counts = report.Counts{}
	for i, c := range s.Categories {
		c.Suites = nil
		c.NotRun = &event.NotRun{Category: c.Name, Reason: event.Reason{
			Code: event.ReasonUnfinished,
			Text: "this report was written before the first test; if it is still here, runner was ended before its report",
		}}
		c.Counts = report.Counts{Blocked: 1}
		s.Categories[i] = c
		s.Counts = s.Counts.Add(c.Counts)
	}
	return s
}
