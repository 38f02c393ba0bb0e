package docker

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Two services with the same build share one, also side by side.
func (y yard) twins(t *testing.T) {
	s := buildSpec(t, "one", map[string]string{"Dockerfile": "FROM base:1\nCOPY twin /\n", "twin": "t"})
	var wg sync.WaitGroup
	for _, name := range []string{"one", "two", "three"} {
		wg.Go(func() {
			mine := s
			mine.Name = name
			image, err := y.b.Build(t.Context(), mine, y.tell)
			if err != nil || !strings.HasPrefix(image, "runner-build/shop-"+name+":") {
				t.Errorf("%s: %s, %v", name, image, err)
			}
		})
	}
	wg.Wait()
	if text := y.heard(); strings.Count(text, "step 2 of 3") != 1 || strings.Count(text, "built before from the same") != 2 {
		t.Errorf("not built once:\n%s", text)
	}
}

// meddling writes a file when the context was read and is not yet sent.
type meddling struct {
	Engine
	meddle func()
}

func (m meddling) BuiltImage(ctx context.Context, reference string) (Image, error) {
	m.meddle()
	return m.Engine.BuiltImage(ctx, reference)
}

// A file that changes while it is sent is never in an image of another key.
func (y yard) changes(t *testing.T) {
	s := buildSpec(t, "changes", map[string]string{"Dockerfile": "FROM base:1\nCOPY log /seen/\n", "log": "1"})
	log := s.Container.Build.Context + "/log"
	var once sync.Once
	b := &Builder{Engine: meddling{y.engine, func() { once.Do(func() { write(t, log, "2") }) }}, Me: y.b.Me, Project: "shop"}
	image, err := b.Build(t.Context(), s, y.tell)
	if err != nil {
		t.Fatal(err)
	}
	tells(t, y.heard(), "builds changes again: log changed while it was sent")
	tells(t, y.shows(t, image, "/step", "list", "/seen"), `log "2"`)
	if again := y.build(t, s); again != image {
		t.Errorf("%s was built of something else than %s", image, again)
	}
	size := 1
	write(t, log, "x")
	b.Engine = meddling{y.engine, func() { size++; write(t, log, strings.Repeat("x", size)) }}
	_, err = b.Build(t.Context(), s, y.tell)
	refusal(t, err, "log changed while the build's context was sent")
	y.heard()
}

// An image that is not what its name says, or that the engine can't read any more, is dropped, said, and built anew.
func (y yard) broken(t *testing.T) {
	s := buildSpec(t, "broken", map[string]string{"Dockerfile": "FROM base:1\nCOPY Dockerfile /made/\n"})
	tag := y.build(t, s)
	y.heard()
	run(t, "docker", "tag", "base:1", tag)
	if again := y.build(t, s); again != tag {
		t.Errorf("%s, and then %s", tag, again)
	}
	tells(t, y.heard(), "drops the image "+tag+": it was made of something else than its name says", "step 2 of 3")
	tells(t, y.shows(t, tag, "/step", "list", "/made"), "Dockerfile")

	// Of another content, by a run that has ended: a layer that another image has as well would be taken from that one.
	s = buildSpec(t, "torn", map[string]string{"Dockerfile": "FROM base:1\nCOPY torn Dockerfile /made/\n", "torn": "t"})
	before := &Builder{Engine: y.engine, Me: y.b.Me, Project: "shop"}
	tag, err := before.Build(t.Context(), s, y.tell)
	if err == nil {
		err = before.Close(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "docker", "inspect", "--format", "{{.GraphDriver.Data.UpperDir}}", tag)
	cmd.Env = y.m.environ()
	out, err := cmd.Output()
	if err != nil || !strings.HasPrefix(string(out), "/var/lib/docker/") {
		t.Fatalf("%s, %v", out, err)
	}
	if err := os.RemoveAll(filepath.Dir(strings.TrimSpace(string(out)))); err != nil {
		t.Fatal(err)
	}
	y.build(t, s)
	tells(t, y.heard(), "drops the image "+tag+": the engine can't read it", "step 2 of 3")
	tells(t, y.shows(t, tag, "/step", "list", "/made"), "Dockerfile")
}
