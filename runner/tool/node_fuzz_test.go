package tool_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"
	"testing/fstest"

	"testrunner/report/event"
	"testrunner/runner/tool"
)

// Whatever stands in the channel: no panic, no more events than lines can mean, and no good end without an end line.
func FuzzNodeStream(f *testing.F) {
	recordings, err := filepath.Glob(filepath.Join(nodeRoot, "*", "recorded.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range recordings {
		if filepath.Base(filepath.Dir(file)) == "output-10mb" {
			continue // no more to learn from, and slow
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
		f.Add(stream, 1, false)
	}
	f.Add([]byte(`{"k":"launcher","run":"j#1","node":"20"}`+"\n"+`{"k":"file-end","file":"/r/a.test.js"}`), 0, true)
	f.Fuzz(func(t *testing.T, stream []byte, code int, debug bool) {
		target := tool.Target{Root: nodeRecordedRoot, Job: "unit/node:.", Files: []string{"bad.test.js", "healthy.test.js"}, Scratch: nodeRecordedScratch, Attempt: 1, Debug: debug}
		events := 0
		d := tool.Node{}.Decode(target, func(event.Body) { events++ })
		lines := 0
		for line := range bytes.Lines(stream) {
			lines++
			d.Line(bytes.TrimSuffix(line, []byte("\n")))
		}
		c := d.End(tool.Exit{Code: code})
		if c.Cause == "" {
			t.Error("a conclusion without a cause")
		}
		if c.Cause == event.Done && !bytes.Contains(stream, []byte("end")) && !debug {
			t.Error("done without an end line")
		}
		if events > 3*lines+100 {
			t.Errorf("%d events of %d lines", events, lines)
		}
	})
}

// Whatever stands in a manifest: discovery never fails as a whole.
func FuzzNodeManifest(f *testing.F) {
	f.Add(`{"scripts":{"test":"NODE_ENV=x c8 -r text node --import ./a.mjs --test 'test/**/*.js' \"b c\" 2>&1 | tee x"}}`, "packages:\n  - 'a/*' # x\n")
	f.Add(`{"workspaces":{"packages":["a","!b"]},"scripts":{"test":"run-s test:*","test:unit":"npm test -w a","test:e2e":"node --test {a,b}/@(x|y)*[!z]?.js"}}`, "packages: [a, b]")
	f.Fuzz(func(t *testing.T, manifest, workspaces string) {
		files := fstest.MapFS{
			"package.json": {Data: []byte(manifest)}, "pnpm-workspace.yaml": {Data: []byte(workspaces)},
			"a/package.json": {Data: []byte(manifest)}, "a/x.test.js": {Data: []byte("require('node:test')")},
		}
		seen := map[string]bool{}
		for _, p := range (tool.Node{}).Discover(tool.Tree{Root: "/r", FS: files, Files: []string{"a/package.json", "a/x.test.js", "package.json", "pnpm-workspace.yaml"}}) {
			for _, file := range p.Files {
				if seen[file.Path] {
					t.Errorf("%s belongs to two projects", file.Path)
				}
				seen[file.Path] = true
			}
		}
	})
}
