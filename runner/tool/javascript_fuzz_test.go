package tool_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// Whatever stands in the channel of a tool whose reporter is ours: no panic, no more events than lines can mean, and no good end without
// an end line, but for a tool that told nothing and runs once more.
func FuzzJavaScriptStream(f *testing.F) {
	tools := []tool.Tool{tool.Jest{}, tool.Vitest{}, tool.Mocha{}, tool.Playwright{}}
	for which, each := range tools {
		recordings, err := filepath.Glob(filepath.Join("testdata", each.Name(), "*", "recorded.jsonl"))
		if err != nil {
			f.Fatal(err)
		}
		for n, file := range recordings {
			if n%4 != 0 || filepath.Base(filepath.Dir(file)) == "output-10mb" {
				continue // the rest has no more to teach, and each seed is run first
			}
			var stream []byte
			for line := range bytes.Lines(mustRead(f, file)) {
				var r nodeLine
				if err := json.Unmarshal(line, &r); err != nil {
					f.Fatal(err)
				}
				if r.Line != nil {
					stream = append(append(stream, r.Line...), '\n')
				}
			}
			f.Add(stream, uint8(which), 1)
		}
	}
	f.Add([]byte(`{"p":1,"k":"start","files":["/recorded/root/a.test.js"]}`+"\n"+`{"p":1,"k":"done","f":"/recorded/root/a.test.js"}`), uint8(0), 0)
	f.Fuzz(func(t *testing.T, stream []byte, which uint8, code int) {
		adapter := tools[int(which)%len(tools)]
		target := tool.Target{
			Root: "/recorded/root", Dir: ".", Job: "unit/" + adapter.Name() + ":.--", Files: []string{"a.test.js", "healthy.test.js"},
			Whole: true, Args: []string{"--"}, Scratch: "/recorded/scratch", Attempt: 1,
		}
		events, lines := 0, 0
		d := adapter.Decode(target, func(event.Body) { events++ })
		for line := range bytes.Lines(stream) {
			lines++
			d.Line(bytes.TrimSuffix(line, []byte("\n")))
		}
		c := d.End(tool.Exit{Code: code})
		if c.Cause == "" {
			t.Error("a conclusion without a cause")
		}
		if c.Cause == event.Done && c.Again == nil && !bytes.Contains(stream, []byte("end")) {
			t.Error("done without an end line")
		}
		if events > len(stream)+100 { // one line may name many tests
			t.Errorf("%d events of %d bytes in %d lines", events, len(stream), lines)
		}
	})
}

// Whatever stands in a report: no panic, no result of a file that the job does not run, and a status that is not 0 is never a good end
// without anything bad.
func FuzzJavaScriptReport(f *testing.F) {
	f.Add([]byte(`{"numTotalTests":2,"testResults":[{"name":"/recorded/root/a.test.js","message":"","assertionResults":[
{"ancestorTitles":["s"],"title":"t","status":"passed","failureMessages":["Error: first"]},{"ancestorTitles":["s"],"title":"t","status":"unfinished"}]}]}`), uint8(0), 1)
	f.Add([]byte(`{"testResults":[{"name":"/recorded/root/a.test.js","message":"SyntaxError: x"}],"errorMessages":["Error: late"]}`), uint8(1), 0)
	f.Fuzz(func(t *testing.T, text []byte, which uint8, code int) {
		adapter := []tool.Tool{tool.Jest{}, tool.Vitest{}}[int(which)%2]
		target := tool.Target{
			Root: "/recorded/root", Dir: ".", Job: "unit/x:.", Files: []string{"a.test.js"}, Program: "node\nx\nreport 1.0.0", Scratch: t.TempDir(), Attempt: 1,
		}
		nodeWrite(t, filepath.Join(target.Scratch, "report.json"), string(text))
		bad := false
		c := adapter.Decode(target, func(b event.Body) {
			switch e := b.(type) {
			case event.TestFinished:
				bad = bad || e.Outcome != event.Passed && e.Outcome != event.Skipped
				if file, _ := event.SplitID(e.Test.ID); file != "a.test.js" {
					t.Errorf("a result of %q", e.Test.ID)
				}
			case event.CollectionFailed:
				bad = true
			case event.TestsDeselected:
				t.Error("nothing was selected")
			}
		}).End(tool.Exit{Code: code})
		others := bytes.Contains(text, []byte("assertionResults"))
		if c.Cause == "" || c.Cause == event.Done && code != 0 && !bad && !others {
			t.Errorf("%s after status %d with nothing bad", c.Cause, code)
		}
	})
}
