package tool

import (
	"bytes"

	"github.com/valyala/fastjson"
	"gotest.tools/gotestsum/testjson"
)

// The actions of a stream are those of gotestsum's testjson, and two that it has no constants for.
//
// Its ScanTestOutput is not used: it drops FailedBuild, so that a broken build looks like a failing TestMain; it turns
// every test that is open at the end into a failure, also where go only lost the line that says it passed (-bench, a
// last line of megabytes); it keeps the output of failing tests without a bound; and this decoder reads several times
// as many events a second (BenchmarkGoDecode, BenchmarkScanTestOutput).
const (
	goActionStart     testjson.Action = "start"
	goActionBuildFail testjson.Action = "build-fail"
)

// goLine is one line of the stream. Its bytes are the parser's own and valid until the next line.
type goLine struct {
	action      testjson.Action
	pkg, test   []byte
	output      []byte
	importPath  []byte
	failedBuild string
	seconds     float64
}

// goActions interns the actions: one of the few that are in every line.
func goAction(b []byte) testjson.Action {
	switch string(b) {
	case "output":
		return testjson.ActionOutput
	case "run":
		return testjson.ActionRun
	case "pass":
		return testjson.ActionPass
	case "fail":
		return testjson.ActionFail
	case "skip":
		return testjson.ActionSkip
	case "build-output":
		return testjson.ActionBuild
	default:
		return testjson.Action(b)
	}
}

// goReader reads lines; its zero value is ready.
type goReader struct {
	parser fastjson.Parser
	plain  []byte
}

// line reads one line; ok is false for what is no event.
func (r *goReader) line(line []byte) (e goLine, ok bool) {
	if line = bytes.TrimSpace(line); len(line) == 0 || line[0] != '{' {
		return e, false
	}
	if e, ok = r.fields(line); ok {
		return e, true
	}
	return r.parsed(line)
}

// parsed reads a line with a parser for all of JSON.
func (r *goReader) parsed(line []byte) (e goLine, ok bool) {
	v, err := r.parser.ParseBytes(line)
	if err != nil {
		return e, false
	}
	o, err := v.Object()
	if err != nil {
		return e, false
	}
	o.Visit(func(key []byte, v *fastjson.Value) {
		switch string(key) {
		case "Action":
			e.action = goAction(goText(v))
		case "Package":
			e.pkg = goText(v)
		case "Test":
			e.test = goText(v)
		case "Output":
			e.output = goText(v)
		case "ImportPath":
			e.importPath = goText(v)
		case "FailedBuild":
			e.failedBuild = string(goText(v))
		case "Elapsed":
			e.seconds, _ = v.Float64()
		}
	})
	return e, e.action != ""
}

func goText(v *fastjson.Value) []byte {
	b, err := v.StringBytes()
	if err != nil {
		return nil
	}
	return b
}
