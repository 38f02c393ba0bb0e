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
			Trouble: &report.Trouble{Type: text, Message: text, Detail: text, Output: text, Note: text, Command: text},
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
		cases = append(cases, report.Case{Test: event.Test{Name: n, Class: "c"}, Outcome: event.Passed, Trouble: &report.Trouble{}})
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
		cases = append(cases, report.Case{Test: event.Test{ID: id, Name: id[26:], Class: "example.com/p", File: "internal/p/file_test.go", Line: 7}, Outcome: event.Passed, Trouble: &report.Trouble{Command: "runner " + id}})
	}
	s := oneCase(cases...)
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, s, Common); err != nil {
			b.Fatal(err)
		}
	}
}
