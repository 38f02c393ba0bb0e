package stub

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// table finds what stands for a method and a path. Of several patterns that fit, the one whose first segments are plain wins, then the
// one that was added first.
type table[T any] struct {
	rows   map[shape][]row[T]
	counts map[int][]string // methods by number of segments, for what is said of a path that is known by another method only
}

type shape struct {
	method   string
	segments int
}

type row[T any] struct {
	pattern pattern
	value   T
}

// pattern is a path whose segments may hold names: /users/{id}, /files/{name}.json.
type pattern struct {
	text     string
	segments []segment
}

// segment is what stands between two slashes.
type segment struct {
	plain string   // where there are no names
	names []string // in their order
	parts *regexp.Regexp
}

// readPattern reads a path, which must begin with a slash.
func readPattern(text string) (pattern, error) {
	p := pattern{text: text}
	switch {
	case !strings.HasPrefix(text, "/"):
		return p, fmt.Errorf("the path %q does not begin with /", text)
	case strings.ContainsAny(text, "?#"):
		return p, fmt.Errorf("the path %q holds a query: a route answers its path whatever the query is; leave it out", text)
	}
	seen := map[string]bool{}
	for each := range strings.SplitSeq(text[1:], "/") {
		s, err := readSegment(each)
		if err != nil {
			return p, fmt.Errorf("the path %q: %w", text, err)
		}
		for _, n := range s.names {
			if seen[n] {
				return p, fmt.Errorf("the path %q holds {%s} twice", text, n)
			}
			seen[n] = true
		}
		p.segments = append(p.segments, s)
	}
	return p, nil
}

func readSegment(text string) (segment, error) {
	var s segment
	var expr, plain strings.Builder
	expr.WriteString(`(?s)^`)
	rest := text
	for {
		before, after, open := strings.Cut(rest, "{")
		if strings.Contains(before, "}") {
			return s, fmt.Errorf("a } stands without its { in %q", text)
		}
		literal, err := url.PathUnescape(before)
		if err != nil {
			literal = before // a lone % is one
		}
		plain.WriteString(literal)
		expr.WriteString(regexp.QuoteMeta(literal))
		if !open {
			break
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok || name == "" || strings.ContainsAny(name, "{*:") {
			return s, fmt.Errorf("%q is no plain text with {name} in it", text)
		}
		s.names = append(s.names, name)
		expr.WriteString(`(.+?)`)
		rest = tail
	}
	if len(s.names) == 0 {
		s.plain = plain.String()
		return s, nil
	}
	var err error
	s.parts, err = regexp.Compile(expr.String() + `$`)
	return s, err
}

// match puts the values of the names into values, and says whether the segment fits.
func (s segment) match(text string, values map[string]string) bool {
	if s.parts == nil {
		return s.plain == text
	}
	m := s.parts.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	for i, n := range s.names {
		values[n] = m[i+1]
	}
	return true
}

func (p pattern) match(path []string) (map[string]string, bool) {
	values := map[string]string{}
	for i, s := range p.segments {
		if !s.match(path[i], values) {
			return nil, false
		}
	}
	return values, true
}

// before says whether p is tried before q.
func (p pattern) before(q pattern) bool {
	for i := range p.segments {
		if a, b := p.segments[i].parts == nil, q.segments[i].parts == nil; a != b {
			return a
		}
	}
	return false
}

// same says whether all paths that fit the one fit the other.
func (p pattern) same(q pattern) bool {
	return slices.EqualFunc(p.segments, q.segments, func(a, b segment) bool {
		if a.parts == nil || b.parts == nil {
			return a.parts == b.parts && a.plain == b.plain
		}
		return a.parts.String() == b.parts.String()
	})
}

// splitPath takes a path as it was sent apart, so that a slash that was written as %2F is none.
func splitPath(escaped string) []string {
	parts := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, p := range parts {
		if plain, err := url.PathUnescape(p); err == nil {
			parts[i] = plain
		}
	}
	return parts
}

// add adds a row. The error says that a row for the same requests is there.
func (t *table[T]) add(method string, p pattern, value T) error {
	if t.rows == nil {
		t.rows, t.counts = map[shape][]row[T]{}, map[int][]string{}
	}
	key := shape{method, len(p.segments)}
	rows := t.rows[key]
	at := len(rows)
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].pattern.same(p) {
			return fmt.Errorf("%s %s stands there twice: %s answers the same requests", method, p.text, rows[i].pattern.text)
		}
		if p.before(rows[i].pattern) {
			at = i
		}
	}
	t.rows[key] = slices.Insert(rows, at, row[T]{p, value})
	if !slices.Contains(t.counts[key.segments], method) {
		t.counts[key.segments] = append(t.counts[key.segments], method)
		slices.Sort(t.counts[key.segments])
	}
	return nil
}

// find returns what stands for a request, and the values of the names in its path. What stands for GET stands for HEAD too.
func (t *table[T]) find(method, escaped string) (T, map[string]string, bool) {
	path := splitPath(escaped)
	for _, m := range []string{method, "GET"} {
		for _, r := range t.rows[shape{m, len(path)}] {
			if values, ok := r.pattern.match(path); ok {
				return r.value, values, true
			}
		}
		if method != "HEAD" {
			break
		}
	}
	var none T
	return none, nil, false
}

// methods are those by which a path is known, sorted.
func (t *table[T]) methods(escaped string) []string {
	path := splitPath(escaped)
	var out []string
	for _, m := range t.counts[len(path)] {
		if _, _, ok := t.find(m, escaped); ok {
			out = append(out, m)
		}
	}
	return out
}
