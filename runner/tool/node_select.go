package tool

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"

	"testrunner/report/event"
)

// nodeSelection is which tests of the files run; the hook makes node's own filter exact with it.
//
// node's own --test-name-pattern can't be: node 20 matches each title alone, later ones also the titles joined by a space,
// a title's tests all run with it, and none tells two tests of one name apart. What it leaves out node 20 reports as
// skipped ("test name does not match pattern") and later ones do not report; the hook counts them either way.
type nodeSelection struct {
	Tests  map[string][]nodeWanted `json:"tests,omitempty"` // by nodeKey; nil is every test
	Filter *string                 `json:"filter,omitempty"`
	Native bool                    `json:"native"` // the user's own --test-name-pattern holds, too
	Dir    string                  `json:"dir"`    // the working directory, relative to the root: a script is named by its path
}

// nodeWanted is a test by its titles, joined by " > "; without a name it is every test of the file. Where the name ends like an ordinal, Base and N are its parts:
// either reading is meant, as a title may end so.
type nodeWanted struct {
	Name string `json:"name"`
	Base string `json:"base,omitempty"`
	N    int    `json:"n,omitempty"`
}

// nodeSelect is the target's selection for the hook; nil means that all tests of the files run.
func nodeSelect(t Target) (*nodeSelection, error) {
	s := &nodeSelection{Dir: t.Dir, Native: nodeHas(t.Args, "--test-name-pattern") || nodeHas(t.Args, "--test-skip-pattern")}
	whole := map[string]bool{} // files that are named without a test
	for _, id := range t.Tests {
		file, name := event.SplitID(id)
		if name == "" {
			whole[file] = true
			continue
		}
		if s.Tests == nil {
			s.Tests = map[string][]nodeWanted{}
		}
		key := nodeKey(t, file)
		s.Tests[key] = append(s.Tests[key], nodeWantedTest(name))
	}
	for file := range whole {
		if s.Tests != nil {
			s.Tests[nodeKey(t, file)] = []nodeWanted{{}}
		}
	}
	if t.Filter != "" {
		filter, err := nodeExpression(t.Filter)
		if err != nil {
			return nil, fmt.Errorf("node: %w", err)
		}
		s.Filter = &filter
	}
	if s.Tests == nil && s.Filter == nil && !s.Native {
		return nil, nil
	}
	return s, nil
}

// nodeKey names a file for the hook: relative to the working directory, since node sees folders with links resolved.
func nodeKey(t Target, file string) string { return strings.TrimPrefix(nodeArgument(t, file), "./") }

func nodeWantedTest(escaped string) nodeWanted {
	name := nodeUnescaped(escaped)
	w := nodeWanted{Name: name}
	if open := strings.LastIndex(name, " ["); open > 0 && strings.HasSuffix(name, "]") {
		if n, err := strconv.Atoi(name[open+2 : len(name)-1]); err == nil && n > 1 {
			w.Base, w.N = name[:open], n
		}
	}
	return w
}

// nodeUnescaped undoes event.EscapeName.
func nodeUnescaped(name string) string {
	if !strings.Contains(name, `\`) {
		return name
	}
	plain, err := strconv.Unquote(`"` + strings.ReplaceAll(name, `"`, `\"`) + `"`)
	if err != nil {
		return name
	}
	return plain
}

// nodeNamed is the most test names that are spelled out on the command line.
const nodeNamed = 20

// nodePatterns turns node's own filter on. The hook decides exactly; the patterns show people what was asked for, and
// choose no less than the hook does.
func nodePatterns(t Target, s *nodeSelection) []string {
	if s.Tests == nil {
		return []string{"--test-name-pattern=/" + *s.Filter + "/u"}
	}
	var titles []string
	for _, id := range t.Tests {
		_, name := event.SplitID(id)
		w := nodeWantedTest(name)
		for _, full := range []string{w.Name, w.Base} {
			if full != "" {
				titles = append(titles, strings.Split(full, " > ")...)
			}
		}
	}
	titles = sortedSet(titles)
	if len(titles) == 0 || len(titles) > nodeNamed {
		return []string{"--test-name-pattern=."}
	}
	var out []string
	for _, title := range titles {
		out = append(out, "--test-name-pattern=^"+nodeLiteral([]rune(title), false)+"$")
	}
	return out
}

// nodeExpression writes a regular expression of Go's as one of JavaScript's that matches the same, with the flag u.
func nodeExpression(pattern string) (string, error) {
	if _, err := regexp.Compile(pattern); err != nil {
		return "", fmt.Errorf("-k %q: %w", pattern, err)
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("-k %q: %w", pattern, err)
	}
	return nodeTree(re.Simplify()), nil
}

// nodeTree writes one node of an expression. Only parts that mean the same without flags are used.
func nodeTree(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpNoMatch:
		return "[]"
	case syntax.OpEmptyMatch:
		return "(?:)"
	case syntax.OpLiteral:
		return "(?:" + nodeLiteral(re.Rune, re.Flags&syntax.FoldCase != 0) + ")"
	case syntax.OpCharClass:
		return nodeClass(re.Rune)
	case syntax.OpAnyCharNotNL:
		return `[^\n]`
	case syntax.OpAnyChar:
		return `[^]`
	case syntax.OpBeginLine:
		return `(?:^|(?<=\n))`
	case syntax.OpEndLine:
		return `(?:$|(?=\n))`
	case syntax.OpBeginText:
		return `^`
	case syntax.OpEndText:
		return `$`
	case syntax.OpWordBoundary:
		return `\b`
	case syntax.OpNoWordBoundary:
		return `\B`
	case syntax.OpCapture:
		return "(?:" + nodeTree(re.Sub[0]) + ")"
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		sign := map[syntax.Op]string{syntax.OpStar: "*", syntax.OpPlus: "+", syntax.OpQuest: "?"}[re.Op]
		if re.Flags&syntax.NonGreedy != 0 {
			sign += "?"
		}
		return "(?:" + nodeTree(re.Sub[0]) + ")" + sign
	case syntax.OpConcat, syntax.OpAlternate:
		parts := make([]string, len(re.Sub))
		for i, sub := range re.Sub {
			parts[i] = nodeTree(sub)
		}
		if re.Op == syntax.OpConcat {
			return strings.Join(parts, "")
		}
		return "(?:" + strings.Join(parts, "|") + ")"
	default: // OpRepeat is gone after Simplify
		panic(fmt.Sprintf("node: unknown part %v of a regular expression", re.Op))
	}
}

// nodeLiteral writes runes that stand for themselves. Letters, digits and plain ASCII stay readable.
func nodeLiteral(runes []rune, fold bool) string {
	var b strings.Builder
	for _, r := range runes {
		if fold && unicode.SimpleFold(r) != r {
			b.WriteByte('[')
			b.WriteString(nodeRune(r))
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				b.WriteString(nodeRune(f))
			}
			b.WriteByte(']')
			continue
		}
		b.WriteString(nodeRune(r))
	}
	return b.String()
}

func nodeRune(r rune) string {
	switch {
	case r == '_' || r == ' ' || unicode.IsLetter(r) || unicode.IsDigit(r):
		return string(r)
	case strings.ContainsRune(`^$\.*+?()[]{}|/`, r):
		return `\` + string(r)
	case r > ' ' && r < 0x7f && r != '-':
		return string(r)
	case r > 0x7f && unicode.IsPrint(r) || r > 0xffff:
		return string(r)
	default:
		return fmt.Sprintf(`\u%04x`, r)
	}
}

func nodeClass(pairs []rune) string {
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(&b, `\u{%x}`, pairs[i])
		if pairs[i+1] > pairs[i] {
			fmt.Fprintf(&b, `-\u{%x}`, pairs[i+1])
		}
	}
	b.WriteByte(']')
	return b.String()
}
