package docker

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// What only BuildKit can build is built by the engine's own.
func (y yard) buildkit(t *testing.T) {
	s := buildSpec(t, "kit", map[string]string{
		"Dockerfile": "# syntax=nowhere.invalid/frontend:1\nFROM base:1 AS make\nARG COLOUR\nRUN --mount=type=cache,target=/cache --mount=from=other:1,target=/other [\"/step\", \"env\", \"/made\"]\n" +
			"FROM base:1\nCOPY --chmod=600 --from=make /made /seen/made\nCOPY --chmod=640 sub /seen/sub\nCOPY . /seen/all\n",
		"sub/file": "f", "x.log": "1", ".dockerignore": "*.log\n",
	})
	run(t, "docker", "tag", "base:1", "other:1")
	red := "red"
	s.Container.Build.Args = map[string]*string{"COLOUR": &red}
	s.Container.Build.Labels = map[string]string{"of": "the user"}
	image := y.build(t, s)
	tells(t, y.heard(), "step 2 of 2: RUN --mount=type=cache", "step 3 of 4: COPY --chmod=640 sub /seen/sub")
	got := y.shows(t, image, "/step", "list", "/seen")
	tells(t, got, `-rw------- made "`, `COLOUR=red`, `-rw-r----- sub/file "f"`, `-rw-r--r-- all/sub/file "f"`)
	if strings.Contains(got, "x.log") || strings.Contains(got, hiddenDockerfile) {
		t.Errorf("the image has what the engine should not see:\n%s", got)
	}
	built, err := y.engine.BuiltImage(t.Context(), image)
	if err != nil || built.Labels["of"] != "the user" || len(built.Labels[LabelKey]) != 64 {
		t.Errorf("%v, %v", built.Labels, err)
	}
	if again := y.build(t, s); again != image || !strings.HasPrefix(y.heard(), "uses the image ") {
		t.Errorf("%s is not used again, but %s", image, again)
	}

	// A Dockerfile that is not in the context is sent beside it, and a copy of the whole finds it.
	s = buildSpec(t, "inline", map[string]string{"file": "f"})
	s.Container.Build.Inline = "FROM base:1\nCOPY --chmod=600 . /seen\n"
	got = y.shows(t, y.build(t, s), "/step", "list", "/seen")
	tells(t, got, `-rw------- file "f"`, hiddenDockerfile)
	tells(t, y.heard(), "builds inline: dockerfile_inline:2: COPY --chmod=600 . /seen copies the Dockerfile, too, as "+hiddenDockerfile)
	y.bare(t)
}

// A step of BuildKit's that fails, and one that takes too long, are named as well.
func (y yard) buildkitFails(t *testing.T) {
	s := buildSpec(t, "kit", map[string]string{
		"Dockerfile": "FROM base:1 AS beside\nRUN [\"/step\", \"sleep\"]\nFROM base:1\n\nRUN --mount=type=cache,target=/cache \\\n  [\"/step\", \"exit\", \"30\", \"3\"]\nCOPY --from=beside /step /\n",
	})
	_, err := y.b.Build(t.Context(), s, y.tell)
	var failed *BuildError
	if !errors.As(err, &failed) || failed.Line != 5 || failed.Step != 2 || failed.Of != 3 || len(failed.Output) != 20 || failed.Output[19] != "line 30" || failed.Engine {
		t.Fatalf("%+v, %v", failed, err)
	}
	tells(t, err.Error(), "step 2 of 3 failed, Dockerfile:5: RUN --mount=type=cache,target=/cache", "exit code: 3; it wrote last: line 30")
	tells(t, y.heard(), "builds kit: | line 11\n", "builds kit: | line 30")

	quick := &Builder{Engine: y.engine, Me: y.b.Me, Project: "shop", Timeout: 5 * time.Second}
	s = buildSpec(t, "clock", map[string]string{"Dockerfile": "FROM base:1\nRUN --mount=type=cache,target=/cache [\"/step\", \"sleep\"]\n"})
	_, err = quick.Build(t.Context(), s, y.tell)
	refusal(t, err, "step 2 of 2 failed, Dockerfile:2: RUN ")
	tells(t, err.Error(), "it wrote last: asleep", "it took longer than 5s, the limit of a build")

	for text, want := range map[string]string{
		"FROM base:1\nRUN <<X\nX\nRUN --mount=type=secret,id=a b\n": "Dockerfile:2: a here-document: BuildKit builds that from API 1.42 on, and this engine's is 1.41, " +
			"Dockerfile:4: RUN --mount=type=secret: runner hands no secrets, keys or rights into a build; build it by docker build -t NAME",
		"FROM base:1\nRUN --mount=target=/x y\nNONSENSE\n": "unknown instruction: NONSENSE",
	} {
		if olderThan("1.41", y.api(t)) && strings.Contains(want, "1.42") {
			continue // a newer engine than Debian's builds it
		}
		_, err = y.b.Build(t.Context(), buildSpec(t, "refused", map[string]string{"Dockerfile": text}), y.tell)
		refusal(t, err, want)
	}
	y.heard()
}

func (y yard) api(t *testing.T) string {
	t.Helper()
	pong, err := y.engine.Ping(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return pong.API
}

// What is no progress of BuildKit's is an error, and not a build that goes on unseen; fields that nobody knows are passed over.
func TestTrace(t *testing.T) {
	var told []BuildMessage
	read := func(status string) error {
		aux, err := json.Marshal([]byte(status))
		if err != nil {
			t.Fatal(err)
		}
		return readTrace(aux, func(m BuildMessage) { told = append(told, m) })
	}
	for _, status := range []string{"\x0a", "\x0a\x05a", "\x08", "\x0b", "\x09\x01", "\x80", "\x1a\x03\x0a\x02a"} {
		if err := read(status); err == nil {
			t.Errorf("%q is read", status)
		}
	}
	if err := readTrace(json.RawMessage(`{}`), nil); err == nil {
		t.Error("an object is read")
	}
	if len(told) > 0 {
		t.Errorf("told %+v", told)
	}
	const vertex = "\x0a\x01a" + "\x1a\x03run" + "\x2a\x00" + "\x3a\x02no" + "\x20\x01" + "\x7912345678"
	if err := read("\x0a\x19" + vertex + "\x1a\x09\x0a\x01a\x22\x04text"); err != nil {
		t.Error(err)
	}
	if want := []BuildMessage{{Begins: "run", Step: "a", Failed: true}, {Text: "text", Step: "a"}}; !slices.Equal(told, want) {
		t.Errorf("told %+v, want %+v", told, want)
	}
}
