// Command stream measures how fast a stream of go test events is read, and with how much memory. scripts/bench runs it.
//
//	stream generate N FILE   writes a stream of N events, as go test -json tells a healthy run
//	stream testjson FILE     reads it with gotestsum's scanner, whose Execution is its ledger
//	stream ledger FILE       reads it with runner's decoder and ledger
//	stream disk FILE DIR     the same, with events.jsonl and junit.xml written into DIR
//
// Each reading prints one line of JSON: events a second, tests, and the heap that its ledger holds at the end, in bytes.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"gotest.tools/gotestsum/testjson"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/junit"
	"testrunner/runner/process"
	"testrunner/runner/tool"
)

const testsPerPackage, eventsPerTest = 500, 5

func main() {
	debug.SetGCPercent(35) // as cmd/runner does
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "generate":
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return generate(n, args[2])
	case len(args) == 2 && args[0] == "testjson":
		return measured(args[1], readTestjson)
	case len(args) == 2 && args[0] == "ledger":
		return measured(args[1], func(r *os.File) (any, int, error) { return readOurs(r, "") })
	case len(args) == 3 && args[0] == "disk":
		return measured(args[1], func(r *os.File) (any, int, error) { return readOurs(r, args[2]) })
	default:
		return errors.New("usage: stream generate N FILE | testjson FILE | ledger FILE | disk FILE DIR")
	}
}

// generate writes the stream, and beside it the module that it tells of, as far as the decoder looks for one.
func generate(events int, path string) error {
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "go.mod"), []byte("module example.com/x\n\ngo 1.26\n"), 0o600); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	const at = `{"Time":"2026-11-22T03:01:46.728128959Z","Action":"`
	tests := events / eventsPerTest
	for i := range tests {
		pkg, test := fmt.Sprintf("example.com/x/pkg%d", i/testsPerPackage), fmt.Sprintf("TestSomething%d", i%testsPerPackage)
		if i%testsPerPackage == 0 {
			fmt.Fprintf(w, at+"start\",\"Package\":%q}\n", pkg)
		}
		for _, part := range []string{
			`run","Package":%q,"Test":%q}`,
			`output","Package":%q,"Test":%q,"Output":"=== RUN   TestSomething\n"}`,
			`output","Package":%q,"Test":%q,"Output":"    some_test.go:12: a line of the log, of the usual length\n"}`,
			`output","Package":%q,"Test":%q,"Output":"--- PASS: TestSomething (0.00s)\n"}`,
			`pass","Package":%q,"Test":%q,"Elapsed":0.01}`,
		} {
			fmt.Fprintf(w, at+part+"\n", pkg, test)
		}
		if i%testsPerPackage == testsPerPackage-1 || i == tests-1 {
			fmt.Fprintf(w, at+"pass\",\"Package\":%q,\"Elapsed\":1.5}\n", pkg)
		}
	}
	return errors.Join(w.Flush(), file.Close())
}

// measured reads the stream once and prints the figures. What read returns is kept until the heap was measured.
func measured(path string, read func(*os.File) (kept any, tests int, err error)) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	before := heap()
	begun := time.Now()
	kept, tests, err := read(file)
	took := time.Since(begun)
	if err != nil {
		return err
	}
	held := heap() - before
	runtime.KeepAlive(kept)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"tests": tests, "events": tests * eventsPerTest, "seconds": took.Seconds(), "ledger": held})
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func readTestjson(r *os.File) (any, int, error) {
	ex, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: r})
	if err != nil {
		return nil, 0, err
	}
	return ex, ex.Total(), nil
}

// maxLine is the longest line that a run takes from a tool, in bytes: runner/channel.go.
const maxLine = 4 << 20

func readOurs(r *os.File, dir string) (any, int, error) {
	ledger := report.NewLedger()
	stream := report.NewStream(time.Now, func(text string) string { return text })
	if dir != "" {
		events, err := report.CreateJSONL(filepath.Join(dir, "events.jsonl"))
		if err != nil {
			return nil, 0, err
		}
		defer events.Close()
		stream.Add(events, "events.jsonl")
	}
	stream.Add(ledger, "ledger")
	stream.Emit(event.RunStarted{Version: event.Version, Run: "bench", Root: os.TempDir()})
	stream.Emit(event.Planned{Categories: []event.PlannedCategory{{Name: "unit", Suites: []string{"go"}, Jobs: 1}}})
	const job = "unit/go"
	stream.Emit(event.JobStarted{Job: job, Category: "unit", Suite: "go", Tool: "go", Fidelity: event.Real, Dir: ".", Share: 1, Attempt: 1})
	target := tool.Target{Root: filepath.Dir(r.Name()), Dir: ".", Job: job, Category: "unit", Suite: "go"}
	for i := range 400 {
		target.Beside = append(target.Beside, fmt.Sprintf("pkg%d", i))
	}
	decoder := tool.Go{}.Decode(target, stream.Emit)
	lines := process.NewLineWriter(maxLine, decoder.Line)
	if _, err := io.Copy(lines, r); err != nil {
		return nil, 0, err
	}
	lines.Flush()
	conclusion := decoder.End(tool.Exit{})
	if conclusion.Cause != event.Done {
		return nil, 0, fmt.Errorf("the stream is %s: %s", conclusion.Cause, conclusion.Problem)
	}
	stream.Emit(event.JobFinished{Job: job, Cause: conclusion.Cause, Problem: conclusion.Problem})
	debug.SetGCPercent(10) // as cmd/runner does at the end of a run
	summary := ledger.Summary()
	if dir != "" {
		file := junit.NewFile(filepath.Join(dir, "junit.xml"), junit.Common)
		if err := file.Close(summary); err != nil {
			return nil, 0, err
		}
	}
	return ledger, summary.Counts.Expected(), nil
}
