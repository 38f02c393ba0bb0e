package dockerfile

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const shop = `ARG VERSION=1
ARG IMAGE=golang:$VERSION
FROM --platform=$BUILDPLATFORM ${IMAGE} AS Build
ARG DIR=src
ENV OUT=/out/$DIR
COPY $DIR $OUT/x ./
COPY --from=tools:2 /a /b
RUN x
FROM build
COPY lib$VERSION /lib
ARG VERSION
COPY lib$VERSION /lib
FROM scratch as final
COPY --from=build /out /
COPY --from=0 /out /
COPY --from=node:22 /out /
COPY ${OUT:-none} $NODE /
ADD https://example.org/x local.tar /
COPY <<EOF /here
EOF
FROM $NOWHERE
COPY x /
`

func TestStages(t *testing.T) {
	f := Read(shop)
	var got []string
	for _, s := range f.Stages(Values{"VERSION": "9", "DIR": "no", "NOWHERE": "no"}) {
		got = append(got, fmt.Sprintf("%d %q %q %d %s %q %d", s.Line, s.Name, s.Base, s.From, s.Written, s.Platform, len(s.Instructions)))
	}
	want := []string{
		`3 "build" "golang:9" -1 ${IMAGE} "$BUILDPLATFORM" 5`, `9 "" "" 0 build "" 3`, `13 "final" "scratch" -1 scratch "" 6`, `21 "" "" -1 $NOWHERE "" 1`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got, want := f.Arguments(), []string{"DIR", "IMAGE", "VERSION"}; !reflect.DeepEqual(got, want) {
		t.Errorf("arguments %q, want %q", got, want)
	}
}

func TestUpto(t *testing.T) {
	stages := Read(shop).Stages(nil)
	for target, want := range map[string]int{"": 4, "build": 1, "FINAL": 3, "1": 2, "0": 1} {
		if got, err := Upto(stages, target); err != nil || len(got) != want {
			t.Errorf("%q: %d stages, %v, want %d", target, len(got), err, want)
		}
	}
	for _, target := range []string{"none", "4", "-1"} {
		if _, err := Upto(stages, target); err == nil || err.Error() != `its stages are build, 1, final, 3; none is the target "`+target+`"` {
			t.Errorf("%q: %v", target, err)
		}
	}
	if _, err := Upto(nil, ""); err == nil || err.Error() != "it has no FROM" {
		t.Errorf("no stage: %v", err)
	}
}

func TestImages(t *testing.T) {
	f := Read(shop)
	stages := f.Stages(nil)
	for n, want := range []string{"", "golang:1 tools:2", "golang:1 tools:2", "golang:1 node:22 tools:2"} {
		if got := strings.Join(f.Images(stages[:n]), " "); got != want {
			t.Errorf("%d stages: %s, want %s", n, got, want)
		}
	}
}

func TestCopies(t *testing.T) {
	f := Read(shop)
	for name, c := range map[string]struct {
		args    Values
		environ map[string][]string
		want    string
	}{
		"nothing known": {want: "6 ? ?, 10 ?, 12 ?, 17 none , 18 local.tar, 22 x"},
		"the image known": {
			environ: map[string][]string{"golang:1": {"A=b"}}, want: "6 src /out/src/x, 10 lib, 12 lib1, 17 none , 18 local.tar, 22 x",
		},
		"arguments": {
			args: Values{"VERSION": "2", "DIR": "d", "UNUSED": "u"}, environ: map[string][]string{"golang:2": nil},
			want: "6 d /out/d/x, 10 lib, 12 lib2, 17 none , 18 local.tar, 22 x",
		},
		"the image's variables stand above": {
			environ: map[string][]string{"golang:1": {"DIR=of the image"}}, want: "6 of the image /out/of the image/x, 10 lib, 12 lib1, 17 none , 18 local.tar, 22 x",
		},
	} {
		if got := copiesOf(f, c.args, c.environ); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// copiesOf writes down what is copied, with "?" for what nobody can tell.
func copiesOf(f File, args Values, environ map[string][]string) string {
	var got []string
	for _, c := range f.Copies(f.Stages(args), args, func(image string) ([]string, bool) {
		vars, ok := environ[image]
		return vars, ok
	}) {
		line := fmt.Sprint(c.Instruction.Line)
		for _, s := range c.Sources {
			path := s.Path
			if path == "" && s.Written != "$NODE" {
				path = "?"
			}
			line += " " + path
		}
		got = append(got, line)
	}
	return strings.Join(got, ", ")
}

// What is set after a COPY does not count for it, and what can't be told stays untold until it is set.
func TestCopiesScope(t *testing.T) {
	f := Read(`FROM scratch AS a
COPY $X1 /
ENV X=$UNSET
ENV X=one Y=$X
COPY $X$Y /
FROM a
ARG X=argument
COPY $X /
ENV Z=${X%e}
COPY $Z /
ENV Z=z
COPY ["$Z", "/"]
ONBUILD COPY nothing /
`)
	if got, want := copiesOf(f, nil, nil), "2 ?, 5 one, 8 one, 10 ?, 12 z"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlatformsIn(t *testing.T) {
	values := Values{"BUILDPLATFORM": "linux/amd64", "TARGETPLATFORM": "linux/arm64"}
	for text, want := range map[string]string{
		"# $BUILDPLATFORM\r\nFROM --platform=$BUILDPLATFORM a\r\nRUN $BUILDPLATFORM": "# $BUILDPLATFORM\r\nFROM --platform=linux/amd64 a\r\nRUN $BUILDPLATFORM",
		"FROM --platform=${TARGETPLATFORM} a \\\n AS b\n":                            "FROM --platform=linux/arm64 a \\\n AS b\n",
		"ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM a\n":                      "ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM a\n",
		"FROM --platform=$OTHER a\n":                                                 "FROM --platform=$OTHER a\n",
		"FROM a\n":                                                                   "FROM a\n",
	} {
		if got := PlatformsIn(text, values); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
