package dockerfile

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// brief is an instruction as a test writes it: "3 COPY [from=a] x y".
func brief(i Instruction) string {
	text := fmt.Sprintf("%d %s", i.Line, i.Name)
	for _, f := range i.Flags {
		text += " [" + f.Name + "=" + f.Value + "]"
	}
	if i.JSON != nil {
		text += fmt.Sprintf(" json%q", i.JSON)
	} else if i.Text != "" {
		text += " " + i.Text
	}
	if i.Here {
		text += " (here)"
	}
	return text
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                    {"", nil},
		"comments":                   {"# one\n\n  # two\n", nil},
		"lines":                      {"from a\n\n# c\n  Run b  \n", []string{"1 FROM a", "4 RUN b"}},
		"windows' lines":             {"\ufeffFROM a\r\nRUN b \\\r\n c\r\n", []string{"1 FROM a", "2 RUN b  c"}},
		"joined":                     {"RUN a \\\n  b \\ \t\n\n# in between\n  c\nRUN d", []string{"1 RUN a   b   c", "6 RUN d"}},
		"joined in a word":           {"COPY lon\\\ng /x\n", []string{"1 COPY long /x"}},
		"no join: escaped":           {"RUN a \\\\\nRUN b\n", []string{"1 RUN a \\\\", "2 RUN b"}},
		"joined to the end":          {"RUN a \\", []string{"1 RUN a"}},
		"another escape":             {"# escape=`\nCOPY a\\ `\n  c:\\\nRUN b\n", []string{"2 COPY a\\   c:\\", "4 RUN b"}},
		"escape is not at the top":   {"# hello\n# escape=`\nRUN a `\nRUN b\n", []string{"3 RUN a `", "4 RUN b"}},
		"escape after another":       {"#syntax=docker/dockerfile:1\n# Escape = `\nRUN a `\nb\n", []string{"3 RUN a b"}},
		"flags":                      {"COPY --from=a --chown=\"b c\" --x d --e /f\n", []string{"1 COPY [from=a] [chown=b c] [x=] d --e /f"}},
		"flags that are not":         {"RUN -- --mount=x y\n", []string{"1 RUN -- --mount=x y"}},
		"json":                       {"COPY [\"a b\", \"/c\"]\nCMD [ \"x\" ]\nRUN [ -f x ]\nCOPY [] x\n", []string{"1 COPY json[\"a b\" \"/c\"]", "2 CMD json[\"x\"]", "3 RUN [ -f x ]", "4 COPY [] x"}},
		"json over lines":            {"CMD [\"a\", \\\n\"b\"]\n", []string{"1 CMD json[\"a\" \"b\"]"}},
		"here":                       {"RUN <<EOF\nFROM x\nEOF\nCOPY <<-\"A\" <<B /x/\n\tFROM\n\tA\nb\nB\nRUN y\n", []string{"1 RUN <<EOF (here)", "4 COPY <<-\"A\" <<B /x/ (here)", "9 RUN y"}},
		"here, and its end is not":   {"RUN echo $((1<<n))\nCOPY a b\n", []string{"1 RUN echo $((1<<n))", "2 COPY a b"}},
		"here, not in an ENV":        {"ENV a=<<EOF\nEOF\n", []string{"1 ENV a=<<EOF", "2 EOF"}},
		"tabs divide":                {"COPY\ta\tb\n", []string{"1 COPY a\tb"}},
		"a name alone":               {"FROM\n", []string{"1 FROM"}},
		"comment ends nothing":       {"RUN a \\\n# c \\\nb\n", []string{"1 RUN a b"}},
		"a quote that is not closed": {"COPY --x=\"a b\n", []string{"1 COPY [x=a b]"}},
	} {
		var got []string
		for _, i := range Read(c.text).Instructions {
			got = append(got, brief(i))
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestInstructionString(t *testing.T) {
	i := Read("COPY --from=a --link  x \\\n  y\n").Instructions[0]
	if got := i.String(); got != "COPY --from=a --link x y" {
		t.Errorf("got %q", got)
	}
	long := Read("RUN " + strings.Repeat("ü", 200)).Instructions[0].String()
	if n := len([]rune(long)); n != 100 || !strings.HasSuffix(long, "ü…") {
		t.Errorf("%d characters: %s", n, long)
	}
}

func TestExpand(t *testing.T) {
	vars := Values{"A": "one", "EMPTY": "", "B_2": "two"}
	lookup := func(name string) (string, bool, bool) {
		if name == "SECRET" {
			return "", false, false
		}
		value, set := vars[name]
		return value, set, true
	}
	for word, want := range map[string]string{
		"":             "",
		"plain/x":      "plain/x",
		"$A/${B_2}":    "one/two",
		"$A-$NONE-x":   "one--x",
		"$B_2x":        "",
		`\$A`:          "$A",
		`'$A'"$A"`:     "$Aone",
		`"a\"b\$c\\d"`: `a"b$c\d`,
		`"a\b"`:        `a\b`,
		`a\ b`:         "a b",
		"a$":           "a$",
		"$/x":          "$/x",
		"$1x":          "x",
		"${A:-x}":      "one", "${NONE:-x}": "x", "${EMPTY:-x}": "x", "${EMPTY-x}": "", "${NONE-x}": "x", "${NONE:-${A}/y}": "one/y",
		"${A:+x}": "x", "${NONE:+x}": "", "${EMPTY:+x}": "", "${EMPTY+x}": "x", "${NONE:-'q r'}": "q r",
		"$SECRET": "?", "${SECRET}": "?", "${SECRET:-x}": "?", "${A#o}": "?", "${A:?x}": "?", "${A": "?", "'a": "?", `"a`: "?", "${}": "?", "${A/x/y}": "?",
	} {
		got, known := Read("").Expand(word, lookup)
		if want == "?" && known || want != "?" && (!known || got != want) {
			t.Errorf("%s: got %q, %t, want %q", word, got, known, want)
		}
	}
	vars["LONG"] = strings.Repeat("x", longest)
	if _, known := Read("").Expand("$LONG$LONG$A", lookup); known {
		t.Error("a word may grow without end")
	}
	if got, _ := Read("# escape=`\n").Expand("a\\b`$A", lookup); got != `a\b$A` {
		t.Errorf("with another escape: got %q", got)
	}
}

func TestPairs(t *testing.T) {
	for text, want := range map[string][]Pair{
		"ENV A=1 B=\"x y\" C='z'": {{"A", "1", true}, {"B", `"x y"`, true}, {"C", "'z'", true}},
		"ENV A some words":        {{"A", "some words", true}},
		"ENV A=x\\ y":             {{"A", `x\ y`, true}},
		"ARG A B=2":               {{"A", "", false}, {"B", "2", true}},
		"ARG A=":                  {{"A", "", true}},
	} {
		f := Read(text)
		if got := f.Pairs(f.Instructions[0]); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
}

// Whatever stands in a file, reading it ends, its lines are within it and rise, and what is read of it does not crash.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"FROM a AS b\nARG X=${Y:-1}\nCOPY --from=b $X \"q\" /d\n", "# escape=`\nRUN a `\n b\n", "RUN <<EOF\nx\nEOF\nADD [\"a\", \"b\"]\n",
		"ARG A='\nFROM ${A\nENV B $C\nCOPY *\\", "COPY --\"x y\" <<-'Z' \\\n\\\n", "FROM scratch\nENV A=${B:+${C}} \\\n# x\nD\nCOPY $A $D .",
	} {
		f.Add(seed, "target")
	}
	f.Fuzz(func(t *testing.T, text, target string) {
		file := Read(text)
		last, lines := 0, strings.Count(text, "\n")+1
		for _, i := range file.Instructions {
			if i.Line <= last || i.Line > lines || i.Name == "" || i.Name != strings.ToUpper(i.Name) {
				t.Fatalf("line %d after %d of %d: %q", i.Line, last, lines, i.Name)
			}
			last = i.Line
			_ = i.String()
		}
		args := Values{}
		for _, name := range file.Arguments() {
			args[name] = target
		}
		stages := file.Stages(args)
		for n, s := range stages {
			if s.From >= n || s.From >= 0 && s.Base != "" {
				t.Fatalf("stage %d starts from %d and %q", n, s.From, s.Base)
			}
		}
		file.Needs()
		WithoutSyntax(text)
		upto, err := Upto(stages, target)
		if err != nil {
			return
		}
		file.Images(upto)
		for _, c := range file.Copies(upto, args, func(string) ([]string, bool) { return []string{"A=1"}, target == "" }) {
			if len(c.Sources) == 0 {
				t.Fatal("a copy of nothing")
			}
		}
	})
}
