package report

import (
	"fmt"

	"testrunner/report/event"
)

// JSONL writes events.jsonl: one event a line, appended while the run goes on, in the form of package event.
type JSONL struct {
	file *liveFile
	line []byte
}

// CreateJSONL creates the file, empty.
func CreateJSONL(path string) (*JSONL, error) {
	f, err := createLive(path)
	if err != nil {
		return nil, err
	}
	return &JSONL{file: f}, nil
}

// Handle appends one event. What a single test does may wait for flushWithin; all else is flushed at once.
func (j *JSONL) Handle(e event.Event) error {
	var err error
	if j.line, err = event.Append(j.line[:0], e); err != nil {
		return err
	}
	if len(j.line) > event.MaxLine {
		return fmt.Errorf("event %d (%s) is %d bytes long, more than a line may have (%d)", e.Seq, e.Body.Kind(), len(j.line), event.MaxLine)
	}
	j.line = append(j.line, '\n')
	return j.file.write(j.line, !frequent(e.Body))
}

// Close writes what is left. It must be called once, after the last event.
func (j *JSONL) Close() error { return j.file.close() }

// frequent says whether events of this kind come by the thousand.
func frequent(b event.Body) bool {
	switch b.(type) {
	case event.TestStarted, event.TestFinished, event.TestsCollected, event.Logged:
		return true
	default:
		return false
	}
}
