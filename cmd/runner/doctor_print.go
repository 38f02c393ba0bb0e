package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/report/terminal"
	"testrunner/report/text"
)

// print shows the table, worst last, and below it what a run would make of it. The last line says whether this machine is ready.
func (saw checkup) print(w World, o doctorOptions) error {
	width, isTerminal := screenOf(w)
	if err := terminal.Findings(w.Stdout, saw.findings, width(), o.color && isTerminal); err != nil {
		return err
	}
	var b bytes.Buffer
	say := func(format string, args ...any) {
		for _, line := range broken(text.Line(fmt.Sprintf(format, args...)), width()-1) {
			fmt.Fprintln(&b, line)
		}
	}
	b.WriteByte('\n')
	for _, note := range saw.notes {
		say("%s", note)
	}
	if saw.decided {
		say("a run would use mode %s: %s", saw.decision.Mode, strings.Join(saw.decision.Why, "; "))
		for _, a := range saw.refused() {
			say("not run: %s: %s", a.Category, a.Reason.Text)
			if a.Reason.Remedy != "" {
				fmt.Fprintf(&b, "  try: %s\n", text.Line(a.Reason.Remedy)) // whole: somebody will copy it
			}
		}
	}
	word := "ready"
	if saw.code() != 0 {
		word = "not ready"
	}
	fmt.Fprintf(&b, "%s (%d)  %s\n", word, saw.code(), saw.counts())
	_, err := w.Stdout.Write(b.Bytes())
	return err
}

// refused are the categories that a run would not run whole, with why.
func (saw checkup) refused() []event.Admission {
	if !saw.decided {
		return nil
	}
	return slices.DeleteFunc(saw.decision.Categories(), func(a event.Admission) bool { return a.Admitted && !a.Part || a.LeftOut })
}

// counts are the findings by status, worst first.
func (saw checkup) counts() string {
	var words []string
	for _, s := range []struct {
		status    event.Status
		one, more string
	}{{event.Fail, "failure", "failures"}, {event.Unknown, "unknown", "unknown"}, {event.Warn, "warning", "warnings"}, {event.OK, "ok", "ok"}} {
		n := 0
		for _, f := range saw.findings {
			if f.Status == s.status {
				n++
			}
		}
		switch {
		case n == 1:
			words = append(words, "1 "+s.one)
		case n > 1 || s.status == event.OK:
			words = append(words, fmt.Sprintf("%d %s", n, s.more))
		}
	}
	return strings.Join(words, ", ")
}

// doctorVersion is the version of doctor's JSON. A field may be added without a new one; a field that changes its meaning may not.
const doctorVersion = 1

// doctorDocument is what `runner doctor --json` prints: docs/doctor.md has each field.
type doctorDocument struct {
	Version  int             `json:"version"`
	Runner   string          `json:"runner"`
	Ready    bool            `json:"ready"`
	Code     int             `json:"code"`
	Asked    string          `json:"asked"`
	Mode     string          `json:"mode,omitempty"`
	Why      []string        `json:"why,omitempty"`
	Millis   int64           `json:"ms"`
	Findings []event.Finding `json:"findings"`
	NotRun   []doctorNotRun  `json:"not_run"`
	Notes    []string        `json:"notes,omitempty"`
	Mended   *doctorMended   `json:"mended,omitempty"`
	Probe    *doctorProbe    `json:"probe,omitempty"`
}

type doctorNotRun struct {
	Category string       `json:"category"`
	Part     bool         `json:"part,omitempty"`
	Reason   event.Reason `json:"reason"`
}

type doctorMended struct {
	Steps   []string `json:"steps"`
	Stops   []string `json:"stops,omitempty"`
	Done    bool     `json:"done"`
	Slow    bool     `json:"slow,omitempty"`
	Refused string   `json:"refused,omitempty"`
	State   string   `json:"state"`
	Millis  int64    `json:"ms,omitempty"`
	Log     string   `json:"log,omitempty"`
}

func (saw checkup) document() doctorDocument {
	d := doctorDocument{
		Version: doctorVersion, Runner: Version, Code: saw.code(), Ready: saw.code() == 0, Asked: saw.asked.Env, Millis: saw.took.Milliseconds(),
		Findings: saw.findings, NotRun: []doctorNotRun{}, Notes: saw.notes,
	}
	if d.Asked == "" {
		d.Asked = "auto"
	}
	if d.Findings == nil {
		d.Findings = []event.Finding{}
	}
	if saw.decided {
		d.Mode, d.Why = string(saw.decision.Mode), saw.decision.Why
	}
	for _, a := range saw.refused() {
		d.NotRun = append(d.NotRun, doctorNotRun{Category: a.Category, Part: a.Part, Reason: a.Reason})
	}
	if m := saw.mended; m != nil {
		d.Mended = &doctorMended{
			Steps: append([]string{}, m.Steps...), Stops: m.Stops, Done: m.Done, Slow: m.Slow, Refused: m.Refused, State: string(m.State.Name),
			Millis: m.Took.Milliseconds(), Log: m.Log,
		}
	}
	if saw.trial != nil {
		d.Probe = saw.trial.document()
	}
	return d
}

func (saw checkup) writeJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(saw.document())
}
