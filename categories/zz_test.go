package categories

import ("testing";"time";"strings";"fmt";"github.com/goccy/go-yaml/lexer";"github.com/goccy/go-yaml/parser")

func TestZZ(t *testing.T) {
	for _, size := range []int{32<<10, 256<<10} {
		for _, s := range []string{"[", "- ", "-\n", "{a: ", "a:\n ", "? ", "&a ", "*a ", "!!a ", "\"", "'", "|\n ", "# x\n", "a: b\n", "- a\n", "a,", "\t", "<<: ", "%", "---\n", "é", "x-y: 1\r\n", "a: &a\n", " ", "\n", "\\", ": ", "a: ", "- a: "} {
			text := "version: 1\norder: " + strings.Repeat(s, size/len(s))
			st := time.Now()
			toks := lexer.Tokenize(text)
			lx := time.Since(st)
			if lx > 300*time.Millisecond { fmt.Printf("%q %d lex %v (%d tokens)\n", s, size, lx, len(toks)) }
			if len(toks) > 30000 || s=="[" || s=="{a: " { continue }
			st = time.Now()
			parser.Parse(toks, 0)
			if d := time.Since(st); d > 300*time.Millisecond { fmt.Printf("%q %d parse %v (%d tokens)\n", s, size, d, len(toks)) }
		}
	}
}
