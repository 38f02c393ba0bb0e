package tool

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/contract"
)

// WebSocket is the adapter of contracts of WebSockets: they stand in runner.yaml, and a job of one is runner's own program, which
// connects, sends, listens and judges. Its tests are the contract's cases.
type WebSocket struct {
	driver []string // the driver's command line up to the settings; nil is this program with contract.Arg
}

var _ Tool = WebSocket{}

// Name is "websocket".
func (WebSocket) Name() string { return "websocket" }

// Discover finds nothing: no file of a tree says what a WebSocket promises.
func (WebSocket) Discover(Tree) []Project { return nil }

// Cores is 1: a contract mostly waits.
func (WebSocket) Cores(Target) int { return 1 }

// Check finds nothing to complain of: the tool is runner itself.
func (WebSocket) Check(context.Context, Target, Host) Found { return Found{} }

// WebSocketPlace is the path of the IDs of a suite's tests: the suite's name, since a contract has no file of its own.
func WebSocketPlace(suite string) string {
	return path.Clean(strings.ReplaceAll(event.EscapeName(suite), "::", ":"))
}

// websocketSettings is the name of the driver's settings in Scratch.
const websocketSettings = "websocket.json"

// Command is the driver with its settings. The suite's name behind them is for whoever reads the command line.
func (w WebSocket) Command(t Target) (Command, error) {
	switch {
	case t.Contract == nil:
		return Command{}, fmt.Errorf("suite %s: tool websocket needs the key websocket in runner.yaml: what the WebSocket promises", t.Suite)
	case len(t.Args) > 0:
		return Command{}, fmt.Errorf("suite %s: tool websocket takes no arguments: what stands behind -- is for other tools", t.Suite)
	}
	cases, err := websocketCases(t)
	if err != nil {
		return Command{}, err
	}
	driver := w.driver
	if driver == nil {
		self, err := os.Executable()
		if err != nil {
			return Command{}, fmt.Errorf("suite %s: find runner's own program: %w", t.Suite, err)
		}
		driver = []string{self, contract.Arg}
	}
	text, err := json.MarshalIndent(contract.Settings{Contract: *t.Contract, Cases: cases, Events: filepath.Join(t.Scratch, EventsFile)}, "", "\t")
	if err != nil {
		return Command{}, fmt.Errorf("suite %s: write the contract: %w", t.Suite, err)
	}
	return Command{
		Argv:    append(slices.Clone(driver), filepath.Join(t.Scratch, websocketSettings), "--", t.Suite),
		Channel: HookFile, Files: map[string]string{websocketSettings: string(text)},
	}, nil
}

// websocketCases are the cases to try: those whose name matches the filter, and that were asked for.
func websocketCases(t Target) ([]string, error) {
	filter, err := regexp.Compile(t.Filter)
	if err != nil {
		return nil, fmt.Errorf("filter %q: %w", t.Filter, err)
	}
	out := []string{}
	for _, name := range t.Contract.Cases() {
		if filter.MatchString(name) && (len(t.Tests) == 0 || slices.Contains(t.Tests, websocketTest(t, name).ID)) {
			out = append(out, name)
		}
	}
	return out, nil
}

// websocketTest is the test of a case. Where it can be read, its file is where the contract stands.
func websocketTest(t Target, name string) event.Test {
	out := event.Test{ID: event.TestID(WebSocketPlace(t.Suite), name), Class: t.Suite, File: t.ContractFile, Line: t.ContractLine}
	if !strings.HasSuffix(out.ID, "::"+name) {
		out.Name = name
	}
	return out
}

// Decode tells at once which cases are expected.
func (WebSocket) Decode(t Target, emit event.Emit) Decoder {
	d := &websocketDecoder{t: t, emit: emit, open: map[string]bool{}}
	cases, err := websocketCases(t)
	if d.problem = err; err != nil {
		return d
	}
	tests := make([]event.Test, len(cases))
	for i, name := range cases {
		tests[i] = websocketTest(t, name)
	}
	if len(tests) > 0 {
		emit(event.TestsCollected{Job: t.Job, Tests: tests})
	}
	if left := len(t.Contract.Cases()) - len(cases); left > 0 {
		emit(event.TestsDeselected{Job: t.Job, Count: left})
	}
	return d
}

type websocketDecoder struct {
	t       Target
	emit    event.Emit
	problem error
	open    map[string]bool
	bad     int
	over    bool // the end-of-run word was said
}

// Line reads one record.
func (d *websocketDecoder) Line(line []byte) {
	var r contract.Record
	if json.Unmarshal(line, &r) != nil {
		return // what is no record is missing at the end
	}
	switch {
	case r.Over:
		d.over = true
	case r.Started != "":
		d.open[r.Started] = true
		d.emit(event.TestStarted{Job: d.t.Job, Test: websocketTest(d.t, r.Started)})
	case r.Ended != nil && d.open[r.Ended.Case]:
		delete(d.open, r.Ended.Case)
		d.finish(*r.Ended)
	}
}

func (d *websocketDecoder) finish(e contract.Ended) {
	f := event.TestFinished{
		Job: d.t.Job, Test: websocketTest(d.t, e.Case), Outcome: event.Passed, Micros: int64(e.Micros),
		Note: strings.Join(slices.DeleteFunc([]string{e.Warn, e.Note}, func(s string) bool { return s == "" }), "; "),
	}
	switch {
	case e.Wrong != "":
		f.Outcome, f.Type, f.Message = event.Errored, "NotJudged", event.FirstLine(e.Wrong)
	case len(e.Broken) > 0:
		f.Outcome, f.Type, f.Message = event.Failed, "ContractBroken", e.Broken[0]
		if len(e.Broken) > 1 {
			f.Detail = event.Capped(strings.Join(e.Broken, "\n"), event.Cap)
		}
	}
	if f.Outcome != event.Passed {
		d.bad++
	}
	d.emit(f)
}

// End concludes from the end-of-run word, the exit status, and the results.
func (d *websocketDecoder) End(exit Exit) Conclusion {
	c := Conclusion{Detail: junitJoin(exit.Stdout, exit.Stderr)}
	switch {
	case exit.Err != "":
		c.Cause, c.Problem = event.NotStarted, exit.Err
	case exit.Stopped != "":
		c.Cause, c.Problem = exit.Stopped, "the contract was not tried to its end"
	case d.problem != nil:
		c.Cause, c.Problem = event.BadUsage, d.problem.Error()
	case !d.over && exit.Code == 0:
		c.Cause, c.Problem = event.Vanished, "the trial of the contract ended with status 0 and without its last word"
	case !d.over:
		c.Cause, c.Problem = event.Crashed, "the trial of the contract ended without its last word"
	case (d.bad > 0) != (exit.Code != 0):
		c.Cause, c.Problem = event.Contradiction, fmt.Sprintf("the trial of the contract ended with status %d, and %s", exit.Code, goCount(d.bad, "case")+" did not hold")
	default:
		return Conclusion{Cause: event.Done}
	}
	return c
}
