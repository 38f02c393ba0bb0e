package stub

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The bounds of a file in YAML, whose parser recurses, and is quadratic in nesting and in the length of some lines. JSON has none of that.
const (
	maxYAML    = 4 << 20 // bytes
	maxNodes   = 500_000 // aliases counted wherever they stand
	maxNesting = 64
	maxMarkers = 1000 // of lists, anchors and the like, in one line
)

// parseYAML reads the one document of a text into the types of encoding/json, numbers as json.Number.
func parseYAML(text []byte) (v any, err error) {
	// The library panics on some malformed texts; that is a fault of the text for us.
	defer func() {
		if r := recover(); r != nil {
			v, err = nil, fmt.Errorf("not readable as YAML: the parser gave up (%v)", r)
		}
	}()
	if len(text) > maxYAML {
		return nil, fmt.Errorf("it has more than %d bytes of YAML: convert it to JSON", maxYAML)
	}
	tokens := lexer.Tokenize(string(text))
	if err := checkTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		var bad yaml.Error
		if errors.As(err, &bad) && bad.GetToken() != nil && bad.GetToken().Position != nil {
			return nil, fmt.Errorf("line %d: not readable as YAML: %s", bad.GetToken().Position.Line, bad.GetMessage())
		}
		return nil, fmt.Errorf("not readable as YAML: %w", err)
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case body != nil:
			return nil, errors.New("there is more than one document in it")
		default:
			body = doc.Body
		}
	}
	if body == nil {
		return nil, errors.New("the file is empty")
	}
	r := yamlReader{anchors: map[string]ast.Node{}, left: maxNodes}
	return r.value(body)
}

// checkTokens holds a text against the bounds before it is parsed. In the block style the depth is the number of columns that nest.
func checkTokens(tokens token.Tokens) error {
	open, markers, line := 0, 0, 0
	var columns []int // of the keys and items that are open, each deeper than the one before
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if here := t.Position.Line; here != line {
			markers, line = 0, here
			for len(columns) > 0 && columns[len(columns)-1] >= t.Position.Column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, t.Position.Column)
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType:
			markers++
		}
		if open+len(columns) > maxNesting || markers > maxMarkers {
			return fmt.Errorf("line %d is nested deeper than a stub reads: convert the file to JSON", line)
		}
	}
	return nil
}

// yamlReader turns nodes into values.
type yamlReader struct {
	anchors map[string]ast.Node // those that are complete: an alias within its own anchor finds nothing
	left    int
	deep    int
}

func (r *yamlReader) value(n ast.Node) (any, error) {
	if r.left--; r.left < 0 {
		return nil, fmt.Errorf("it holds more than %d values", maxNodes)
	}
	if r.deep++; r.deep > 4*maxNesting {
		return nil, errors.New("its aliases nest deeper than a stub reads")
	}
	defer func() { r.deep-- }()
	switch n := n.(type) {
	case *ast.AnchorNode:
		v, err := r.value(n.Value)
		r.anchors[n.Name.GetToken().Value] = n.Value
		return v, err
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		target, ok := r.anchors[name]
		if !ok {
			return nil, r.fault(n, "there is no anchor &%s above", name)
		}
		return r.value(target)
	case *ast.MappingNode:
		return r.mapping(n.Values)
	case *ast.MappingValueNode:
		return r.mapping([]*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		out := make([]any, 0, len(n.Values))
		for _, each := range n.Values {
			v, err := r.value(each)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
		return out, nil
	}
	return r.scalar(n)
}

func (r *yamlReader) scalar(n ast.Node) (any, error) {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return nil, nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.IntegerNode:
		return json.Number(fmt.Sprint(n.Value)), nil
	case *ast.FloatNode:
		if written := strings.TrimPrefix(n.GetToken().Value, "+"); json.Valid([]byte(written)) {
			return json.Number(written), nil // 1.10 may be a version
		}
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			return nil, r.fault(n, "a number without end is none in JSON")
		}
		b, err := json.Marshal(n.Value)
		return json.Number(b), err
	case *ast.TagNode:
		return nil, r.fault(n, "tags such as %s mean nothing here: leave it out", n.Start.Value)
	}
	return nil, r.fault(n, "a value of this kind means nothing here")
}

// mapping is an object. Merge keys (<<) give what the mapping itself does not say.
func (r *yamlReader) mapping(values []*ast.MappingValueNode) (any, error) {
	out, merged := map[string]any{}, map[string]any{}
	for _, each := range values {
		v, err := r.value(each.Value)
		if err != nil {
			return nil, err
		}
		if each.Key.IsMergeKey() {
			m, ok := v.(map[string]any)
			if !ok {
				return nil, r.fault(each.Key, "<< needs a mapping behind it")
			}
			for k, v := range m {
				merged[k] = v
			}
			continue
		}
		key, ok := keyText(each.Key)
		if !ok {
			return nil, r.fault(each.Key, "expected a plain key")
		}
		if _, twice := out[key]; twice {
			return nil, r.fault(each.Key, "the key %s stands here twice", printable(key))
		}
		out[key] = v
	}
	for k, v := range merged {
		if _, said := out[k]; !said {
			out[k] = v
		}
	}
	return out, nil
}

// keyText is a key as it was written: 200 and "200" are the same.
func keyText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (r *yamlReader) fault(n ast.Node, format string, args ...any) error {
	line := 1
	if t := n.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	return fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))
}
