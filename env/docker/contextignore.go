package docker

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// ignoring is what an ignore file keeps out of a build's context. The zero value keeps nothing out.
type ignoring struct {
	name    string // as a message calls it: ".dockerignore"; "" is none
	rules   []ignoreRule
	matcher *patternmatcher.PatternMatcher
	own     []string // what is left out whatever the rules say, as paths of the context
}

// ownIn are those of some folders that lie in a context, as paths of it. The context's own path has no symbolic link in it.
func ownIn(dir string, folders []string) []string {
	var own []string
	for _, f := range folders {
		if real, err := filepath.EvalSymlinks(f); err == nil {
			f = real
		}
		if below, err := filepath.Rel(dir, f); err == nil && filepath.IsLocal(below) && below != "." {
			own = append(own, filepath.ToSlash(below))
		}
	}
	return own
}

// ignoreRule is one line of an ignore file.
type ignoreRule struct {
	line    int
	pattern string // cleaned, without "!"
	back    bool   // "!": takes paths back in
	matcher *patternmatcher.PatternMatcher
}

// readIgnoring reads the ignore file of a build: the one beside the Dockerfile that bears its name, else the context's own.
func readIgnoring(dir, dockerfile string) (ignoring, error) {
	candidates := []string{filepath.Join(dir, ".dockerignore")}
	if dockerfile != "" {
		candidates = append([]string{dockerfile + ".dockerignore"}, candidates...)
	}
	for _, path := range candidates {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return ignoring{}, fmt.Errorf("read the ignore file: %w", err)
		}
		name := filepath.Base(path)
		if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
			name = filepath.ToSlash(rel)
		}
		return parseIgnoring(name, string(text))
	}
	return ignoring{}, nil
}

// parseIgnoring reads an ignore file's text. The line of a rule that can't be read is named.
func parseIgnoring(name, text string) (ignoring, error) {
	g := ignoring{name: name}
	var all []string
	for n, line := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		patterns, err := ignorefile.ReadAll(strings.NewReader(line))
		if err == nil && len(patterns) == 0 {
			continue
		}
		var m *patternmatcher.PatternMatcher
		r := ignoreRule{line: n + 1}
		if err == nil {
			r.pattern, r.back = strings.CutPrefix(patterns[0], "!")
			m, err = patternmatcher.New([]string{r.pattern})
		}
		if err == nil && r.pattern == "" {
			err = errors.New("it takes back nothing")
		}
		if err == nil {
			_, err = m.MatchesOrParentMatches("x") // only now is it compiled
		}
		if err != nil {
			return ignoring{}, fmt.Errorf("%s:%d: %q is no pattern: %w", name, n+1, strings.TrimSpace(line), err)
		}
		r.matcher = m
		g.rules, all = append(g.rules, r), append(all, patterns[0])
	}
	var err error
	if g.matcher, err = patternmatcher.New(all); err != nil {
		return ignoring{}, fmt.Errorf("%s: %w", name, err)
	}
	return g, nil
}

// ignoreState is what is known of a folder's rules while it is walked.
type ignoreState = patternmatcher.MatchInfo

// ignores is whether a path, with slashes, is kept out; parent is what this told of the folder above.
func (g ignoring) ignores(path string, parent ignoreState) (bool, ignoreState, error) {
	if g.matcher == nil {
		return false, ignoreState{}, nil
	}
	return g.matcher.MatchesUsingParentResults(path, parent)
}

// enters is whether a folder that is kept out may hold something that a later rule takes back.
func (g ignoring) enters(dir string) bool {
	for _, r := range g.rules {
		if !r.back {
			continue
		}
		plain, _, wild := strings.Cut(filepath.ToSlash(r.pattern), "*")
		if at := strings.IndexAny(plain, `?[\`); at >= 0 {
			plain, wild = plain[:at], true
		}
		if strings.HasPrefix(plain, dir+"/") || wild && strings.HasPrefix(dir+"/", plain) {
			return true
		}
	}
	return false
}

// because is the rule that keeps a path out: the last that speaks of it; ok is false where none does.
func (g ignoring) because(path string) (r ignoreRule, ok bool) {
	for _, rule := range g.rules {
		if match, err := rule.matcher.MatchesOrParentMatches(path); err == nil && match {
			r, ok = rule, !rule.back
		}
	}
	return r, ok
}
