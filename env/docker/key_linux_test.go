package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cerrdefs "github.com/containerd/errdefs"

	"testrunner/env"
	"testrunner/env/service"
)

// stock is an engine that knows images by name, and nothing else.
type stock struct {
	Engine
	images map[string]ImageDescription
}

func (s stock) DescribeImage(_ context.Context, reference string) (ImageDescription, error) {
	if d, ok := s.images[reference]; ok {
		return d, nil
	}
	return ImageDescription{}, fmt.Errorf("inspect image %s: %w", reference, cerrdefs.ErrNotFound)
}

func (s stock) Info(context.Context) (Info, error) {
	return Info{OSType: "linux", Architecture: "x86_64"}, nil
}

func (s stock) BuiltImage(_ context.Context, reference string) (Image, error) {
	return Image{}, fmt.Errorf("inspect image %s: %w", reference, cerrdefs.ErrNotFound)
}

func (s stock) Images(context.Context, ...string) ([]Image, error) { return nil, nil }

func (s stock) Fresh(context.Context) error { return nil }

func (s stock) Ping(context.Context) (Pong, error) { return Pong{API: "1.40"}, nil }

// BuildImage builds nothing, and says what it was asked for.
func (s stock) BuildImage(_ context.Context, o BuildOrder, context io.Reader, _ func(BuildMessage)) (string, error) {
	_, err := io.Copy(io.Discard, context)
	o.Tag, o.Labels[LabelKey] = "", "" // the key's test has them
	return "", errors.Join(fmt.Errorf("%+v", o), err)
}

// sample is a build whose key is taken.
type sample struct {
	dir    string
	spec   service.Spec
	images map[string]ImageDescription
}

func newSample(t *testing.T) sample {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "context")
	for name, text := range map[string]string{
		"Dockerfile":    "FROM base:1 AS make\nARG USED\nARG TARGETARCH\nCOPY . /src\nFROM make\n",
		".dockerignore": "*.log\nlogs\n!logs/keep\n",
		"main.go":       "package main\n", "run.sh": "#!/bin/sh\n", "x.log": "1", "logs/a": "1", "logs/keep": "1", "sub/b": "1",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	if err := os.Symlink("main.go", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	used, unused := "1", "1"
	build := &service.Build{Context: dir, Args: map[string]*string{"USED": &used, "UNUSED": &unused, "HTTP_PROXY": &unused}}
	return sample{dir, service.Spec{Service: env.Service{Name: "s"}, Container: &service.Container{Build: build}},
		map[string]ImageDescription{"base:1": {ID: "sha256:1"}}}
}

func (s sample) key(t *testing.T) string {
	t.Helper()
	b := &Builder{Engine: stock{images: s.images}}
	p, err := b.prepare(t.Context(), s.spec, true, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	return p.key()
}

func (s sample) write(t *testing.T, name, text string) {
	t.Helper()
	write(t, filepath.Join(s.dir, name), text)
}

// What changes the key, as docs/build.md has it.
func TestKey(t *testing.T) {
	text := func(s string) *string { return &s }
	ok := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for what, c := range map[string]struct {
		change  func(*testing.T, sample)
		another bool
	}{
		"nothing":                   {func(*testing.T, sample) {}, false},
		"one byte of a file":        {func(t *testing.T, s sample) { s.write(t, "main.go", "package Main\n") }, true},
		"a line's end: CRLF for LF": {func(t *testing.T, s sample) { s.write(t, "main.go", "package main\r\n") }, true},
		"a mode bit of a file":      {func(t *testing.T, s sample) { ok(t, os.Chmod(s.dir+"/run.sh", 0o755)) }, true},
		"a mode bit of a folder":    {func(t *testing.T, s sample) { ok(t, os.Chmod(s.dir+"/sub", 0o700)) }, true},
		"a file's time":             {func(t *testing.T, s sample) { ok(t, os.Chtimes(s.dir+"/main.go", time.Unix(9, 0), time.Unix(9, 0))) }, false},
		"a file's owner":            {func(t *testing.T, s sample) { ok(t, os.Chown(s.dir+"/main.go", os.Getuid(), os.Getgid()+1)) }, false},
		"a file's name":             {func(t *testing.T, s sample) { ok(t, os.Rename(s.dir+"/main.go", s.dir+"/mein.go")) }, true},
		"a new file":                {func(t *testing.T, s sample) { s.write(t, "new", "") }, true},
		"an empty folder":           {func(t *testing.T, s sample) { ok(t, os.Mkdir(s.dir+"/empty", 0o755)) }, true},
		"a link's target": {func(t *testing.T, s sample) {
			ok(t, os.Remove(s.dir+"/link"))
			ok(t, os.Symlink("run.sh", s.dir+"/link"))
		}, true},
		"a link for a file with its content":    {func(t *testing.T, s sample) { ok(t, os.Remove(s.dir+"/link")); s.write(t, "link", "package main\n") }, true},
		"a file that is ignored":                {func(t *testing.T, s sample) { s.write(t, "x.log", "2") }, false},
		"a new file that is ignored":            {func(t *testing.T, s sample) { s.write(t, "logs/b", "2") }, false},
		"a file that is ignored and taken back": {func(t *testing.T, s sample) { s.write(t, "logs/keep", "2") }, true},
		"the place of the context":              {func(t *testing.T, s sample) { moved(t, s) }, false},
		"the Dockerfile": {func(t *testing.T, s sample) {
			s.write(t, "Dockerfile", "FROM base:1\nARG USED\nARG TARGETARCH\nCOPY . /src\n")
		}, true},
		"the Dockerfile in the compose file":             {func(t *testing.T, s sample) { s.spec.Container.Build.Inline = "FROM base:1\n" }, true},
		"an argument that an ARG declares":               {func(t *testing.T, s sample) { s.spec.Container.Build.Args["USED"] = text("2") }, true},
		"an argument that loses its value":               {func(t *testing.T, s sample) { s.spec.Container.Build.Args["USED"] = nil }, true},
		"an argument that no ARG declares":               {func(t *testing.T, s sample) { s.spec.Container.Build.Args["UNUSED"] = text("2") }, false},
		"a proxy that no ARG declares":                   {func(t *testing.T, s sample) { s.spec.Container.Build.Args["HTTP_PROXY"] = text("http://p") }, false},
		"the target":                                     {func(t *testing.T, s sample) { s.spec.Container.Build.Target = "make" }, true},
		"the platform":                                   {func(t *testing.T, s sample) { s.spec.Container.Platform = "linux/arm64" }, true},
		"the base image, under the same name":            {func(t *testing.T, s sample) { s.images["base:1"] = ImageDescription{ID: "sha256:2"} }, true},
		"an image that the build has nothing to do with": {func(t *testing.T, s sample) { s.images["other:1"] = ImageDescription{ID: "sha256:2"} }, false},
		"a label":                  {func(t *testing.T, s sample) { s.spec.Container.Build.Labels = map[string]string{"a": "b"} }, true},
		"the network of its steps": {func(t *testing.T, s sample) { s.spec.Container.Build.Network = "host" }, true},
		"the service's name":       {func(t *testing.T, s sample) { s.spec.Name = "other" }, false},
	} {
		t.Run(what, func(t *testing.T) {
			s := newSample(t)
			before := s.key(t)
			c.change(t, s)
			if after := s.key(t); (after != before) != c.another || len(after) != 64 {
				t.Errorf("before %s, after %s: another key: %t, want %t", before, after, after != before, c.another)
			}
		})
		page, err := os.ReadFile("../../docs/build.md")
		if err != nil {
			t.Fatal(err)
		}
		row := fmt.Sprintf("| %s | %s |", what, map[bool]string{true: "another", false: "the same"}[c.another])
		if !strings.Contains(string(page), row) {
			t.Errorf("docs/build.md has no row %q", row)
		}
	}
}

// Each key of a build reaches the engine.
func TestBuildOrder(t *testing.T) {
	s := newSample(t)
	b := s.spec.Container.Build
	b.CacheFrom, b.NoCache, b.Target, b.Network, b.ShmSize, b.Hosts = []string{"cache:1"}, true, "make", "host", 9, []string{"a:1.2.3.4"}
	b.Labels, b.Platforms = map[string]string{"of": "the user"}, []string{"linux/arm64", "linux/amd64"}
	_, err := (&Builder{Engine: stock{images: s.images}}).Build(t.Context(), s.spec, func(string) {})
	want := "{Tag: Dockerfile:Dockerfile Target:make Platform:linux/amd64 Args:map[HTTP_PROXY:1 TARGETARCH:amd64 USED:1] Labels:map[io.runner.key: of:the user] " +
		"CacheFrom:[cache:1] NoCache:true Network:host ShmSize:9 Hosts:[a:1.2.3.4] BuildKit:false}"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	b.Platforms = []string{"linux/arm64", "linux/riscv64"}
	_, err = (&Builder{Engine: stock{images: s.images}}).Build(t.Context(), s.spec, func(string) {})
	refusal(t, err, "Platform:linux/arm64 ")
}

// moved gives the context another place.
func moved(t *testing.T, s sample) {
	t.Helper()
	to := s.dir + "-moved"
	if err := os.Rename(s.dir, to); err != nil {
		t.Fatal(err)
	}
	s.spec.Container.Build.Context = to
}
