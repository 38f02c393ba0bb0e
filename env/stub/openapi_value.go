package stub

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The bounds of a generated value. Schemas that refer to each other can grow without end.
const (
	maxValues = 20_000
	maxDepth  = 64
)

var (
	errCircle = errors.New("the schema holds itself")
	errLarge  = errors.New("its value would be too large: give it an example")
	errNone   = errors.New("it has neither an example nor a schema")
)

// value is the example of a media type or header: the named one, else its own, else its first by name, else what its schema says.
func (a *openAPI) value(m map[string]any, named string) (any, error) {
	examples, _ := m["examples"].(map[string]any)
	if named != "" {
		if examples[named] == nil {
			return nil, fmt.Errorf("it has no example %q", named)
		}
		return a.named(examples[named])
	}
	if v, ok := m["example"]; ok {
		return v, nil
	}
	if names := sortedKeys(examples); len(names) > 0 {
		return a.named(examples[names[0]])
	}
	if m["schema"] == nil {
		return nil, errNone
	}
	g := generator{api: a, left: maxValues}
	return g.of(m["schema"])
}

// named is the value of an example object.
func (a *openAPI) named(v any) (any, error) {
	e, err := a.object(v)
	if err != nil {
		return nil, err
	}
	if v, ok := e["value"]; ok {
		return v, nil
	}
	return nil, errors.New("its example has no value in the file")
}

// generator makes the plainest value that a schema allows: what it says itself (example, default, const, enum), else what its type needs.
type generator struct {
	api  *openAPI
	open []string // the $refs that are being followed
	deep int
	left int // values that may still be made
}

func (g *generator) of(schema any) (any, error) {
	if allowed, ok := schema.(bool); ok && allowed {
		return map[string]any{}, nil // true allows anything
	}
	s, ok := schema.(map[string]any)
	if !ok {
		return nil, errors.New("a schema must be an object")
	}
	if g.left--; g.left < 0 || g.deep >= maxDepth {
		return nil, errLarge
	}
	g.deep++
	defer func() { g.deep-- }()
	if ref, ok := s["$ref"].(string); ok {
		return g.behind(ref)
	}
	for _, key := range []string{"example", "default", "const"} {
		if v, ok := s[key]; ok {
			return v, nil
		}
	}
	for _, key := range []string{"examples", "enum"} {
		if list, _ := s[key].([]any); len(list) > 0 {
			return list[0], nil
		}
	}
	if parts, _ := s["allOf"].([]any); len(parts) > 0 {
		return g.merged(s, parts)
	}
	for _, key := range []string{"oneOf", "anyOf"} {
		if parts, _ := s[key].([]any); len(parts) > 0 {
			return g.first(parts)
		}
	}
	return g.typed(s)
}

// behind follows a $ref, once at a time.
func (g *generator) behind(ref string) (any, error) {
	if slices.Contains(g.open, ref) {
		return nil, errCircle
	}
	target, err := g.api.resolve(ref)
	if err != nil {
		return nil, err
	}
	g.open = append(g.open, ref)
	defer func() { g.open = g.open[:len(g.open)-1] }()
	return g.of(target)
}

// merged is the value of allOf: the members of all parts, and of the schema around them.
func (g *generator) merged(s map[string]any, parts []any) (any, error) {
	out := map[string]any{}
	if s["properties"] != nil {
		parts = append(slices.Clone(parts), map[string]any{"type": "object", "properties": s["properties"], "required": s["required"]})
	}
	for _, each := range parts {
		v, err := g.of(each)
		if err != nil {
			return nil, err
		}
		o, ok := v.(map[string]any)
		if !ok {
			if len(parts) == 1 {
				return v, nil // a $ref in a wrapping, to say more of it
			}
			continue // a part that only bounds the value
		}
		for k, v := range o {
			out[k] = v
		}
	}
	return out, nil
}

// first is the value of the first alternative that has one.
func (g *generator) first(parts []any) (any, error) {
	var none error
	for _, each := range parts {
		v, err := g.of(each)
		if err == nil {
			return v, nil
		}
		none = err
	}
	return nil, none
}

// typed is a value of the schema's type.
func (g *generator) typed(s map[string]any) (any, error) {
	switch kind := typeOf(s); kind {
	case "object":
		return g.object(s)
	case "array":
		if s["items"] == nil {
			return []any{}, nil
		}
		item, err := g.of(s["items"])
		switch {
		case errors.Is(err, errCircle):
			return []any{}, nil // an empty list ends the circle
		case err != nil:
			return nil, err
		}
		return []any{item}, nil
	case "string":
		return textOf(s), nil
	case "integer", "number":
		for _, key := range []string{"minimum", "maximum"} {
			if v, ok := s[key]; ok {
				return v, nil
			}
		}
		return 0, nil
	case "boolean":
		return true, nil
	case "null":
		return nil, nil
	default:
		return nil, fmt.Errorf("its schema has the type %q, and no example", kind)
	}
}

// typeOf is the schema's type: of several the first that is not null; of none what its other words tell.
func typeOf(s map[string]any) string {
	switch t := s["type"].(type) {
	case string:
		return t
	case []any:
		for _, each := range t {
			if name, _ := each.(string); name != "" && name != "null" {
				return name
			}
		}
		return "null"
	}
	switch {
	case s["items"] != nil:
		return "array"
	case s["properties"] == nil && (s["format"] != nil || s["pattern"] != nil):
		return "string"
	case s["properties"] == nil && (s["minimum"] != nil || s["maximum"] != nil):
		return "number"
	}
	return "object"
}

// object has all properties, but for those that can be left out and lead in a circle, and those that are only written.
func (g *generator) object(s map[string]any) (any, error) {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	out := map[string]any{}
	for _, name := range sortedKeys(properties) {
		if p, _ := properties[name].(map[string]any); p["writeOnly"] == true {
			continue
		}
		v, err := g.of(properties[name])
		if errors.Is(err, errCircle) && !slices.Contains(required, any(name)) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

// textOf is a text of the schema's format.
func textOf(s map[string]any) string {
	format, _ := s["format"].(string)
	switch format {
	case "date-time":
		return "2024-01-01T00:00:00Z"
	case "date":
		return "2024-01-01"
	case "time":
		return "00:00:00Z"
	case "duration":
		return "PT1S"
	case "uuid":
		return "00000000-0000-4000-8000-000000000000"
	case "email", "idn-email":
		return "user@example.com"
	case "hostname", "idn-hostname":
		return "example.com"
	case "ipv4":
		return "192.0.2.1"
	case "ipv6":
		return "2001:db8::1"
	case "uri", "url", "iri", "uri-reference", "iri-reference":
		return "https://example.com/"
	case "byte":
		return "dGV4dA=="
	}
	text := "text"
	if n := count(s["minLength"]); n > len(text) {
		return strings.Repeat("x", min(n, 1<<16))
	}
	if n := count(s["maxLength"]); s["maxLength"] != nil && n < len(text) {
		return text[:max(n, 0)]
	}
	return text
}

// count is a number of the document as a whole one, 0 where it is none.
func count(v any) int {
	var n int
	if _, err := fmt.Sscan(fmt.Sprint(v), &n); err != nil {
		return 0
	}
	return n
}
