package main

import (
	"debug/elf"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// plainImage makes an image that holds busybox and musl, and nothing else: no Go, no git, no other C library. It is typed into sh in an
// empty folder.
const plainImage = `set -e
mkdir -p root/bin root/lib root/tmp
chmod 1777 root/tmp
cp -L "$(command -v busybox)" root/bin/busybox
ln -s busybox root/bin/sh
cp -L /lib/ld-musl-*.so.1 root/lib/
tar -C root -c . | docker import - plain:1
rm -r root
`

// runner, as scripts/build makes it, needs nothing of the system that it runs on.
func TestStaticRunner(t *testing.T) {
	w := &workshop{root: repositoryRoot(t), dir: t.TempDir(), environ: append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CI=", "RUNNER_ENV=")}
	program := filepath.Join(t.TempDir(), "runner")
	if out, code := w.shell(t, "'"+w.root+"/scripts/build' '"+program+"'"); code != 0 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	if err != nil || len(libraries) > 0 {
		t.Errorf("it loads %q (%v)", libraries, err)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it asks for a loader")
		}
	}
	t.Run("with the engine's socket", func(t *testing.T) { testBoxed(t, program) })
	w.withEngine(t)
	if out, code := w.shell(t, plainImage); code != 0 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	for name, text := range map[string]string{
		"runner.yaml": "version: 1\nsuites:\n  foreign: { category: integration, tool: junit, command: [sh, write.sh], reports: [\"out/*.xml\"] }\n",
		"write.sh": `/bin/busybox mkdir -p out
echo '<testsuite name="s"><testcase classname="c" name="passes"/><testcase classname="c" name="fails"><failure message="no"/></testcase></testsuite>' >out/new.xml
exit 1
`,
	} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, code := w.shell(t, "docker run --rm --network none -v '"+w.dir+":/work' -v '"+program+":/runner:ro' -w /work plain:1 /runner")
	if want := `(?m)^FAILED \(1\)  2 tests: 1 passed, 1 failed, 0 errors`; code != 1 || !regexp.MustCompile(want).MatchString(out) {
		t.Errorf("exit %d, want 1, and %q in\n%s", code, want, out)
	}
	report, err := os.ReadFile(filepath.Join(w.dir, "runner-results", "junit.xml"))
	if err != nil || !regexp.MustCompile(`tests="2" failures="1" errors="0"`).Match(report) {
		t.Errorf("junit.xml: %v\n%s", err, report)
	}
}
