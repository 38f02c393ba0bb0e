package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"testrunner/env/docker/dockerfile"
	"testrunner/env/service"
)

// contextOf reads a context that holds files: names that end in "/" are folders, "a -> b" are links.
func contextOf(t *testing.T, ignore string, names ...string) *buildContext {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if link, target, ok := strings.Cut(name, " -> "); ok {
			if err := errors.Join(os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755), os.Symlink(target, filepath.Join(dir, link))); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(t, filepath.Join(dir, name), name)
	}
	rules, err := parseIgnoring(".dockerignore", ignore)
	if err != nil {
		t.Fatal(err)
	}
	c, err := readContext(t.Context(), dir, rules)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *buildContext) paths() string {
	var all []string
	for _, e := range c.entries {
		all = append(all, e.path)
	}
	return strings.Join(all, " ")
}

func TestContextIgnores(t *testing.T) {
	files := []string{"a", "b.log", "dir/", "dir/a", "dir/b.log", "dir/in/c", "node_modules/x/y.js", "node_modules/z", "with space"}
	for ignore, want := range map[string]string{
		"":                                     "a b.log dir dir/a dir/b.log dir/in dir/in/c node_modules node_modules/x node_modules/x/y.js node_modules/z with space",
		"# a comment\n\n  a  \n/dir/\n":        "b.log node_modules node_modules/x node_modules/x/y.js node_modules/z with space",
		"*.log\nnode_modules\nwith space":      "a dir dir/a dir/b.log dir/in dir/in/c",
		"**/*.log\nnode_modules":               "a dir dir/a dir/in dir/in/c with space",
		"*\n!dir/in":                           "dir dir/in dir/in/c",
		"*\n!dir/*.log\n!a":                    "a dir dir/b.log",
		"*\n!**/c":                             "dir dir/in dir/in/c",
		"dir\n!dir/a\ndir/a\n\r\nnode_modules": "a b.log with space",
		"*\r\n!a\r\n":                          "a",
		"dir/*\nnode_modules/**":               "a b.log dir node_modules with space",
		"\ufeffa\nno*\ndi?\n[b].log":           "with space",
	} {
		if got := contextOf(t, ignore, files...).paths(); got != want {
			t.Errorf("%q leaves %s\nwant %s", ignore, got, want)
		}
	}
	for ignore, want := range map[string]string{"a\n[\n": `.dockerignore:2: "[" is no pattern: syntax error in pattern`, "!": `.dockerignore:1: "!" is no pattern: it takes back nothing`} {
		if _, err := parseIgnoring(".dockerignore", ignore); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", ignore, err, want)
		}
	}
}

func TestContextBecause(t *testing.T) {
	g, err := parseIgnoring("x", "# c\ndist\n\n*.log\n!keep.log\nkeep.*\n!dist/in\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"dist": 2, "dist/a": 2, "dist/in": 0, "dist/in/x": 0, "b.log": 4, "keep.log": 6, "a": 0} {
		if r, ok := g.because(name); ok && r.line != want || ok != (want > 0) {
			t.Errorf("%s: line %d, %t, want %d", name, r.line, ok, want)
		}
		if ignored, _, err := g.ignores(name, ignoreState{}); err != nil || ignored != (want > 0) {
			t.Errorf("%s: the rules together say %t, %v", name, ignored, err)
		}
	}
}

// The stream is every time the same, whatever the files' times are, and nothing that changes meanwhile is sent unseen.
func TestContextWrite(t *testing.T) {
	c := contextOf(t, "", "a", "dir/b", "empty/", "l -> a", strings.Repeat("long/", 40)+"ü")
	stream := func() (string, error) {
		var b bytes.Buffer
		err := c.write(t.Context(), &b, contextExtra{"Dockerfile": "FROM x\n", "a": "other"})
		return b.String(), err
	}
	first, err := stream()
	if err != nil || !strings.Contains(first, "other") || !strings.Contains(first, "dir/b") {
		t.Fatalf("%v", err)
	}
	if err := os.Chtimes(c.full("dir/b"), contextTime(), contextTime()); err != nil {
		t.Fatal(err)
	}
	if again, err := stream(); err != nil || again != first {
		t.Errorf("another stream, %v", err)
	}
	for what, change := range map[string]func() error{
		"longer":  func() error { return os.WriteFile(c.full("dir/b"), []byte("dir/b2"), 0o644) },
		"shorter": func() error { return os.WriteFile(c.full("dir/b"), []byte("dir/"), 0o644) },
		"other":   func() error { return os.WriteFile(c.full("dir/b"), []byte("dir/c"), 0o644) },
		"gone":    func() error { return os.Remove(c.full("dir/b")) },
	} {
		write(t, c.full("dir/b"), "dir/b")
		if err := change(); err != nil {
			t.Fatal(err)
		}
		var changed *ContextChanged
		if _, err := stream(); !errors.As(err, &changed) || changed.Path != "dir/b" {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestContextOdd(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/a", "a")
	if err := syscall.Mkfifo(dir+"/pipe", 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := readContext(t.Context(), dir, ignoring{})
	if err != nil || c.paths() != "a" {
		t.Fatalf("%v, %v", c, err)
	}
	if got := strings.Join(c.warnings("s", nil), ""); !strings.Contains(got, "leaves out pipe, which is no file, folder or link") {
		t.Errorf("it says %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readContext(ctx, dir, ignoring{}); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
	if _, err := readContext(t.Context(), dir+"/none", ignoring{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	refusal(t, second(readContext(t.Context(), dir+"/a", ignoring{})), "is no folder")
}

func TestContextMode(t *testing.T) {
	for _, c := range []struct {
		mode fs.FileMode
		goos string
		want fs.FileMode
	}{
		{0o640, "linux", 0o640}, {fs.ModeDir | fs.ModeSticky | 0o777, "linux", fs.ModeDir | fs.ModeSticky | 0o777}, {fs.ModeSymlink | 0o755, "darwin", fs.ModeSymlink | 0o777},
		{0o666, "windows", 0o755}, {fs.ModeDir | 0o777, "windows", fs.ModeDir | 0o755}, {fs.ModeSetuid | 0o755, "linux", fs.ModeSetuid | 0o755},
	} {
		if got := contextMode(c.mode, c.goos); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.mode, c.goos, got, c.want)
		}
	}
	if got := tarMode(fs.ModeDir | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky | 0o751); got != 0o7751 {
		t.Errorf("%o", got)
	}
}

// A COPY of what is missing or ignored is named before the build, with its line and the rule's.
func TestMissingSources(t *testing.T) {
	const ignore = "# built\n\ndist\n*.log\n!keep.log\nnode_modules/*\n"
	files := []string{"app/main.go", "dist/x", "a.log", "keep.log", "Readme.md", "out -> dist/x", "up -> /app/", "loop -> loop", "gone -> nowhere", "node_modules/p", "with space"}
	for text, want := range map[string]string{
		"COPY app /":                     "",
		"COPY ./app/main.go /x":          "",
		"COPY /app/ /x":                  "",
		"COPY . /":                       "",
		"COPY node_modules /":            "",
		"COPY up/main.go /":              "",
		"COPY keep.log /":                "",
		`COPY ["with space", "/"]`:       "",
		"COPY --from=x dist /":           "",
		"ADD https://example.org/x /":    "",
		"COPY *.log /":                   "",
		"COPY nothing* app /":            "",
		"COPY $UNKNOWN /":                "",
		"COPY [ /":                       "",
		"COPY dist/ /":                   "D:2: COPY dist/: ignored by .dockerignore:3 `dist`: take that line out, or add `!dist` below it",
		"ADD dist/x a.log /":             "D:2: ADD dist/x: ignored by .dockerignore:3 `dist`: take that line out, or add `!dist/x` below it; D:2: ADD a.log: ignored by .dockerignore:4 `*.log`: take that line out, or add `!a.log` below it",
		"COPY node_modules/p /":          "D:2: COPY node_modules/p: ignored by .dockerignore:6 `node_modules/*`: take that line out, or add `!node_modules/p` below it",
		"COPY none /":                    "D:2: COPY none: not in the context CONTEXT: make it before the build, or mend the path",
		"COPY readme.md /":               "D:2: COPY readme.md: not in the context CONTEXT: there is Readme.md",
		"COPY ../x /":                    "D:2: COPY ../x: outside of the context CONTEXT: name a higher folder as build.context in the compose file",
		"COPY out /":                     "D:2: COPY out: ignored by .dockerignore:3 `dist`: take that line out, or add `!dist/x` below it",
		"COPY gone /":                    "D:2: COPY gone: not in the context CONTEXT: make it before the build, or mend the path",
		"COPY loop /":                    "D:2: COPY loop: not in the context CONTEXT: make it before the build, or mend the path",
		"COPY dist/* /":                  "D:2: COPY dist/*: ignored by .dockerignore:3 `dist`: take that line out, or add `!dist/x` below it",
		"COPY *.none b* /":               "D:2: COPY *.none b*: no file in the context CONTEXT matches: make one before the build, or mend the pattern",
		"ARG A=dist\nCOPY $A/x /":        "D:3: COPY $A/x: ignored by .dockerignore:3 `dist`: take that line out, or add `!dist/x` below it",
		"ENV A=no\nCOPY ${A}ne \\\n  /x": "D:3: COPY ${A}ne: not in the context CONTEXT: make it before the build, or mend the path",
	} {
		c := contextOf(t, ignore, files...)
		p := &preparation{name: "D"}
		p.context, p.build = c, &service.Build{}
		p.dockerfile = "FROM " + map[bool]string{true: "base", false: "scratch"}[strings.Contains(text, "UNKNOWN")] + "\n" + text + "\n"
		p.read()
		got := ""
		if err := p.checkCopies("", nil); err != nil {
			got = strings.ReplaceAll(err.Error(), c.dir, "CONTEXT")
		}
		if got != want {
			t.Errorf("%s:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

// What stands beside a Dockerfile that is not at the context's top is the usual mistake.
func TestMissingBesideDockerfile(t *testing.T) {
	c := contextOf(t, "", "docker/Dockerfile", "docker/app")
	p := &preparation{name: "docker/Dockerfile"}
	p.context, p.build, p.dockerfile = c, &service.Build{}, "FROM scratch\nCOPY app /\n"
	p.read()
	refusal(t, p.checkCopies(c.full("docker/Dockerfile"), nil), "docker/Dockerfile:2: COPY app: not in the context "+c.dir+": paths count from the context, not from the Dockerfile")
}

// read takes the Dockerfile's text apart.
func (p *preparation) read() {
	p.file = dockerfile.Read(p.dockerfile)
	p.stages = p.file.Stages(nil)
}

func TestContextWarnings(t *testing.T) {
	c := contextOf(t, "", ".git/HEAD", "web/node_modules/a/b.js", "web/node_modules/c", "app/__pycache__/x.pyc", "data/big", "ok")
	check := func(text string, want ...string) {
		t.Helper()
		p := &preparation{name: "D"}
		p.context, p.build, p.dockerfile = c, &service.Build{}, text
		p.read()
		got := strings.ReplaceAll(strings.Join(c.warnings("s", p.copies(nil)), "\n"), c.dir, "CONTEXT")
		if got != strings.Join(want, "\n") {
			t.Errorf("%q: got\n%s\nwant\n%s", text, got, strings.Join(want, "\n"))
		}
	}
	git := "builds s: its context CONTEXT holds .git (1 files, 1 kB): add `.git` to .dockerignore"
	cache := "builds s: its context CONTEXT holds __pycache__ (1 files, 1 kB): add `**/__pycache__` to .dockerignore"
	modules := "builds s: its context CONTEXT holds node_modules (2 files, 1 kB): add `**/node_modules` to .dockerignore"
	check("FROM scratch\nCOPY . /\n", git, cache, modules)
	check("FROM scratch\nCOPY web/node_modules /\n", git, cache)
	for n, e := range c.entries {
		if e.path == "data/big" {
			c.entries[n].size = 200e6
		}
	}
	c.bytes = 200e6 + 100
	check("FROM scratch\nCOPY . /\n", git, cache, modules, "builds s: its context CONTEXT has 200 MB, 200 MB of them in data: if no COPY needs it, add `data` to .dockerignore")
	check("FROM scratch\nCOPY data /\n", git, cache, modules, "builds s: its context CONTEXT has 200 MB, 1 kB of them in web: if no COPY needs it, add `web` to .dockerignore")
}

// What can't be built is refused before anything is sent, and says what to do.
func TestBuildRefusals(t *testing.T) {
	for want, s := range map[string]func(*service.Build){
		"its context https://example.org/x.git is an address: name a folder":                                                                   func(b *service.Build) { b.Context = "https://example.org/x.git" },
		"there is no other.Dockerfile in CONTEXT: write one, or name it by build.dockerfile":                                                   func(b *service.Build) { b.Dockerfile = "other.Dockerfile" },
		"Dockerfile: its stages are make, 1; none is the target \"none\"":                                                                      func(b *service.Build) { b.Target = "none" },
		"dockerfile_inline:2: RUN --mount: BuildKit builds that from API 1.41 on, and this engine's is 1.40; build it by docker build -t NAME": func(b *service.Build) { b.Inline = "FROM base:1\nRUN --mount=type=cache,target=/x y\n" },
		"dockerfile_inline: it has no FROM":                                                                                                    func(b *service.Build) { b.Inline = "# nothing\n" },
		"dockerfile_inline starts from none:1, which is not here: docker pull none:1":                                                          func(b *service.Build) { b.Inline = "FROM none:1\n" },
	} {
		y := newSample(t)
		s(y.spec.Container.Build)
		_, err := (&Builder{Engine: stock{images: y.images}}).Build(t.Context(), y.spec, func(string) {})
		if err == nil || !strings.HasPrefix(strings.ReplaceAll(err.Error(), y.dir, "CONTEXT"), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := (&Builder{}).Build(t.Context(), service.Spec{}, nil); err == nil {
		t.Error("a service without a build is built")
	}
}

// Images that are missing are pulled first, and those that are here where the compose file says so.
func TestBuildPulls(t *testing.T) {
	y := newSample(t)
	y.spec.Container.Build.Inline = "ARG BUILDPLATFORM\nFROM --platform=$BUILDPLATFORM none:1\nFROM base:1\n"
	y.spec.Container.Platform = "linux/arm64"
	var pulled []string
	b := &Builder{Engine: stock{images: y.images}, Pull: func(_ context.Context, reference, platform string, _ service.Tell) error {
		pulled = append(pulled, reference+" "+platform)
		if reference == "bad:1" {
			return errors.New("no such image")
		}
		y.images[reference] = ImageDescription{ID: fmt.Sprintf("sha256:%d", len(pulled))}
		return nil
	}}
	prepare := func(want string) {
		t.Helper()
		pulled = nil
		if _, err := b.prepare(t.Context(), y.spec, true, func(string) {}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(pulled, ", "); got != want {
			t.Errorf("pulled %q, want %q", got, want)
		}
	}
	prepare("none:1 linux/amd64")
	prepare("")
	y.spec.Container.Build.Pull = true
	prepare("base:1 linux/arm64, none:1 linux/amd64")
	y.spec.Container.Build.Inline = "FROM bad:1\n"
	_, err := b.Build(t.Context(), y.spec, func(string) {})
	refusal(t, err, "no such image")
}

func TestImageName(t *testing.T) {
	for name, want := range map[string]string{"shop-api": "shop-api", "Shop_API.v2": "shop-api-v2", "-a--b-": "a-b", "日本": "service", "a日b": "a-b"} {
		if got := imageName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
