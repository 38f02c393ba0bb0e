package tool

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Of every line that is read by hand, the parser says the same.
func TestGoFieldsAgreeWithTheParser(t *testing.T) {
	fast := 0
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
			rapid.SampledFrom([]string{"=== RUN   TestX\n", "a \"quoted\" <tag> & a \\ and \t", "\x16--- PASS", "é", "", "\\u0041"}))
		e := map[string]any{"Action": rapid.SampledFrom([]string{"run", "output", "pass", "fail", "attr", "newer"}).Draw(t, "action")}
		for _, key := range []string{"Time", "Package", "Test", "Output", "ImportPath", "FailedBuild", "Key", "Newer"} {
			if rapid.IntRange(0, 3).Draw(t, "has "+key) > 0 && (key != "Newer" || rapid.Bool().Draw(t, "newer")) {
				e[key] = text.Draw(t, key)
			}
		}
		if rapid.Bool().Draw(t, "elapsed") {
			e["Elapsed"] = rapid.Float64().Draw(t, "seconds")
		}
		line, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if rapid.IntRange(0, 2).Draw(t, "torn") == 0 {
			at := rapid.IntRange(0, len(line)-1).Draw(t, "at")
			line = append(line[:at:at], append(rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "bytes"), line[min(len(line), at+1):]...)...)
		}
		if goSameRead(t, line) {
			fast++
		}
	})
	if fast == 0 {
		t.Error("no line was read by hand")
	}
}

func FuzzGoFields(f *testing.F) {
	f.Add([]byte(`{"Time":"2026-11-22T03:01:46Z","Action":"output","Package":"a/b","Test":"TestX","Output":"\u003cb\u003e \"q\"\n"}`))
	f.Add([]byte(`{"Action":"pass","Package":"a","Elapsed":0.01}`))
	f.Add([]byte(`{"Action":"fail","Package":"a","Elapsed":1e2,"FailedBuild":"a [a.test]"}`))
	f.Fuzz(func(t *testing.T, line []byte) { goSameRead(t, line) })
}

type fataler interface{ Fatalf(string, ...any) }

// goSameRead reads a line both ways and says whether the first one took it.
func goSameRead(t fataler, line []byte) bool {
	var r, p goReader
	line = bytes.TrimSpace(line)
	before := bytes.Clone(line)
	got, ok := r.fields(line)
	if !bytes.Equal(line, before) {
		t.Fatalf("the line was written to: %q", before)
	}
	if !ok {
		return false
	}
	want, is := p.parsed(line)
	if !is || got.action != want.action || got.failedBuild != want.failedBuild || !nearly(got.seconds, want.seconds) ||
		!bytes.Equal(got.pkg, want.pkg) || !bytes.Equal(got.test, want.test) || !bytes.Equal(got.output, want.output) || !bytes.Equal(got.importPath, want.importPath) {
		t.Fatalf("%q is read as\n%+v\nand by the parser (%v) as\n%+v", line, got, is, want)
	}
	return true
}

// nearly: the parser's own way with numbers is off in the last digit of very large and very small ones.
func nearly(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-12*math.Max(math.Abs(a), math.Abs(b)) || math.Max(math.Abs(a), math.Abs(b)) < 1e-300
}
