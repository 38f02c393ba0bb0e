package cargodrive

import (
	"encoding/json"
	"fmt"
	"time"
)

// Kind says what a record is about, and so which of its fields are set.
type Kind string

// The kinds, in the order in which they come. A whole stream begins with Start and ends with End.
const (
	Start    Kind = "start"    // Run
	Stage    Kind = "stage"    // cargo is asked for something: Text, the command. Unless More, what earlier ones said of targets counts no more
	Failed   Kind = "failed"   // cargo refused or could not read the workspace: Text (stderr), Code, Signal
	Target   Kind = "target"   // a wanted target: Src, Package, Type, Target, Needs, Docs
	Message  Kind = "message"  // the compiler about a target: Src, Package, Type, Level, Text, Detail, File, Line, Column
	Progress Kind = "progress" // a line that cargo itself printed: Text. It is a sign of life and nothing else
	Built    Kind = "built"    // an executable or library of a wanted source: Src, Package, Type, Runs
	Finished Kind = "finished" // cargo has built what it could: Code, Signal, Text (stderr)
	List     Kind = "list"     // the tests of an executable: Exe, Src, Package, Type, Own, Names; those chosen: Only. Code, Signal, Text where it failed
	Begin    Kind = "begin"    // a process of an executable: Exe, Only, Threads, Apart
	Out      Kind = "out"      // a line that it printed: Exe, Stream, Text
	Exit     Kind = "exit"     // its end: Exe, Code, Signal, Left
	Over     Kind = "over"     // no further process of the executable: Exe
	Fault    Kind = "fault"    // the driver can't go on: Text
	End      Kind = "end"
)

// The types of targets, as cargo names them, and the documentation tests of a library.
const (
	Doc  = "doc"
	Lib  = "lib"
	Bin  = "bin"
	Test = "test"
)

// Record is one line of the channel.
type Record struct {
	Kind    Kind     `json:"k"`
	Millis  int64    `json:"ms"` // since the start
	Run     string   `json:"run,omitempty"`
	Src     string   `json:"src,omitempty"` // relative to the workspace's folder, forward slashes
	Package string   `json:"package,omitempty"`
	Type    string   `json:"type,omitempty"` // lib, bin, test, example, bench, doc, custom-build
	Target  string   `json:"target,omitempty"`
	Needs   []string `json:"needs,omitempty"` // required features
	Level   string   `json:"level,omitempty"`
	Text    string   `json:"text,omitempty"`
	Detail  string   `json:"detail,omitempty"`
	File    string   `json:"file,omitempty"` // relative to the workspace's folder
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`
	Exe     int      `json:"exe,omitempty"`
	Names   []string `json:"names,omitempty"`
	Owners  []string `json:"owners,omitempty"` // of documentation tests: the source of the library, for each of Names
	Only    []string `json:"only,omitzero"`    // nil with Begin: all that the executable lists
	Runs    bool     `json:"runs,omitempty"`   // it will be started
	More    bool     `json:"more,omitempty"`
	Docs    bool     `json:"docs,omitempty"` // a library whose documentation holds tests, if there are any
	Own     bool     `json:"own,omitempty"`  // a main function of its own: nothing was listed
	Threads int      `json:"threads,omitempty"`
	Apart   bool     `json:"apart,omitempty"` // once more and alone, since its process died with others
	Stream  string   `json:"stream,omitempty"`
	Code    int      `json:"code,omitempty"`
	Signal  string   `json:"signal,omitempty"`
	Left    []string `json:"left,omitempty"` // processes that outlived it and were ended
}

// tell appends a record, in one write.
func (d *driver) tell(r Record) {
	r.Millis = time.Since(d.begun).Milliseconds()
	line, err := json.Marshal(r)
	d.gate.Lock() // a program's two streams are read side by side
	defer d.gate.Unlock()
	if err == nil {
		_, err = d.channel.Write(append(line, '\n'))
	}
	if err != nil && d.failed == nil {
		d.failed = fmt.Errorf("write the channel: %w", err)
	}
}
