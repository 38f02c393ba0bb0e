package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"testrunner/report"
	"testrunner/report/event"
)

type parsed struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
	Suites   []struct {
		Name  string `xml:"name,attr"`
		Time  string `xml:"time,attr"`
		Props []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []struct {
			Name string `xml:"name,attr"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func parse(t *testing.T, path string) (p parsed) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(b, &p); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return p
}

func TestLargeReportIsSplit(t *testing.T) {
	var cases []report.Case
	for i := range 500 {
		c := report.Case{Test: event.Test{ID: fmt.Sprintf("a.py::t%d", i), Name: fmt.Sprintf("t%03d", i), Class: "a", File: "a.py"}, Outcome: event.Passed, Elapsed: time.Second, Trouble: &report.Trouble{Command: "runner a.py"}}
		if i == 400 {
			c.Outcome, c.Message = event.Failed, "no"
		}
		cases = append(cases, c)
	}
	s := oneCase(cases...)
	dir := t.TempDir()
	path := filepath.Join(dir, "junit.xml")
	foreign := filepath.Join(dir, "junit-007.xml")
	if err := os.WriteFile(foreign, []byte("<testsuites/>"), 0o644); err != nil {
		t.Fatal(err)
	}
	b := bounds{bytes: 20_000, nodes: 1000}
	paths, err := writeFiles(path, s, Common, b)
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) < 4 || paths[0] != path || paths[1] != filepath.Join(dir, "junit-002.xml") {
		t.Fatalf("written to %v", paths)
	}
	var sum report.Totals
	seen, timed := map[string]bool{}, 0
	for i, p := range paths {
		doc := parse(t, p)
		if info, err := os.Stat(p); err != nil || info.Size() > int64(b.bytes) {
			t.Errorf("%s: %v, %d bytes", p, err, info.Size())
		}
		sum.Tests += doc.Tests
		sum.Failures += doc.Failures
		if i == 0 && doc.Failures != 1 {
			t.Errorf("the first file has %d failures: a reader of it alone would see green", doc.Failures)
		}
		for _, suite := range doc.Suites {
			if suite.Time != "0.000" {
				timed++
			}
			names := []string{}
			for _, c := range suite.Cases {
				seen[c.Name] = true
				names = append(names, c.Name)
			}
			if !slices.IsSorted(names) {
				t.Errorf("%s is not sorted", p)
			}
			if part := fmt.Sprintf("%d of %d", i+1, len(paths)); !slices.ContainsFunc(suite.Props, func(p struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			}) bool {
				return p.Name == "runner.part" && p.Value == part
			}) {
				t.Errorf("%s does not say that it is %s", p, part)
			}
		}
	}
	if sum.Tests != 500 || sum.Failures != 1 || len(seen) != 500 || timed != 1 {
		t.Errorf("the files have %+v, %d names, %d of them bear the time", sum, len(seen), timed)
	}
	again, err := writeFiles(path, s, Common, fileBounds())
	if err != nil || len(again) != 1 {
		t.Fatalf("%v %v", again, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); !slices.Equal(left, []string{foreign, path}) {
		t.Errorf("after a smaller report there are %v", left)
	}
}

func TestBoundsCountElementsAndAttributes(t *testing.T) {
	text := render(t, everything(t), Common)
	d, n := xml.NewDecoder(bytes.NewReader(text)), 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if k, ok := token.(xml.StartElement); ok {
			n += 1 + len(k.Attr)
		}
	}
	if got := compose(everything(t)).measure(Common); got.nodes != n || got.bytes != len(text) {
		t.Errorf("measured %+v, it is %d nodes and %d bytes", got, n, len(text))
	}
}

func handle(t *testing.T, f *File, bodies ...event.Body) {
	t.Helper()
	for _, b := range bodies {
		if err := f.Handle(event.Event{At: time.Date(2026, 11, 22, 0, 31, 55, 0, time.UTC), Body: b}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoStaleReportIsLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "junit.xml")
	green := oneCase(named("a")...)
	for _, p := range []string{path, filepath.Join(dir, "junit-002.xml")} {
		if err := WriteFile(p, green, Common); err != nil {
			t.Fatal(err)
		}
	}
	f := NewFile(path, Common)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("making the sink touched the report: %v", err)
	}
	handle(t, f, event.RunStarted{Version: 1, Host: "ci-1"})
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("after the start there are %v", left)
	}
	handle(t, f, event.Planned{Categories: []event.PlannedCategory{{Name: "unit", Suites: []string{"go", "pytest"}, Jobs: 2}, {Name: "e2e", Accepted: "--no-docker", Suites: []string{"node"}}}})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "unfinished.xml", text)
	handle(t, f, event.TestFinished{Job: "unit/go", Test: event.Test{ID: "a.go::A"}, Outcome: event.Passed})
	if now, _ := os.ReadFile(path); !bytes.Equal(now, text) {
		t.Error("a result changed the report before the end")
	}
	if err := f.Close(green); err != nil {
		t.Fatal(err)
	}
	if doc := parse(t, path); doc.Tests != 1 || doc.Errors != 0 || !slices.Equal(f.Paths(), []string{path}) {
		t.Errorf("%+v in %v", doc, f.Paths())
	}
}

func TestRunWithoutAPlanStillHasAReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "junit.xml")
	f := NewFile(path, Strict)
	handle(t, f, event.RunStarted{Version: 1})
	l := report.NewLedger()
	if err := f.Close(l.Summary()); err != nil {
		t.Fatal(err)
	}
	if doc := parse(t, path); doc.Tests != 0 || len(doc.Suites) != 1 || doc.Suites[0].Name != "runner" {
		t.Errorf("%+v", doc)
	}
}
