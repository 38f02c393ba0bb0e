package categories

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "write the golden files anew")

const schemaFile = "runner.schema.json"

func TestSchemaIsCurrent(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, schemaFile, want)
}

// golden compares with a file, or writes it.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; go test ./categories -update writes it anew. Got:\n%s", file, got)
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaFile, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as an editor does.
func asJSON(t *testing.T, text string) (any, error) {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &v); err != nil {
		return nil, err
	}
	j, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(j))
}

func TestSchemaTakesWhatTheReaderTakes(t *testing.T) {
	s := compileSchema(t)
	good := map[string]string{}
	for name, text := range goodConfigs {
		good[name] = text
	}
	for key, c := range keyCases {
		good[key+" without"], good[key+" with"] = c.without, c.with
	}
	for key, c := range contractKeys {
		good[key+" without"], good[key+" with"] = c.without, c.with
	}
	for _, name := range sorted(good) {
		v, err := asJSON(t, good[name])
		if err == nil {
			err = s.Validate(v)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefusesWhatItCanSee(t *testing.T) {
	s := compileSchema(t)
	for _, c := range badConfigs {
		v, err := asJSON(t, c.text)
		if err == nil {
			err = s.Validate(v)
		}
		if c.schema && err == nil {
			t.Errorf("%s: the schema takes\n%s", c.name, c.text)
		}
	}
}
