package categories

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/invopop/jsonschema"
)

// Schema is the JSON schema of runner.yaml, made from the types that read it. runner.schema.json beside this file is the
// same text, for editors.
func Schema() ([]byte, error) {
	r := jsonschema.Reflector{
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, ExpandedStruct: true, Anonymous: true,
		Mapper: schemaOf,
	}
	s := r.Reflect(&Config{})
	s.Title = ConfigFile
	s.Description = "The configuration of runner: categories, groups and suites of tests. Paths are relative to the root, with forward slashes."
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the schema of %s: %w", ConfigFile, err)
	}
	return append(text, '\n'), nil
}

// schemaOf gives the schema of the types that are more than their Go type says.
func schemaOf(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Text]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}}
	case reflect.TypeFor[Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`}
	case reflect.TypeFor[Glob]():
		return &jsonschema.Schema{Type: "string", Pattern: `^!?[^/\\!][^\\]*$`}
	case reflect.TypeFor[Command]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", Pattern: "^[^\"'`$|&;<>()*?\\\\~\n]+$"},
			{Type: "array", Items: &jsonschema.Schema{Type: "string"}, MinItems: new(uint64(1))},
		}}
	case reflect.TypeFor[Files]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", MinLength: new(uint64(1))},
			{Type: "array", Items: &jsonschema.Schema{Type: "string"}, MinItems: new(uint64(1))},
		}}
	case reflect.TypeFor[Size]():
		return &jsonschema.Schema{Type: "string", Pattern: sizePattern}
	}
	return nil
}

// namePattern is nameFault as far as a pattern can say it.
const namePattern = `^[^\s/.:,-][^\s/.:,]*$`

// JSONSchemaExtend adds what the types of the whole file can't say.
func (Config) JSONSchemaExtend(s *jsonschema.Schema) {
	one, _ := s.Properties.Get("version")
	one.Const = 1
	for _, key := range []string{"categories", "groups"} {
		named, _ := s.Properties.Get(key)
		named.PropertyNames = &jsonschema.Schema{Pattern: namePattern}
	}
	for _, key := range []string{"categories", "services", "environments"} {
		named, _ := s.Properties.Get(key)
		named.AdditionalProperties = &jsonschema.Schema{OneOf: []*jsonschema.Schema{named.AdditionalProperties, {Type: "null"}}}
	}
	for key, pattern := range map[string]string{"services": serviceName.String(), "environments": `^[^\s,-][^\s,]*$`} {
		named, _ := s.Properties.Get(key)
		named.PropertyNames = &jsonschema.Schema{Pattern: pattern}
	}
	groups, _ := s.Properties.Get("groups")
	groups.AdditionalProperties.MinItems = new(uint64(1))
}

// JSONSchemaExtend adds the short form, a path alone.
func (ReadyConfig) JSONSchemaExtend(s *jsonschema.Schema) {
	whole := *s
	whole.MinProperties = new(uint64(1))
	*s = jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", Pattern: "^(ws:)?/|^grpc:"}, &whole}}
}

// JSONSchemaExtend adds that a stub must say something.
func (StubConfig) JSONSchemaExtend(s *jsonschema.Schema) { s.MinProperties = new(uint64(1)) }

// JSONSchemaExtend adds that a step must do something.
func (MessageConfig) JSONSchemaExtend(s *jsonschema.Schema) {
	s.AnyOf = []*jsonschema.Schema{{Required: []string{"expect"}}, {Required: []string{"send"}}}
	s.DependentRequired = map[string][]string{"after": {"send"}}
}

// JSONSchemaExtend adds the short form, a name alone.
func (ExpectConfig) JSONSchemaExtend(s *jsonschema.Schema) {
	whole := *s
	*s = jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", MinLength: new(uint64(1))}, &whole}}
}

// JSONSchemaExtend adds which keys a suite's tool has a use for.
func (SuiteConfig) JSONSchemaExtend(s *jsonschema.Schema) {
	none := func(keys ...string) *jsonschema.Schema {
		out := &jsonschema.Schema{Properties: jsonschema.NewProperties()}
		for _, k := range keys {
			out.Properties.Set(k, jsonschema.FalseSchema)
		}
		return out
	}
	is := func(tool string) *jsonschema.Schema {
		out := &jsonschema.Schema{Properties: jsonschema.NewProperties()}
		out.Properties.Set("tool", &jsonschema.Schema{Const: tool})
		return out
	}
	isOneOf := func(tools []string) *jsonschema.Schema {
		var any []*jsonschema.Schema
		for _, t := range tools {
			any = append(any, is(t))
		}
		return &jsonschema.Schema{AnyOf: any}
	}
	command := none("paths", "args")
	command.Required = []string{"category", "command", "reports"}
	contract := none("paths", "args", "dir")
	contract.Required = []string{"websocket"}
	s.AllOf = []*jsonschema.Schema{
		{If: is(commandTool), Then: command, Else: none("command", "reports")},
		{If: is(contractTool), Then: contract, Else: none("websocket")},
		{If: is(tagTool), Else: none("tags")},
		{If: is(markerTool), Else: none("markers")},
		{If: isOneOf(splitTools()), Else: none("split")},
	}
	s.DependentRequired = map[string][]string{"tags": {"category"}, "markers": {"category"}}
	s.DependentSchemas = map[string]*jsonschema.Schema{"markers": none("paths", "dir")}
}
