package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"testrunner/env/service"
)

func TestBuild(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		y := newYard(t, m)
		t.Run("again", y.again)
		t.Run("stages", y.stages)
		t.Run("keys", y.keys)
		t.Run("sees", y.sees)
		t.Run("fails", y.fails)
		t.Run("clock", y.clock)
		t.Run("buildkit", y.buildkit)
		t.Run("buildkit fails", y.buildkitFails)
		t.Run("twins", y.twins)
		t.Run("changes", y.changes)
		t.Run("clean", y.clean)
		t.Run("broken", y.broken)
		t.Run("frozen", y.frozen)
		t.Run("dies", y.dies)
	})
}

// What was built is used again, until something changes that goes into it.
func (y yard) again(t *testing.T) {
	s := buildSpec(t, "Back_End", map[string]string{"Dockerfile": "FROM base:1\nCOPY app /app\nCMD [\"/step\"]\n", "app": "1"})
	first := y.build(t, s)
	tells(t, y.heard(), "builds Back_End from ", "step 2 of 4: COPY app /app")
	image, err := y.engine.BuiltImage(t.Context(), first)
	if err != nil || len(image.Labels[LabelKey]) != 64 || first != "runner-build/shop-back-end:"+image.Labels[LabelKey][:12] {
		t.Fatalf("%s, %v: %+v", first, err, image)
	}
	if again := y.build(t, s); again != first || y.heard() != "uses the image "+first+", built before from the same" {
		t.Errorf("%s is not used again, but %s", first, again)
	}
	s.Container.Build.NoCache = true
	y.build(t, s)
	tells(t, y.heard(), "step 2 of 4")
	s.Container.Build.NoCache = false
	write(t, s.Container.Build.Context+"/app", "2")
	if other := y.build(t, s); other == first {
		t.Errorf("%s is used for another file", first)
	}
	y.heard()
}

// Stages, the target, arguments and labels are the engine's.
func (y yard) stages(t *testing.T) {
	s := buildSpec(t, "stages", map[string]string{"docker/web.Dockerfile": `ARG BASE=nothing:1
FROM ${BASE} AS make
ARG COLOUR
ARG TARGETARCH
RUN ["/step", "env", "/made"]
FROM scratch AS other
COPY --from=make /step /step
COPY --from=make /made /made/
FROM base:1
RUN ["/step", "exit", "0", "1"]
`})
	text := func(s string) *string { return &s }
	build := s.Container.Build
	build.Dockerfile = "docker/web.Dockerfile"
	build.Args, build.Target = map[string]*string{"COLOUR": text("red"), "BASE": text("base:1"), "UNUSED": text("1"), "NONE": nil}, "Other"
	build.Labels = map[string]string{"of": "the user"}
	image := y.build(t, s)
	tells(t, y.shows(t, image, "/step", "list", "/made"), `COLOUR=red`, `TARGETARCH=`+goArch(t, y))
	built, err := y.engine.BuiltImage(t.Context(), image)
	if err != nil || built.Labels["of"] != "the user" {
		t.Errorf("%v, %v", built.Labels, err)
	}
	y.heard()
}

func goArch(t *testing.T, y yard) string {
	t.Helper()
	info, err := y.engine.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return goArchitecture(info.Architecture)
}

// Hosts, network, shared memory and platforms reach the steps.
func (y yard) keys(t *testing.T) {
	s := buildSpec(t, "keys", map[string]string{"Dockerfile": "FROM --platform=$BUILDPLATFORM base:1\nCOPY . /seen\nRUN [\"/step\", \"world\", \"/seen/world\"]\n"})
	build := s.Container.Build
	build.Hosts, build.Network, build.ShmSize = []string{"elsewhere:10.1.2.3"}, "none", 1<<20
	s.Container.Platform = "linux/" + goArch(t, y)
	got := y.shows(t, y.build(t, s), "/step", "list", "/seen")
	tells(t, got, `interfaces 1\n`, `shm 1048576\n`, `Dockerfile "FROM --platform=$BUILDPLATFORM`)
	if strings.Contains(got, hiddenDockerfile) || strings.Contains(got, ".dockerignore") {
		t.Errorf("the image has what only the engine should see:\n%s", got)
	}
	build.Network = ""
	write(t, build.Context+"/new", "") // the engine's own cache of steps does not look at networks
	tells(t, y.shows(t, y.build(t, s), "/step", "list", "/seen"), `interfaces 2\n`, `10.1.2.3\telsewhere`)
	y.heard()
}

// The image gets what the ignore file leaves, wherever the Dockerfile is.
func (y yard) sees(t *testing.T) {
	files := map[string]string{
		"Dockerfile": "FROM base:1\nCOPY . /seen\n", "a": "a", "sub/b": "b", "sub/c": "c", "deep/er/keep": "k", "deep/er/drop": "d", "run.sh": "#!",
	}
	const ignore = "sub/b\ndeep\n!deep/er/keep\n"
	const rest = "-rw-r--r-- a \"a\" 946684800\ndrwxr-xr-x deep\ndrwxr-xr-x deep/er\n-rw-r--r-- deep/er/keep \"k\" 946684800\ndrwx------ empty\nLrwxrwxrwx link -> sub/c\n" +
		"-rwxr-xr-x run.sh \"#!\" 946684800\ndrwxr-xr-x sub\n-rw-r--r-- sub/c \"c\" 946684800\n"
	const ignoreLine = "-rw-r--r-- .dockerignore %q 946684800\n"
	const dockerfileLine = "-rw-r--r-- Dockerfile \"FROM base:1\\nCOPY . /seen\\n\" 946684800\n"
	for name, c := range map[string]struct {
		ignore, own, inline string // .dockerignore, Dockerfile.dockerignore
		want                string
	}{
		"plain":            {ignore: ignore, want: fmt.Sprintf(ignoreLine, ignore) + dockerfileLine + rest},
		"ignored itself":   {ignore: ignore + ".dockerignore\nDockerfile\n", want: rest},
		"own ignore file":  {ignore: "*\n", own: ignore + "*ignore\n", want: dockerfileLine + rest},
		"own, other stays": {ignore: "Dockerfile\n", own: ignore + "Dockerfile.dockerignore\n", want: fmt.Sprintf(ignoreLine, "Dockerfile\n\n!Dockerfile\n") + dockerfileLine + rest},
		"inline":           {inline: "FROM base:1\nCOPY . /seen\n", ignore: ignore + ".dockerignore\nDockerfile\n", want: rest},
	} {
		t.Run(name, func(t *testing.T) {
			s := buildSpec(t, "sees", files)
			dir := s.Container.Build.Context
			s.Container.Build.Inline = c.inline
			write(t, dir+"/.dockerignore", c.ignore)
			if c.own != "" {
				write(t, dir+"/Dockerfile.dockerignore", c.own)
			}
			if err := errors.Join(os.Mkdir(dir+"/empty", 0o700), os.Symlink("sub/c", dir+"/link"), os.Chmod(dir+"/run.sh", 0o755)); err != nil {
				t.Fatal(err)
			}
			got := strings.Split(y.shows(t, y.build(t, s), "/step", "list", "/seen"), "\n")
			slices.SortFunc(got, func(a, b string) int {
				return strings.Compare(strings.Join(strings.Fields(a)[min(1, len(strings.Fields(a))):], " "), strings.Join(strings.Fields(b)[min(1, len(strings.Fields(b))):], " "))
			})
			if text := strings.TrimPrefix(strings.Join(got, "\n"), "\n") + "\n"; text != c.want {
				t.Errorf("the image has\n%swant\n%s", text, c.want)
			}
		})
	}
	y.heard()
}

// A step that fails is named with its line and its last lines, and its container goes.
func (y yard) fails(t *testing.T) {
	s := buildSpec(t, "fails", map[string]string{"Dockerfile": "# a comment\nFROM base:1\n\nRUN [\"/step\", \\\n  \"exit\", \"30\", \"3\"]\n"})
	_, err := y.b.Build(t.Context(), s, y.tell)
	var failed *BuildError
	if !errors.As(err, &failed) || failed.Line != 4 || failed.Step != 2 || failed.Of != 3 || len(failed.Output) != 20 || failed.Output[0] != "line 11" {
		t.Fatalf("%+v, %v", failed, err)
	}
	tells(t, err.Error(), "step 2 of 3 failed, Dockerfile:4: RUN ", "returned a non-zero code: 3", "; it wrote last: line 30")
	tells(t, y.heard(), "builds fails: | line 11\n", "builds fails: | line 30")
	y.bare(t)

	_, err = y.b.Build(t.Context(), buildSpec(t, "none", map[string]string{"Dockerfile": "FROM nowhere.invalid/none:1\n"}), y.tell)
	refusal(t, err, "Dockerfile starts from nowhere.invalid/none:1, which is not here: docker pull nowhere.invalid/none:1")
	_, err = y.b.Build(t.Context(), buildSpec(t, "none", map[string]string{"Dockerfile": "FROM base:1\nNONSENSE\n"}), y.tell)
	refusal(t, err, "build image")
}

// bare checks that no container is left, and waits for the engine to take away what it was told to.
func (y yard) bare(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		all, err := y.engine.Containers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(all) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left: %+v", all)
		}
	}
}

// A build that takes too long ends with its step, and so does one that is called off.
func (y yard) clock(t *testing.T) {
	s := buildSpec(t, "clock", map[string]string{"Dockerfile": "FROM base:1\nRUN [\"/step\", \"sleep\"]\n"})
	quick := &Builder{Engine: y.engine, Me: y.b.Me, Project: "shop", Timeout: 3 * time.Second}
	_, err := quick.Build(t.Context(), s, y.tell)
	refusal(t, err, "step 2 of 3 failed, Dockerfile:2: RUN ")
	tells(t, err.Error(), "it wrote last: asleep: it took longer than 3s, the limit of a build")
	y.bare(t)
	y.heard()
	ctx, cancel := context.WithCancel(t.Context())
	err = y.acting(ctx, t, y.b, s, cancel)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
	y.bare(t)
	y.heard()
}

// An engine that freezes in the middle is not waited for.
func (y yard) frozen(t *testing.T) {
	s := buildSpec(t, "frozen", map[string]string{"Dockerfile": "FROM base:1\nRUN [\"/step\", \"sleep\"]\n"})
	b := &Builder{Engine: y.engine, Me: y.b.Me, Project: "shop", Silence: time.Second}
	err := y.acting(t.Context(), t, b, s, func() { _ = y.daemon.Process.Signal(syscall.SIGSTOP) })
	_ = y.daemon.Process.Signal(syscall.SIGCONT)
	var failed *BuildError
	if !errors.As(err, &failed) || !failed.Engine || failed.Line != 2 {
		t.Errorf("%+v, %v", failed, err)
	}
	tells(t, fmt.Sprint(err), "the engine stopped answering")
	y.bare(t)
}

// An engine that dies in the middle is no failing step's fault. What it leaves bears no label, so it is named with the command.
func (y yard) dies(t *testing.T) {
	s := buildSpec(t, "dies", map[string]string{"Dockerfile": "FROM base:1\nRUN [\"/step\", \"sleep\"]\n"})
	err := y.acting(t.Context(), t, y.b, s, func() { _ = y.daemon.Process.Signal(syscall.SIGKILL) })
	refusal(t, err, "step 2 of 3 failed, Dockerfile:2: RUN ")
	var failed *BuildError
	if !errors.As(err, &failed) || !failed.Engine || failed.Container == "" {
		t.Fatalf("%+v, %v", failed, err)
	}
	tells(t, err.Error(), "the engine stopped answering")
	_ = y.daemon.Wait() // until then its process is still there for the next one
	y.m.engine(t)
	y.m.until(t, Up)
	_, remedy, _ := strings.Cut(err.Error(), "the engine may leave the step's container: ")
	run(t, strings.Fields(remedy)...)
	y.bare(t)
}

// acting builds, and acts when the step runs; the error is the build's.
func (y yard) acting(ctx context.Context, t *testing.T, b *Builder, s service.Spec, act func()) error {
	t.Helper()
	var acts sync.WaitGroup
	acts.Go(func() {
		for len(y.running(t)) == 0 && t.Context().Err() == nil && !t.Failed() {
			time.Sleep(10 * time.Millisecond)
		}
		act()
	})
	_, err := b.Build(ctx, s, y.tell)
	acts.Wait()
	return err
}

// running are the containers that run.
func (y yard) running(t *testing.T) (ids []string) {
	all, err := y.engine.Containers(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, c := range all {
		if c.State == "running" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
