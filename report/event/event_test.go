package event_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

// bodies is one of each kind, empty.
func bodies() []event.Body {
	return []event.Body{
		event.RunStarted{}, event.Found{}, event.ServiceChanged{}, event.ServiceLost{}, event.Decided{}, event.Planned{}, event.JobStarted{}, event.TestsCollected{},
		event.TestsDeselected{}, event.TestStarted{}, event.TestOutput{}, event.TestFinished{}, event.CollectionFailed{},
		event.JobOutput{}, event.JobStalled{}, event.JobFinished{}, event.NotRun{}, event.Noted{}, event.Logged{},
		event.Stopping{}, event.Leftovers{}, event.ReportFailed{}, event.RunFinished{},
	}
}

// TestBodiesAreAllOfThem reads the package: what has a method Kind is a body.
func TestBodiesAreAllOfThem(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "kinds.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared, listed []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Kind" {
			declared = append(declared, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	kinds := map[string]bool{}
	for _, b := range bodies() {
		listed = append(listed, reflect.TypeOf(b).Name())
		kinds[b.Kind()] = true
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if !slices.Equal(declared, listed) || len(kinds) != len(listed) {
		t.Errorf("declared %v\nlisted   %v\n%d different kinds", declared, listed, len(kinds))
	}
}

// keys are the texts that Map leaves alone, each with its reason. They are never what a user, a tool or the environment wrote
// freely: a secret can't stand in them, or masking it would break the fold.
func keys() map[string]string {
	const (
		name = "names of the configuration, and keys of the fold"
		word = "a word of ours"
		made = "made by runner itself"
	)
	return map[string]string{
		"RunStarted.Run": made, "RunStarted.Runner": made, "RunStarted.OS": made,
		"Found.Finding.ID": word, "Found.Finding.Status": word, "Found.Finding.Unit": word,
		"Decided.Asked": name, "Decided.Mode": word,
		"Decided.Admissions.Category": name, "Decided.Admissions.Suite": name, "Decided.Admissions.Accepted": made,
		"Decided.Admissions.Services.Service": name, "Decided.Admissions.Services.By": word, "Decided.Admissions.Services.Fidelity": word,
		"Decided.Rules.Mode": word, "Decided.Rules.Name": made, "Decided.Rules.Finding": word,
		"Decided.Admissions.Reason.Code": word, "Decided.Admissions.Reason.Finding": word,
		"Planned.Categories.Name": name, "Planned.Categories.Accepted": made, "Planned.Categories.Suites": name,
		"JobStarted.Job": name, "JobStarted.Category": name, "JobStarted.Suite": name, "JobStarted.Tool": word, "JobStarted.Fidelity": word,
		"TestsCollected.Job": name, "TestsDeselected.Job": name, "TestStarted.Job": name, "TestOutput.Job": name,
		"TestFinished.Job": name, "TestFinished.Outcome": word,
		"CollectionFailed.Job": name, "CollectionFailed.Reason": word,
		"JobOutput.Job": name, "JobOutput.Stream": word,
		"JobStalled.Job": name, "JobStalled.Why": word,
		"JobFinished.Job": name, "JobFinished.Signal": made, "JobFinished.Cause": word,
		"NotRun.Category": name, "NotRun.Suite": name, "NotRun.Job": name, "NotRun.Reason.Code": word, "NotRun.Reason.Finding": word, "NotRun.Accepted": made,
		"ServiceChanged.Service": name, "ServiceChanged.By": word, "ServiceChanged.Fidelity": word, "ServiceChanged.State": word, "ServiceLost.Service": name,
		"JobStarted.Services": name, "Leftovers.Kept": name, "Noted.Level": word, "Stopping.Why": word,
		"RunFinished.Word": word,
	}
}

// fill sets every text below v to "text", and every slice to one element.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// each calls f for every text below v, with the path of its field.
func each(path string, v reflect.Value, f func(path, text string)) {
	switch v.Kind() {
	case reflect.String:
		f(path, v.String())
	case reflect.Slice:
		for i := range v.Len() {
			each(path, v.Index(i), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			each(path+"."+v.Type().Field(i).Name, v.Field(i), f)
		}
	}
}

// TestEveryTextIsMappedOrAKey: law 11. A new field fails here until its author has decided.
func TestEveryTextIsMappedOrAKey(t *testing.T) {
	unused := keys()
	for _, b := range bodies() {
		full := reflect.New(reflect.TypeOf(b)).Elem()
		fill(full)
		before := full.Interface().(event.Body)
		after := before.Map(func(s string) string { return "mapped " + s })
		if after.Kind() != b.Kind() {
			t.Errorf("%s became %s", b.Kind(), after.Kind())
		}
		each(reflect.TypeOf(b).Name(), reflect.ValueOf(after), func(path, text string) {
			_, key := keys()[path]
			delete(unused, path)
			switch {
			case key && text != "text":
				t.Errorf("%s is a key and is mapped", path)
			case !key && text != "mapped text":
				t.Errorf("%s is neither mapped nor a key with a reason", path)
			}
		})
		each(reflect.TypeOf(b).Name(), reflect.ValueOf(before), func(path, text string) {
			if text != "text" {
				t.Errorf("Map has changed %s of the body that it was called on", path)
			}
		})
	}
	for path := range unused {
		t.Errorf("%s is a key that no body has", path)
	}
}

// TestNoFieldHidesTheHead: body and head are one object on the wire.
func TestNoFieldHidesTheHead(t *testing.T) {
	for _, b := range bodies() {
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"seq", "at", "kind"} {
			if _, has := fields[name]; has {
				t.Errorf("%s has a field %q", b.Kind(), name)
			}
		}
	}
}

// TestEveryKindComesBack sends each kind, empty and full, over the wire.
func TestEveryKindComesBack(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 456789, time.FixedZone("elsewhere", 3600))
	for _, b := range bodies() {
		full := reflect.New(reflect.TypeOf(b)).Elem()
		fill(full)
		for _, body := range []event.Body{b, full.Interface().(event.Body)} {
			line, err := event.Append(nil, event.Event{Seq: 7, At: at, Body: body})
			if err != nil {
				t.Fatal(err)
			}
			got, err := event.Parse(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			if want := (event.Event{Seq: 7, At: at.UTC(), Body: body}); !reflect.DeepEqual(got, want) {
				t.Errorf("%s came back as %+v", line, got)
			}
			if bytes.ContainsAny(line, "\n\r") {
				t.Errorf("%q is more than a line", line)
			}
		}
	}
}

func TestParseTellsTornFromWrong(t *testing.T) {
	line, err := event.Append(nil, event.Event{Seq: 1, Body: event.Logged{Text: `{"a":"}"}`}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(line) - 1 {
		if _, err := event.Parse(line[:n]); !errors.Is(err, event.ErrTorn) {
			t.Errorf("%q: %v, want torn", line[:n], err)
		}
	}
	for _, wrong := range []string{`{"seq":1,"kind":"party"}`, `{"seq":"one","kind":"logged"}`, `{"seq":1,"kind":"logged","text":7}`} {
		if _, err := event.Parse([]byte(wrong)); err == nil || errors.Is(err, event.ErrTorn) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestIDIsOneLineAndSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name") + string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		id := event.TestID("a/b.py", name)
		if strings.ContainsAny(id, "\n\r\x1b\x00") {
			t.Fatalf("%q", id)
		}
		path, escaped := event.SplitID(id)
		if path != "a/b.py" || escaped != event.EscapeName(name) {
			t.Fatalf("%q and %q", path, escaped)
		}
		if other := rapid.String().Draw(t, "other"); other != name && event.EscapeName(other) == escaped {
			t.Fatalf("%q and %q have one ID", name, other)
		}
	})
}

func TestCappedKeepsHeadAndTail(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, most := rapid.String().Draw(t, "text"), rapid.IntRange(8, 64).Draw(t, "most")
		got := event.Capped(text, most)
		if len(text) <= most && got != text || len(got) > most+48 {
			t.Fatalf("%q became %q", text, got)
		}
	})
	if got := event.Capped("aaaéézzz", 4); !strings.HasPrefix(got, "aa\n") || !strings.HasSuffix(got, "\nzz") || !strings.Contains(got, "6 bytes left out") {
		t.Errorf("%q", got)
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, b := range bodies() {
		full := reflect.New(reflect.TypeOf(b)).Elem()
		fill(full)
		line, err := event.Append(nil, event.Event{Seq: 1, Body: full.Interface().(event.Body)})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"seq":1}{"seq":2}`))
	f.Add([]byte(`{"SEQ":1,"kind":"logged","kind":"noted"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := event.Parse(line)
		if err != nil {
			return
		}
		again, err := event.Append(nil, e)
		if err != nil {
			t.Fatalf("what was read can't be written: %v", err)
		}
		back, err := event.Parse(again)
		if err != nil {
			t.Fatalf("what was written can't be read: %v\n%s", err, again)
		}
		third, err := event.Append(nil, back)
		if err != nil || !bytes.Equal(third, again) {
			t.Fatalf("%v\n%s\n%s", err, again, third)
		}
	})
}
