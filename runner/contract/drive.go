package contract

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// Arg is the hidden first argument that makes runner try a contract; behind it stands the name of the file with the Settings.
const Arg = "__websocket"

// Settings is what a job that tries a contract is told.
type Settings struct {
	Contract Contract `json:"contract"` // with ${VARIABLE}s
	Cases    []string `json:"cases"`    // to be tried; none tries nothing
	Events   string   `json:"events"`   // absolute: the file that records are appended to
}

// Record is one line of the events: one of its parts is set.
type Record struct {
	Started string `json:"started,omitempty"`
	Ended   *Ended `json:"ended,omitempty"`
	Over    bool   `json:"over,omitempty"` // the last line
}

// Ended is the end of a case.
type Ended struct {
	Verdict
	Micros Micros `json:"us"`
}

// Drive tries what the settings in the file say and writes records. It returns whether everything held. An error is a fault of the
// machine's: what the server does wrong, and a variable that is not set, stand in the records.
func Drive(ctx context.Context, settings string, getenv func(string) string, out io.Writer) (bool, error) {
	text, err := os.ReadFile(settings)
	if err != nil {
		return false, fmt.Errorf("read the contract to try: %w", err)
	}
	var s Settings
	if err := json.Unmarshal(text, &s); err != nil {
		return false, fmt.Errorf("read the contract to try, %s: %w", settings, err)
	}
	file, err := os.OpenFile(s.Events, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return false, fmt.Errorf("write what became of the contract: %w", err)
	}
	defer file.Close()
	d := &drive{file: file, out: out, held: true}
	c, err := s.Contract.Expand(getenv)
	if err != nil {
		for _, name := range s.Cases {
			d.write(Record{Started: name})
			d.ended(Verdict{Case: name, Wrong: "not tried: " + err.Error()}, 0)
		}
		return false, d.over()
	}
	if s.Cases == nil {
		s.Cases = []string{}
	}
	_, err = Run(ctx, c, Options{Cases: s.Cases, Started: func(name string) { d.write(Record{Started: name}) }, Ended: d.ended})
	if err != nil {
		return false, err
	}
	return d.held, d.over()
}

// drive writes the records of one job. One write is one line, so that who reads along never sees half of one.
type drive struct {
	file   *os.File
	out    io.Writer
	held   bool
	failed error // the first write that did not work
}

func (d *drive) write(r Record) {
	text, err := json.Marshal(r)
	if err == nil {
		_, err = d.file.Write(append(text, '\n'))
	}
	if err != nil && d.failed == nil {
		d.failed = fmt.Errorf("write what became of the contract: %w", err)
	}
}

func (d *drive) over() error {
	d.write(Record{Over: true})
	return d.failed
}

// maxBroken bounds what is told of one case: with a thousand users that is enough to see what they have in common.
const maxBroken = 50

func (d *drive) ended(v Verdict, took Micros) {
	if len(v.Broken) > maxBroken {
		v.Broken = append(v.Broken[:maxBroken:maxBroken], fmt.Sprintf("… and %d more", len(v.Broken)-maxBroken))
	}
	word := "held"
	switch {
	case v.Wrong != "":
		word = "not judged: " + v.Wrong
	case len(v.Broken) > 0:
		word = "broken: " + v.Broken[0]
	}
	d.held = d.held && word == "held"
	fmt.Fprintln(d.out, strings.TrimRight(v.Case+" "+word+" "+v.Note, " "))
	d.write(Record{Ended: &Ended{v, took}})
}
