package report

import (
	"fmt"
	"strings"
	"time"

	"testrunner/report/event"
)

// Log writes runner.log: every event as one line that a person can read, with its time in UTC, its kind and what it is about.
// Texts of more than one line stand below it in full, each line behind "    | ".
type Log struct {
	file *liveFile
	text strings.Builder
}

// CreateLog creates the file, empty.
func CreateLog(path string) (*Log, error) {
	f, err := createLive(path)
	if err != nil {
		return nil, err
	}
	return &Log{file: f}, nil
}

// Handle appends one event.
func (l *Log) Handle(e event.Event) error {
	l.text.Reset()
	line, blocks := logged(e.Body)
	fmt.Fprintf(&l.text, "%s %5d %-16s %s", e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Seq, e.Body.Kind(), oneLine(line))
	for _, b := range blocks {
		for text := range strings.Lines(b) {
			l.text.WriteString("\n    | ")
			l.text.WriteString(printable(strings.TrimRight(text, "\r\n")))
		}
	}
	l.text.WriteByte('\n')
	return l.file.write([]byte(l.text.String()), !frequent(e.Body))
}

// Close writes what is left. It must be called once, after the last event.
func (l *Log) Close() error { return l.file.close() }

// logged is an event's line and the texts below it.
func logged(b event.Body) (line string, blocks []string) {
	switch b := b.(type) {
	case event.RunStarted:
		return fmt.Sprintf("run %s, runner %s on %s (%s), pid %d, root %s%s, arguments: %s", b.Run, b.Runner, b.Host, b.OS, b.Pid, b.Root, after(", scope ", b.Scope), quoteAll(b.Args)), nil
	case event.Found:
		return fmt.Sprintf("%s %s%s%s%s%s", b.Status, b.ID, after(" value ", b.Value), after(" threshold ", b.Threshold), after(": ", b.Detail), after("; mend: ", b.Remedy)), nil
	case event.Decided:
		line = fmt.Sprintf("%s (asked: %s)", b.Mode, b.Asked)
		blocks = append(blocks, b.Why...)
		for _, a := range b.Admissions {
			blocks = append(blocks, fmt.Sprintf("%s%s admitted: %t%s", a.Category, after(": ", a.Suite), a.Admitted, reasonText(a.Reason)))
		}
		return line, blocks
	case event.ServiceChanged:
		line = fmt.Sprintf("%s (%s, %s) %s%s%s", b.Service, b.By, b.Fidelity, b.State, after(" at ", b.Address), after(": ", b.Message))
		if b.State == "ready" {
			line += fmt.Sprintf(" after %d ms, %s, lag at most %d ms, last %s", b.MS, plural(b.Probes, "probe"), b.LagMS, b.Last)
		}
		return line, b.Log
	case event.ServiceLost:
		until := "the end"
		if !b.To.IsZero() {
			until = b.To.UTC().Format("15:04:05.000")
		}
		return fmt.Sprintf("%s from %s to %s: %s", b.Service, b.From.UTC().Format("15:04:05.000"), until, b.Detail), nil
	case event.Planned:
		for _, c := range b.Categories {
			blocks = append(blocks, fmt.Sprintf("%s: %s in %s%s", c.Name, strings.Join(c.Suites, ", "), plural(c.Jobs, "job"), after("; absence accepted by ", c.Accepted)))
		}
		return fmt.Sprintf("%d categories, %d deselected", len(b.Categories), b.Deselected), blocks
	case event.NotRun:
		return fmt.Sprintf("%s%s%s%s%s", b.Category, after(": ", b.Suite), after(", tests of job ", b.Job), reasonText(b.Reason), after("; accepted by ", b.Accepted)), nil
	case event.Noted:
		return b.Level + ": " + b.Text, nil
	case event.Logged:
		return b.Text, nil
	case event.Stopping:
		return b.Why + after(": ", b.Detail), nil
	case event.Leftovers:
		return fmt.Sprintf("%d", len(b.Names)), b.Names
	case event.ReportFailed:
		return b.Path + ": " + b.Err, nil
	case event.RunFinished:
		return b.Line, nil
	default:
		return loggedJob(b)
	}
}

func loggedJob(b event.Body) (line string, blocks []string) {
	switch b := b.(type) {
	case event.JobStarted:
		return fmt.Sprintf("%s attempt %d of %s in %s, %s, %s: %s", b.Job, b.Attempt, b.Tool, b.Dir, plural(b.Share, "core slot"), b.Fidelity, quoteAll(b.Argv)), nil
	case event.TestsCollected:
		for _, t := range b.Tests {
			blocks = append(blocks, t.ID)
		}
		return fmt.Sprintf("%s %s", b.Job, plural(len(b.Tests), "test")), blocks
	case event.TestsDeselected:
		return fmt.Sprintf("%s %s", b.Job, plural(b.Count, "test")), nil
	case event.TestStarted:
		return b.Job + " " + b.Test.ID, nil
	case event.TestOutput:
		return b.Job + " " + b.Test, []string{b.Text}
	case event.TestFinished:
		line = fmt.Sprintf("%s %s %s %s%s%s%s", b.Job, b.Outcome, b.Test.ID, micros(b.Micros), after(" ", b.Type), after(": ", b.Message), after("; note: ", b.Note))
		return line, []string{b.Detail, b.Output}
	case event.CollectionFailed:
		return fmt.Sprintf("%s %s:%d:%d %s: %s", b.Job, b.Path, b.Line, b.Column, b.Reason, b.Message), []string{b.Detail}
	case event.JobOutput:
		return b.Job + " " + b.Stream, []string{b.Text}
	case event.JobStalled:
		blocks = append(blocks, "open tests: "+strings.Join(b.Tests, ", "), b.Tail)
		blocks = append(append(blocks, b.Tree...), b.Stacks, b.Ask)
		return fmt.Sprintf("%s %s, idle for %s", b.Job, b.Why, Duration(time.Duration(b.IdleMS)*time.Millisecond)), blocks
	case event.JobFinished:
		line = fmt.Sprintf("%s %s, exit %d%s after %s, %d KB%s", b.Job, b.Cause, b.Exit, after(" ", b.Signal), micros(b.Micros), b.MaxRSSKB, after(": ", b.Problem))
		if b.Again {
			line += "; the rest follows in another attempt"
		}
		for _, o := range b.Orphans {
			blocks = append(blocks, "outlived the job and was ended: "+o)
		}
		return line, append(blocks, b.Detail)
	default:
		panic(fmt.Sprintf("runner.log does not know events of kind %q", b.Kind()))
	}
}

func micros(us int64) string { return (time.Duration(us) * time.Microsecond).String() }

// after is text behind a lead, or nothing where there is no text.
func after(lead, text string) string {
	if text == "" {
		return ""
	}
	return lead + text
}

func reasonText(r event.Reason) string {
	if r == (event.Reason{}) {
		return ""
	}
	return fmt.Sprintf(" (%s%s%s)", r.Code, after(": ", r.Text), after("; mend: ", r.Remedy))
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = event.ShellQuote(w)
	}
	return strings.Join(quoted, " ")
}
