package categories

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// kindOf says in words what a node is.
func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "\"key: value\" lines"
	case *ast.SequenceNode:
		return "a list"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number"
	case *ast.BoolNode:
		return "the truth value"
	case *ast.NullNode:
		return "nothing"
	case *ast.StringNode, *ast.LiteralNode:
		return "the text"
	}
	return "something else"
}

// scalarText is a scalar as it was written, without quotes.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode, *ast.NullNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// nodeSpot is where a node begins. The library gives a block mapping the place of its first colon.
func nodeSpot(n ast.Node) spot {
	switch m := n.(type) {
	case *ast.MappingNode:
		if !m.IsFlowStyle && len(m.Values) > 0 {
			return nodeSpot(m.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return nodeSpot(m.Key)
	}
	return tokenSpot(n.GetToken())
}

func tokenSpot(t *token.Token) spot {
	if t == nil || t.Position == nil {
		return spot{1, 1}
	}
	return spot{max(1, t.Position.Line), max(1, t.Position.Column)}
}

// checkTokens holds a text against the bounds before it is parsed.
func checkTokens(tokens token.Tokens) error {
	open, markers, line, n := 0, 0, 0, 0
	for _, t := range tokens {
		if t.Type != token.CommentType {
			n++
		}
		if n > maxTokens {
			return errors.New("there is more in it than in any configuration")
		}
		if here := tokenSpot(t).line; here != line {
			markers, line = 0, here
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.AliasType, token.TagType, token.MergeKeyType:
			markers++
		}
		if open > maxNesting || markers > maxMarkers {
			return fmt.Errorf("line %d is nested deeper than any configuration", line)
		}
	}
	return nil
}
