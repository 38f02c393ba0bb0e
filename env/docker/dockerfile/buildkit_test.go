package dockerfile

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestNeeds(t *testing.T) {
	var got []string
	for _, n := range Read(`FROM a
RUN --mount=type=cache,target=/x y
COPY --from=b --chown=c d e
COPY --link f \
 --chmod=1 g
ADD --checksum=x https://y z
RUN <<X
X
RUN --mount=type=secret,id=a --mount=target=/b,type=ssh c
RUN --security=insecure a
`).Needs() {
		got = append(got, fmt.Sprintf("%d %s %s", n.Line, n.What, n.Since))
	}
	want := []string{
		"2 RUN --mount 1.41", "4 COPY --link 1.42", "6 ADD --checksum 1.44", "7 a here-document 1.42",
		"9 RUN --mount=type=secret ", "9 RUN --mount=type=ssh ", "10 RUN --security ",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWithoutSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"# syntax=docker/dockerfile:1\nFROM a\n":             "#\nFROM a\n",
		"# escape=`\r\n#Syntax = x/y:1-labs\r\n\r\nFROM a\n": "# escape=`\r\n#\r\n\r\nFROM a\n",
		"\ufeff# syntax=a":          "#",
		"FROM a\n# syntax=b\n":      "FROM a\n# syntax=b\n",
		"# a comment\n# syntax=b\n": "# a comment\n# syntax=b\n",
	} {
		if got := WithoutSyntax(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// The step of a stage, as BuildKit counts them, has a line.
func TestStep(t *testing.T) {
	stages := Read("FROM a AS one\nENV B=1\nRUN c\nWORKDIR /d\nFROM one\nCOPY e f\nFROM scratch\nADD g h\n").Stages(nil)
	for name, want := range map[string]int{
		"one 1 3": 1, "one 2 3": 3, "ONE 3 3": 4, "stage-0 2 3": 3, "stage-1 1 1": 6, "stage-2 1 1": 8, "- 1 1": 8, "one 2 4": 0, "one 4 3": 0, "stage-3 1 1": 0, "stage-x 1 1": 0, "none 1 1": 0,
	} {
		var stage string
		var n, of int
		if _, err := fmt.Sscan(name, &stage, &n, &of); err != nil {
			t.Fatal(err)
		}
		if got := Step(stages, strings.TrimPrefix(stage, "-"), n, of); got != want {
			t.Errorf("%s: line %d, want %d", name, got, want)
		}
	}
	if got := Step(nil, "", 1, 1); got != 0 {
		t.Errorf("line %d of nothing", got)
	}
}

// What a RUN mounts is an image that the build starts from, too.
func TestImagesThatAreMounted(t *testing.T) {
	f := Read("FROM a AS one\nFROM b\nRUN --mount=type=bind,from=c:1,target=/c --mount=from=one,target=/d --mount=type=cache,target=/e f\nCOPY --from=g h i\n")
	if got := strings.Join(f.Images(f.Stages(nil)), " "); got != "a b c:1 g" {
		t.Errorf("got %s", got)
	}
}
