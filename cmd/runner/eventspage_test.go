package main

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"testrunner/report/event"
)

// documented are the types that docs/events.md describes under a heading of their own: each kind of event, and what
// stands in them.
func documented() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, b := range []event.Body{
		event.RunStarted{}, event.Found{}, event.ServiceChanged{}, event.ServiceLost{}, event.Decided{}, event.Planned{}, event.JobStarted{}, event.TestsCollected{},
		event.TestsDeselected{}, event.TestStarted{}, event.TestOutput{}, event.TestFinished{}, event.CollectionFailed{},
		event.JobOutput{}, event.JobStalled{}, event.JobFinished{}, event.NotRun{}, event.Noted{}, event.Logged{},
		event.Stopping{}, event.Leftovers{}, event.ReportFailed{}, event.RunFinished{},
	} {
		types[b.Kind()] = reflect.TypeOf(b)
	}
	for _, t := range []reflect.Type{
		reflect.TypeFor[event.Test](), reflect.TypeFor[event.Reason](), reflect.TypeFor[event.Admission](), reflect.TypeFor[event.PlannedCategory](),
		reflect.TypeFor[event.Rule](), reflect.TypeFor[event.Served](),
	} {
		types[t.Name()] = t
	}
	return types
}

// eventsPage is docs/events.md by heading: the first column of its tables with the second, and its example.
type eventsPage map[string]*eventsSection

type eventsSection struct {
	rows    []string // "name: type"
	example string
}

func readEventsPage(t *testing.T) eventsPage {
	t.Helper()
	file, err := os.Open(filepath.Join(repositoryRoot(t), "docs", "events.md"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	page := eventsPage{}
	var now *eventsSection
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		switch cells := strings.Split(line, "|"); {
		case strings.HasPrefix(line, "### "):
			now = &eventsSection{}
			page[strings.TrimPrefix(line, "### ")] = now
		case now == nil:
		case strings.HasPrefix(line, "{"):
			now.example = line
		case strings.HasPrefix(line, "| `"):
			now.rows = append(now.rows, strings.Trim(cells[1], " `")+": "+strings.TrimSpace(cells[2]))
		}
	}
	return page
}

func TestEventsPageHasEachField(t *testing.T) {
	page := readEventsPage(t)
	for name, of := range documented() {
		section := page[name]
		if section == nil {
			t.Errorf("docs/events.md has no section %s", name)
			continue
		}
		if want := fieldRows(of); !slices.Equal(section.rows, want) {
			t.Errorf("docs/events.md, %s has the rows\n  %s\nwant\n  %s", name, strings.Join(section.rows, "\n  "), strings.Join(want, "\n  "))
		}
	}
}

// fieldRows are the fields of a type as the page has them, in their order on the wire.
func fieldRows(of reflect.Type) []string {
	var rows []string
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			rows = append(rows, fieldRows(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		row := name + ": " + typeWord(f.Type, name)
		if options == "omitempty" || options == "omitzero" {
			row += ", optional"
		}
		rows = append(rows, row)
	}
	return rows
}

// wordFields are texts of the wire that are always one of a few words.
var wordFields = []string{"why", "level", "word", "stream", "code", "reason"}

func typeWord(of reflect.Type, field string) string {
	switch {
	case of.Kind() == reflect.Slice:
		return "list of " + typeWord(of.Elem(), "")
	case of == reflect.TypeFor[time.Time]():
		return "time"
	case of.Kind() == reflect.Struct:
		return of.Name()
	case of.Kind() == reflect.Bool:
		return "truth"
	case of.Kind() == reflect.Int, of.Kind() == reflect.Int64, of.Kind() == reflect.Float64:
		return "number"
	case of.Kind() == reflect.String && of.Name() != "string", slices.Contains(wordFields, field):
		return "word"
	}
	return "text"
}

// An example is a line that runner could have written: read and written again, it is the same.
func TestEventsPageExamples(t *testing.T) {
	page := readEventsPage(t)
	for name, of := range documented() {
		if !of.Implements(reflect.TypeFor[event.Body]()) || page[name] == nil {
			continue
		}
		e, err := event.Parse([]byte(page[name].example))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Body.Kind() != name {
			t.Errorf("%s: the example is of %s", name, e.Body.Kind())
		}
		if again, err := event.Append(nil, e); err != nil || string(again) != page[name].example {
			t.Errorf("%s: the example is\n%s\nrunner would write (%v)\n%s", name, page[name].example, err, again)
		}
	}
}

// The words that a field can have are the constants of the package, and no kind is forgotten.
func TestEventsPageHasEachWord(t *testing.T) {
	page := readEventsPage(t)
	kinds, words := eventNames(t)
	for _, kind := range kinds {
		if documented()[kind] == nil {
			t.Errorf("the kind %s is not among those that this test looks at", kind)
		}
	}
	for heading, want := range map[string][]string{
		"Outcome": words["Outcome"], "Cause": words["Cause"], "ErrorType": words["ErrorType"], "Reason code": words["Reason"],
	} {
		var got []string
		for _, row := range page[heading].rows {
			word, _, _ := strings.Cut(row, ":")
			got = append(got, word)
		}
		if len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("docs/events.md, %s has the words %v, want %v", heading, got, want)
		}
	}
}

// eventNames reads the package's own source: what its Kind methods return, and its constants by type. Constants without a type go by
// the first word of their name.
func eventNames(t *testing.T) (kinds []string, words map[string][]string) {
	t.Helper()
	words = map[string][]string{}
	files, err := filepath.Glob(filepath.Join(repositoryRoot(t), "report", "event", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "Kind" && n.Recv != nil {
					kinds = append(kinds, literal(n.Body.List[0].(*ast.ReturnStmt).Results[0]))
				}
			case *ast.ValueSpec:
				of := ""
				if id, ok := n.Type.(*ast.Ident); ok {
					of = id.Name
				} else if strings.HasPrefix(n.Names[0].Name, "Reason") {
					of = "Reason"
				}
				if len(n.Values) == 1 && literal(n.Values[0]) != "" {
					words[of] = append(words[of], literal(n.Values[0]))
				}
			}
			return true
		})
	}
	if len(kinds) < 20 {
		t.Fatalf("only these kinds were found: %v", kinds)
	}
	return kinds, words
}

// literal is the text of a string literal, "" for any other expression.
func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return text
}
