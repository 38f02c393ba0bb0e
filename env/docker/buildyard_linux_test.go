package docker

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"testrunner/env"
	"testrunner/env/service"
)

// yard is a machine with an engine, an image "base:1" that holds the program /step, and a builder.
type yard struct {
	m      machine
	engine Engine
	daemon *exec.Cmd
	b      *Builder
	mu     *sync.Mutex
	told   *[]string
}

func newYard(t *testing.T, m machine) yard {
	t.Helper()
	daemon := m.engine(t)
	s := m.until(t, Up)
	e, err := Connect(Here(m.environ(), nil), s.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if _, err := e.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.ImportImage(t.Context(), "base:1", nil, bytes.NewReader(stepLayer(t))); err != nil {
		t.Fatal(err)
	}
	me := Me(Here(m.environ(), nil), "20261122-024501-3f9a")
	return yard{m, e, daemon, &Builder{Engine: e, Me: me, Project: "shop"}, new(sync.Mutex), new([]string)}
}

// stepLayer is a layer with the program of testdata/step.
func stepLayer(t *testing.T) []byte {
	t.Helper()
	program := filepath.Join(t.TempDir(), "step")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", program, "./testdata/step")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := layerOf(w, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func layerOf(w *tar.Writer, program []byte) error {
	if err := w.WriteHeader(&tar.Header{Name: "step", Mode: 0o755, Size: int64(len(program))}); err != nil {
		return err
	}
	if _, err := w.Write(program); err != nil {
		return err
	}
	return w.Close()
}

func (y yard) tell(line string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	*y.told = append(*y.told, line)
}

// heard is what was told since the last call.
func (y yard) heard() string {
	y.mu.Lock()
	defer y.mu.Unlock()
	text := strings.Join(*y.told, "\n")
	*y.told = nil
	return text
}

// buildSpec is a service that is built from a folder with these files.
func buildSpec(t *testing.T, name string, files map[string]string) service.Spec {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		write(t, filepath.Join(dir, path), text)
	}
	return service.Spec{Service: env.Service{Name: name}, Container: &service.Container{Build: &service.Build{Context: dir}}}
}

func (y yard) build(t *testing.T, s service.Spec) string {
	t.Helper()
	image, err := y.b.Build(t.Context(), s, y.tell)
	if err != nil {
		t.Fatalf("%v\n%s", err, y.heard())
	}
	return image
}

// shows runs the image's program and returns what it writes.
func (y yard) shows(t *testing.T, image string, argv ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", append([]string{"run", "--rm", image}, argv...)...)
	cmd.Env = y.m.environ()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	return string(out)
}

func tells(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in\n%s", w, text)
		}
	}
}
