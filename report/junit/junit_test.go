package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"testrunner/report"
	"testrunner/report/event"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// everything is the Summary of the stream that package report's own tests saved: one event of each kind.
func everything(t *testing.T) report.Summary {
	t.Helper()
	f, err := os.Open("../testdata/everything.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := report.Render(f)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (rewrite it with -update, and read it):\n%s", name, got)
	}
}

func render(t *testing.T, s report.Summary, d Dialect) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, s, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBothDialects(t *testing.T) {
	s := everything(t)
	for _, d := range []Dialect{Common, Strict} {
		golden(t, "everything-"+d.String()+".xml", render(t, s, d))
	}
}

// schema is junit-10.xsd, as far as it restricts what this package writes: the attributes and children of each element.
func schema() map[string]struct{ attrs, required, children []string } {
	type rule = struct{ attrs, required, children []string }
	words := strings.Fields
	return map[string]rule{
		"testsuites": {words("name time tests failures errors"), nil, words("testsuite")},
		"testsuite":  {words("name tests failures errors group time skipped timestamp hostname id package file log url"), words("name tests failures errors"), words("properties testcase system-out system-err")},
		"properties": {nil, nil, words("property")},
		"property":   {words("name value"), words("name value"), nil},
		"testcase":   {words("name time classname group"), words("name"), words("skipped error failure system-out system-err")},
		"skipped":    {words("type message"), nil, nil},
		"error":      {words("type message"), nil, nil},
		"failure":    {words("type message"), nil, nil},
		"system-out": {},
	}
}

func TestStrictDialectKeepsToTheSchema(t *testing.T) {
	rules := schema()
	d := xml.NewDecoder(bytes.NewReader(render(t, everything(t), Strict)))
	var path []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch k := token.(type) {
		case xml.StartElement:
			name := k.Name.Local
			rule, known := rules[name]
			if !known || len(path) > 0 && !slices.Contains(rules[path[len(path)-1]].children, name) {
				t.Errorf("%s may not stand in %v", name, path)
			}
			var attrs []string
			for _, a := range k.Attr {
				attrs = append(attrs, a.Name.Local)
				if !slices.Contains(rule.attrs, a.Name.Local) {
					t.Errorf("%s may not have the attribute %s", name, a.Name.Local)
				}
			}
			for _, r := range rule.required {
				if !slices.Contains(attrs, r) {
					t.Errorf("%s lacks the attribute %s", name, r)
				}
			}
			path = append(path, name)
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

func TestClean(t *testing.T) {
	tests := []struct{ name, in, out string }{
		{"plain", "a\tb\r\nc", "a\tb\r\nc"},
		{"colours", "\x1b[1;31mred\x1b[0m \x1b[38;5;12mblue\x1b[m", "red blue"},
		{"cursor", "\x1b[2J\x1b[10;20Hhere\x1b[?25l", "here"},
		{"title and link", "\x1b]0;my title\aa \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "a link"},
		{"short sequences", "\x1b(Ba\x1b7b\x1bMc", "abc"},
		{"a lone escape", "a\x1b", "a\uFFFD"},
		{"an unfinished colour", "a\x1b[31", "a\uFFFD[31"},
		{"an unfinished title keeps its text", "\x1b]0;says\nmore", "\uFFFD]0;says\nmore"},
		{"controls", "a\x00b\x08c\x0bd\x7f", "a\uFFFDb\uFFFDc\uFFFDd\x7f"},
		{"what XML forbids beyond", "\ufffe\uffff", "\uFFFD\uFFFD"},
		{"bad bytes", "a\xffb\xc3", "a\uFFFDb\uFFFD"},
		{"a surrogate in UTF-8", "\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"emoji", "🚀 é 漢", "🚀 é 漢"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if got := clean(c.in, capText); got != c.out {
				t.Errorf("%q, want %q", got, c.out)
			}
		})
	}
	long := clean(strings.Repeat("é", 100_000)+"end", capText)
	if len(long) > capText+100 || !strings.HasSuffix(long, "end") || !strings.Contains(long, "left out") || !utf8.ValidString(long) {
		t.Errorf("a long text has %d bytes and ends with %q", len(long), long[len(long)-10:])
	}
}

func TestWhateverIsPrintedIsLegal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		s := oneCase(report.Case{
			Test: event.Test{Name: text, Class: text, File: text}, Outcome: event.Failed,
			Type: text, Message: text, Detail: text, Output: text, Note: text, Rerun: text,
		})
		var b bytes.Buffer
		if err := Write(&b, s, Common); err != nil {
			t.Fatal(err)
		}
		var root struct {
			Inner string `xml:",innerxml"`
		}
		if err := xml.Unmarshal(b.Bytes(), &root); err != nil {
			t.Fatalf("%v in %q", err, b.String())
		}
		if strings.Contains(b.String(), "\x1b") || strings.Contains(b.String(), "]]>") {
			t.Fatalf("%q", b.String())
		}
	})
}

// oneCase is a Summary of the given cases in one suite.
func oneCase(cases ...report.Case) report.Summary {
	var n report.Counts
	for _, c := range cases {
		switch c.Outcome {
		case event.Passed:
			n.Passed++
		case event.Failed:
			n.Failed++
		case event.Errored:
			n.Errored++
		case event.Skipped:
			n.Skipped++
		case event.NotRan:
			n.NotRun++
		}
	}
	return report.Summary{
		Start: time.Date(2026, 11, 22, 0, 31, 55, 0, time.UTC), Counts: n,
		Categories: []report.Category{{Name: "unit", Counts: n, Suites: []report.Suite{{Name: "go", Cases: cases, Counts: n}}}},
	}
}

func named(names ...string) []report.Case {
	var cases []report.Case
	for _, n := range names {
		cases = append(cases, report.Case{Test: event.Test{Name: n, Class: "c"}, Outcome: event.Passed})
	}
	return cases
}

func TestNamesAreUnique(t *testing.T) {
	tests := []struct{ in, want []string }{
		{[]string{"a", "b"}, []string{"a", "b"}},
		{[]string{"a", "a", "b", "a"}, []string{"a", "a [2]", "b", "a [3]"}},
		{[]string{"a", "a [2]", "a"}, []string{"a", "a [2]", "a [3]"}},
		{[]string{"a", "a", "a [2]", "a [2]"}, []string{"a", "a [3]", "a [2]", "a [2] [2]"}},
		{[]string{"x\x00", "x\x01"}, []string{"x\uFFFD", "x\uFFFD [2]"}},
		{[]string{"", "\x1b[0m"}, []string{"(no name)", "(no name) [2]"}},
	}
	for _, c := range tests {
		var got []string
		for _, e := range compose(oneCase(named(c.in...)...)).suites[0].entries {
			got = append(got, e.fullName())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q became %q, want %q", c.in, got, c.want)
		}
	}
}

func TestReportThatContradictsTheLedgerIsNotWritten(t *testing.T) {
	s := oneCase(named("a", "b")...)
	s.Counts.Passed = 3
	path := filepath.Join(t.TempDir(), "junit.xml")
	if err := WriteFile(path, s, Common); err == nil || !strings.Contains(err.Error(), "the ledger says") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was written: %v", err)
	}
}

func TestFailedWriteLeavesTheOldReportAndNoScraps(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "junit.xml")
	if err := os.Mkdir(path, 0o755); err != nil { // a folder can't be renamed over
		t.Fatal(err)
	}
	if err := WriteFile(path, oneCase(named("a")...), Common); err == nil {
		t.Error("no error")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

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
		c := report.Case{Test: event.Test{ID: fmt.Sprintf("a.py::t%d", i), Name: fmt.Sprintf("t%03d", i), Class: "a", File: "a.py"}, Outcome: event.Passed, Elapsed: time.Second}
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
	for i, b := range bodies {
		if err := f.Handle(event.Event{Seq: int64(i + 1), At: time.Date(2026, 11, 22, 0, 31, 55, 0, time.UTC), Body: b}); err != nil {
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

func TestParseDialect(t *testing.T) {
	for _, d := range []Dialect{Common, Strict} {
		if got, err := ParseDialect(d.String()); got != d || err != nil {
			t.Errorf("%q: %q, %v", d, got, err)
		}
	}
	if _, err := ParseDialect("jenkins"); err == nil || !strings.Contains(err.Error(), `"common" or "strict"`) {
		t.Errorf("%v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	var cases []report.Case
	for i := range 10_000 {
		id := fmt.Sprintf("internal/p/file_test.go::TestSomething/case_%d", i)
		cases = append(cases, report.Case{Test: event.Test{ID: id, Name: id[26:], Class: "example.com/p", File: "internal/p/file_test.go", Line: 7}, Outcome: event.Passed, Rerun: "runner " + id})
	}
	s := oneCase(cases...)
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, s, Common); err != nil {
			b.Fatal(err)
		}
	}
}
