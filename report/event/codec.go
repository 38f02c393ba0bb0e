package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// MaxLine bounds one line of a stream, in bytes. Senders cap their texts at Cap, so a longer line is not ours.
const MaxLine = 16 << 20

// ErrTorn is the error of a last line that was cut off by a crash: legal, and to be left out.
var ErrTorn = errors.New("torn line")

// head is what stands before the body's own fields on each line.
type head struct {
	Seq  int64     `json:"seq"`
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
}

// Append adds the event to dst as one line of JSON, without the newline.
func Append(dst []byte, e Event) ([]byte, error) {
	h, err := json.Marshal(head{Seq: e.Seq, At: e.At.UTC(), Kind: e.Body.Kind()})
	if err != nil {
		return dst, fmt.Errorf("encode event %d: %w", e.Seq, err)
	}
	b, err := json.Marshal(e.Body)
	if err != nil {
		return dst, fmt.Errorf("encode event %d (%s): %w", e.Seq, e.Body.Kind(), err)
	}
	dst = append(dst, h[:len(h)-1]...)
	if len(b) > len("{}") {
		dst = append(dst, ',')
		return append(dst, b[1:]...), nil
	}
	return append(dst, '}'), nil
}

// Parse reads one line. A line that is no whole JSON object is ErrTorn; an unknown kind is an error that names it.
func Parse(line []byte) (Event, error) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[len(line)-1] != '}' {
		return Event{}, ErrTorn
	}
	var h head
	if err := json.Unmarshal(line, &h); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return Event{}, fmt.Errorf("%w: %v", ErrTorn, err)
		}
		return Event{}, fmt.Errorf("read event: %w", err)
	}
	b, err := parseBody(h.Kind, line)
	if err != nil {
		return Event{}, err
	}
	return Event{Seq: h.Seq, At: h.At, Body: b}, nil
}

func body[T Body](line []byte) (Body, error) {
	var b T
	if err := json.Unmarshal(line, &b); err != nil {
		return nil, fmt.Errorf("read event %s: %w", b.Kind(), err)
	}
	return b, nil
}

func parseBody(kind string, line []byte) (Body, error) {
	switch kind {
	case "run-started":
		return body[RunStarted](line)
	case "found":
		return body[Found](line)
	case "decided":
		return body[Decided](line)
	case "service-changed":
		return body[ServiceChanged](line)
	case "service-lost":
		return body[ServiceLost](line)
	case "planned":
		return body[Planned](line)
	case "job-started":
		return body[JobStarted](line)
	case "tests-collected":
		return body[TestsCollected](line)
	case "tests-deselected":
		return body[TestsDeselected](line)
	case "test-started":
		return body[TestStarted](line)
	case "test-output":
		return body[TestOutput](line)
	case "test-finished":
		return body[TestFinished](line)
	case "collection-failed":
		return body[CollectionFailed](line)
	case "job-output":
		return body[JobOutput](line)
	case "job-stalled":
		return body[JobStalled](line)
	case "job-finished":
		return body[JobFinished](line)
	case "not-run":
		return body[NotRun](line)
	case "noted":
		return body[Noted](line)
	case "logged":
		return body[Logged](line)
	case "stopping":
		return body[Stopping](line)
	case "leftovers":
		return body[Leftovers](line)
	case "report-failed":
		return body[ReportFailed](line)
	case "run-finished":
		return body[RunFinished](line)
	default:
		return nil, fmt.Errorf("read event: unknown kind %q", kind)
	}
}
