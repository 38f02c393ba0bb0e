package tool

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

// A filter of Go's and its translation match the same names.
func TestNodeExpression(t *testing.T) {
	patterns := []string{
		`login`, `^A > b$`, `(?i)straße|ÉTÉ`, `a.c`, `(?s)a.c`, `(?m)^two$`, `\bword\b`, `\d+\s`, `[^a-c]x`, `x{2,3}y?`, `(?P<n>a|b)+?c`, `\pL\p{Greek}`,
		`[[:alpha:]]-`, `\x{1f600}`, `a/b`, `\Q[x]\E`, `$`, `\A\z`, `-\$\^`, `(?i)k`, `.*`, `(a*)*b`, `é`, "\\n", `[\x00-\x1f]`, `(?U)a+b`,
	}
	names := []string{
		"", "login", "A > b", "xA > b", "STRASSE", "straße", "été", "ÉTÉ", "abc", "a\nc", "one\ntwo\nthree", "a word here", "awords", "12 x", "dx", "ax", "xxy", "xxx",
		"aabc", "zα", "q-", "\U0001f600", "a/b", "[x]", "-$^", "K", "\u212a", "aaab", "é", "e\u0301", "\x1f", "tab\t",
	}
	var translated []string
	for _, p := range patterns {
		js, err := nodeExpression(p)
		if err != nil {
			t.Fatal(err)
		}
		translated = append(translated, js)
	}
	input, err := json.Marshal([][]string{translated, names})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("node", "-e", `const [ps, ns] = JSON.parse(process.argv[1]); console.log(JSON.stringify(ps.map((p) => ns.map((n) => new RegExp(p, 'u').test(n)))))`, string(input)).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][]bool
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for i, p := range patterns {
		re := regexp.MustCompile(p)
		for k, name := range names {
			if want := re.MatchString(name); got[i][k] != want {
				t.Errorf("%q (%s in JavaScript) on %q is %v there and %v here", p, translated[i], name, got[i][k], want)
			}
		}
	}
}

func TestNodeUnescaped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		if got := nodeUnescaped(event.EscapeName(name)); got != name {
			t.Fatalf("%q became %q", name, got)
		}
	})
}

func TestNodeQuoted(t *testing.T) {
	for in, want := range map[string]string{"/a/b": "/a/b", "/a b/c": `"/a b/c"`, `/a"\b`: `"/a\"\\b"`} {
		if got := nodeQuoted(in); got != want {
			t.Errorf("%s became %s", in, got)
		}
	}
}

func TestNodePlaces(t *testing.T) {
	for _, c := range []struct {
		stack string
		want  []nodePlace
	}{
		{"/r/a.js:3\nif (\n    ^\n\nSyntaxError: x", []nodePlace{{"/r/a.js", 3, 5}}},
		{"Error: x\n    at f (/r/a b.js:3:4)\n    at node:internal/x:1:2\n    at async file:///r/c%20d.mjs:5:6\n    at g (/scratch/tests.cjs:1:1)", []nodePlace{{"/r/a b.js", 3, 4}, {"/r/c d.mjs", 5, 6}}},
		{"Error: x\n    at Object.<anonymous> (C:\\r\\a.js:3:4)\n    at file:///C:/r/b.mjs:1:2", []nodePlace{{`C:\r\a.js`, 3, 4}, {"C:/r/b.mjs", 1, 2}}},
		{"Error: x\n    at Object.<anonymous> (/r/app/(group)/a.js:3:4)\n    at async /r/(a) (b)/c.js:5:6\n    at g (C:\\r\\(x)\\d.js:7:8)",
			[]nodePlace{{"/r/app/(group)/a.js", 3, 4}, {"/r/(a) (b)/c.js", 5, 6}, {`C:\r\(x)\d.js`, 7, 8}}},
		{"Error: x\n    at eval (eval at f (/r/a.js:3:4), <anonymous>:1:2)\n    at f (/r/a.js:5:6)", []nodePlace{{"/r/a.js", 5, 6}}},
		{"no stack", nil},
	} {
		if got := nodePlaces(c.stack, "/scratch"); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %v", c.stack, got)
		}
	}
}

func TestJSGlob(t *testing.T) {
	for _, c := range []struct {
		glob string
		yes  []string
		no   []string
	}{
		{"**/*.test.js", []string{"a.test.js", "x/y/a.test.js"}, []string{"a.js", ".git/a.test.js", "x/.y/a.test.js"}},
		{"test/**", []string{"test/a.js", "test/a/b.js"}, []string{"tests/a.js"}},
		{"src/**/t/*.js", []string{"src/t/a.js", "src/x/t/a.js"}, []string{"src/t/x/a.js"}},
		{"*.{js,mjs}", []string{"a.js", "a.mjs"}, []string{"a.cjs"}},
		{"{a/**/b,c}.js", []string{"a/b.js", "a/x/b.js", "c.js"}, []string{"ab.js"}},
		{"@(a|b)?.js", []string{"ax.js", "by.js"}, []string{"a.js"}},
		{"?(a).js", []string{"a.js", ".js"}, []string{"aa.js"}},
		{"[!a-c]x[[]", []string{"dx["}, []string{"ax["}},
		{"a{b.js", []string{"a{b.js"}, nil},
		{"[", []string{"["}, nil},
	} {
		for _, name := range c.yes {
			if !jsMatch(c.glob, name) {
				t.Errorf("%s does not match %s", c.glob, name)
			}
		}
		for _, name := range c.no {
			if jsMatch(c.glob, name) {
				t.Errorf("%s matches %s", c.glob, name)
			}
		}
	}
}

func TestJSSplit(t *testing.T) {
	for script, want := range map[string][][]jsWord{
		`a "b c" d'e'f && g>out 2>&1 | h <in; i & j`: {{{"a", false}, {"b c", true}, {"def", true}}, {{"g", false}}, {{"h", false}}, {{"i", false}}, {{"j", false}}},
		`a \"b\" "c\"d" '' 2> /dev/null e`:           {{{"a", false}, {`"b"`, true}, {`c"d`, true}, {"", true}, {"e", false}}},
		``:                                           nil,
	} {
		if got := jsSplit(script); !slices.EqualFunc(got, want, slices.Equal[[]jsWord]) {
			t.Errorf("%s: got %v", script, got)
		}
	}
}
