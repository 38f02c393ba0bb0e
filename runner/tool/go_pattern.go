package tool

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// goPattern is a pattern of go test's -run or -skip: alternatives, each a list of expressions, one a level of subtests.
type goPattern [][]goLevel

type goLevel struct {
	text string
	re   *regexp.Regexp
}

// goParsePattern splits a pattern as the testing package does (splitRegexp in testing/match.go, Go 1.26): at "|" and
// "/" that stand in no bracket. "" matches everything.
func goParsePattern(pattern string) (goPattern, error) {
	var out goPattern
	var alternative []goLevel
	level := func(text string) error {
		re, err := regexp.Compile(text)
		if err != nil {
			return fmt.Errorf("test name pattern %q: %w", pattern, err)
		}
		alternative = append(alternative, goLevel{text, re})
		return nil
	}
	square, round, from := 0, 0, 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '[':
			square++
		case c == ']':
			square = max(0, square-1)
		case c == '(' && square == 0:
			round++
		case c == ')' && square == 0:
			round--
		case c == '\\':
			i++
		case (c == '/' || c == '|') && square == 0 && round == 0:
			if err := level(pattern[from:i]); err != nil {
				return nil, err
			}
			if from = i + 1; c == '|' {
				out, alternative = append(out, alternative), nil
			}
		}
	}
	if err := level(pattern[min(from, len(pattern)):]); err != nil {
		return nil, err
	}
	return append(out, alternative), nil
}

// top tells whether -run with this pattern starts the top-level test.
func (p goPattern) top(name string) bool {
	for _, alternative := range p {
		if alternative[0].re.MatchString(name) {
			return true
		}
	}
	return false
}

// whole tells whether -skip with this pattern leaves out the whole top-level test, not only subtests of it.
func (p goPattern) whole(name string) bool {
	for _, alternative := range p {
		if len(alternative) == 1 && alternative[0].re.MatchString(name) {
			return true
		}
	}
	return false
}

// only narrows the pattern to one top-level test: the pattern of exactly that name and the levels below.
func (p goPattern) only(name string) []string {
	var out []string
	for _, alternative := range p {
		if !alternative[0].re.MatchString(name) {
			continue
		}
		narrowed := goExactly(name)
		if len(alternative) == 1 {
			return []string{narrowed} // all of it: no other alternative can add to that
		}
		for _, level := range alternative[1:] {
			narrowed += "/" + level.text
		}
		out = append(out, narrowed)
	}
	return out
}

// goExactly is the pattern of exactly this test, "TestX/sub", and what lies below it.
func goExactly(name string) string {
	levels := strings.Split(name, "/")
	for i, level := range levels {
		levels[i] = "^" + regexp.QuoteMeta(level) + "$"
	}
	return strings.Join(levels, "/")
}

// goUnescape is the name that event.EscapeName wrote, without the " [2]" of a repeated test: go runs all of one name.
func goUnescape(name string) string {
	if open := strings.LastIndex(name, " ["); open > 0 && strings.HasSuffix(name, "]") {
		if n, err := strconv.Atoi(name[open+2 : len(name)-1]); err == nil && n > 1 {
			name = name[:open]
		}
	}
	if !strings.Contains(name, `\`) {
		return name
	}
	plain, err := strconv.Unquote(`"` + strings.ReplaceAll(name, `"`, `\"`) + `"`)
	if err != nil {
		return name // typed by hand, not escaped
	}
	return plain
}
