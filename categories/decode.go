package categories

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// parseConfig reads the text of a configuration. Only its shape is checked here; all faults of it are told at once.
// The library's own decoder stops at the first fault and knows no suggestions, so its tree is read here.
func parseConfig(path string, data []byte) (*configuration, error) {
	c := &configuration{path: path, places: map[string]spot{}}
	body, err := parseYAML(data)
	if err != nil {
		s := spot{1, 1}
		msg := err.Error()
		var bad yaml.Error
		if errors.As(err, &bad) {
			s, msg = tokenSpot(bad.GetToken()), bad.GetMessage()
		}
		c.problems = append(c.problems, Problem{s.line, s.column, "not readable as YAML: " + msg})
		return nil, c.failure()
	}
	if body == nil {
		c.fault("", "the file is empty: it must begin with \"version: 1\"")
		return nil, c.failure()
	}
	d := decoder{configuration: c, anchors: map[string]ast.Node{}}
	d.value(body, reflect.ValueOf(&c.Config).Elem(), "")
	if len(c.problems) > 0 {
		return nil, c.failure()
	}
	return c, nil
}

// failure is every problem as one error, in the order of the file; nil where there is none.
func (c *configuration) failure() error {
	if len(c.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return &ConfigError{Path: c.path, Problems: slices.Compact(c.problems)}
}

// parseYAML returns the one document of the file, nil if there is none. The library panics on some malformed texts;
// that is a fault of the text for us.
func parseYAML(data []byte) (body ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			body, err = nil, fmt.Errorf("the parser gave up (%v)", r)
		}
	}()
	if len(data) > maxConfig {
		return nil, fmt.Errorf("more than %d bytes", maxConfig)
	}
	tokens := lexer.Tokenize(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	if err := checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, err
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, errors.New("there is more than one document in it")
		}
		body = doc.Body
	}
	return body, nil
}

// decoder fills Go values from a tree of nodes, and notes where each value stands.
type decoder struct {
	*configuration
	anchors map[string]ast.Node // those that are complete: an alias within its own anchor finds nothing
}

func (d *decoder) value(n ast.Node, into reflect.Value, key string) {
	if _, ok := d.places[key]; !ok && key != "" {
		d.places[key] = nodeSpot(n)
	}
	switch n := n.(type) {
	case *ast.AnchorNode:
		d.value(n.Value, into, key)
		d.anchors[n.Name.GetToken().Value] = n.Value
		return
	case *ast.AliasNode:
		target, ok := d.anchors[n.Value.GetToken().Value]
		if !ok {
			d.faultAt(n, "there is no anchor &%s above", n.Value.GetToken().Value)
			return
		}
		d.value(target, into, key)
		return
	case *ast.TagNode:
		d.faultAt(n, "tags such as %s mean nothing here: leave it out", n.Start.Value)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		if _, plain := scalarText(n); plain {
			switch into.Type() {
			case reflect.TypeFor[ReadyConfig]():
				d.value(n, into.FieldByName("Path"), key+"\x1fpath")
				return
			case reflect.TypeFor[ExpectConfig]():
				d.value(n, into.FieldByName("Name"), key+"\x1fname")
				return
			}
		}
		d.fields(n, into, key)
	case reflect.Map:
		d.entries(n, into, key)
	case reflect.Slice:
		d.items(n, into, key)
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(n, into.Elem(), key)
	default:
		d.places[key] = nodeSpot(n)
		d.scalar(n, into)
	}
}

// fields fills a struct. A key without a value leaves it as it is.
func (d *decoder) fields(n ast.Node, into reflect.Value, key string) {
	known := fieldNames(into.Type())
	d.pairs(n, key, func(name string, at string, value ast.Node, where ast.Node) {
		i := slices.Index(known, name)
		if i >= 0 {
			d.value(value, into.Field(i), at)
			return
		}
		d.faultAt(where, "unknown key %q%s", name, orNearest(name, known))
	})
}

// fieldNames are the keys of a struct, in the order of its fields.
func fieldNames(t reflect.Type) []string {
	names := make([]string, t.NumField())
	for i := range names {
		names[i] = t.Field(i).Tag.Get("yaml")
	}
	return names
}

func (d *decoder) entries(n ast.Node, into reflect.Value, key string) {
	into.Set(reflect.MakeMap(into.Type()))
	d.pairs(n, key, func(name string, at string, value ast.Node, _ ast.Node) {
		v := reflect.New(into.Type().Elem()).Elem()
		if _, null := value.(*ast.NullNode); !null || v.Kind() != reflect.Struct {
			d.value(value, v, at)
		}
		into.SetMapIndex(reflect.ValueOf(name), v)
	})
}

// pairs calls do for each key of a mapping.
func (d *decoder) pairs(n ast.Node, key string, do func(name, at string, value, where ast.Node)) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		d.faultAt(n, "expected \"key: value\" lines, found %s", kindOf(n))
		return
	}
	seen := map[string]bool{}
	for _, v := range values {
		name, ok := scalarText(v.Key)
		switch {
		case v.Key.IsMergeKey():
			d.faultAt(v.Key, "merge keys (<<) mean nothing here: write the keys out, or use an alias for the whole value")
			continue
		case !ok:
			d.faultAt(v.Key, "expected a plain key, found %s", kindOf(v.Key))
			continue
		case seen[name]:
			d.faultAt(v.Key, "the key %q stands here twice", name)
			continue
		}
		seen[name] = true
		at := name
		if key != "" {
			at = key + "\x1f" + name
		}
		if _, known := d.places[at]; !known {
			d.places[at] = nodeSpot(v.Key)
		}
		do(name, at, v.Value, v.Key)
	}
}

func (d *decoder) items(n ast.Node, into reflect.Value, key string) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		text, plain := scalarText(n)
		switch {
		case plain && into.Type() == reflect.TypeFor[Command]():
			d.words(n, text, into)
		case plain && into.Type() == reflect.TypeFor[Files]():
			into.Set(reflect.MakeSlice(into.Type(), 1, 1))
			d.value(n, into.Index(0), key+"\x1f0")
		case plain:
			d.faultAt(n, "expected a list: write [%s]", text)
		default:
			d.faultAt(n, "expected a list, found %s", kindOf(n))
		}
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(seq.Values), len(seq.Values)))
	for i, v := range seq.Values {
		d.value(v, into.Index(i), key+"\x1f"+strconv.Itoa(i))
	}
}

// words splits a command that is written as one text. Whoever means a shell has to name it.
func (d *decoder) words(n ast.Node, text string, into reflect.Value) {
	if i := strings.IndexAny(text, "\"'`$|&;<>()*?\\\n~"); i >= 0 {
		d.faultAt(n, "%q in a command means nothing without a shell: write a list, such as [sh, -c, \"…\"]", text[i:i+1])
		return
	}
	into.Set(reflect.ValueOf(Command(strings.Fields(text))))
}

// scalar fills a text, a number or a truth value.
func (d *decoder) scalar(n ast.Node, into reflect.Value) {
	text, ok := scalarText(n)
	if _, null := n.(*ast.NullNode); null {
		d.faultAt(n, "the value is missing: write %s, or leave the key out", wanted(into.Type()))
		return
	}
	if !ok {
		d.faultAt(n, "expected %s, found %s", wanted(into.Type()), kindOf(n))
		return
	}
	_, isText := n.(*ast.StringNode)
	_, isBlock := n.(*ast.LiteralNode)
	switch into.Kind() {
	case reflect.Bool:
		if b, ok := n.(*ast.BoolNode); ok {
			into.SetBool(b.Value)
			return
		}
	case reflect.Int:
		if _, ok := n.(*ast.IntegerNode); ok {
			if i, err := strconv.Atoi(text); err == nil {
				into.SetInt(int64(i))
				return
			}
		}
	case reflect.String:
		if isText || isBlock || into.Type() == reflect.TypeFor[Text]() {
			into.SetString(text)
			return
		}
	}
	d.faultAt(n, "expected %s, found %s %s", wanted(into.Type()), kindOf(n), text)
}

func (d *decoder) faultAt(n ast.Node, format string, args ...any) {
	s := nodeSpot(n)
	d.problems = append(d.problems, Problem{s.line, s.column, fmt.Sprintf(format, args...)})
}

// wanted says in words what a value of the type looks like.
func wanted(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[Duration]():
		return "a duration such as 90s or 10m"
	case t == reflect.TypeFor[Glob]():
		return "a path or pattern"
	case t == reflect.TypeFor[Size]():
		return "a size such as 512MB or 8GB"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "a whole number"
	}
	return "a text (put it in quotes if it looks like a number)"
}
