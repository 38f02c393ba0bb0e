package tool

import (
	"bytes"
	"fmt"
	"os/exec"
	"testing"

	"gotest.tools/gotestsum/testjson"

	"testrunner/report/event"
)

func goListTests(t *testing.T, root string) string {
	t.Helper()
	cmd := exec.Command("go", "test", "-vet=off", "-list", "^(Test|Example|Fuzz)", "./a")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, _, _ := bytes.Cut(out, []byte("ok "))
	return string(text)
}

// goStream makes a stream of about n events of a healthy run: five a test, as go writes them.
func goStream(n int) []byte {
	var b bytes.Buffer
	const at = `{"Time":"2026-11-22T03:01:46.728128959Z","Action":"`
	for i := range n / 5 {
		pkg, test := fmt.Sprintf("example.com/x/pkg%d", i/500), fmt.Sprintf("TestSomething%d", i%500)
		if i%500 == 0 {
			fmt.Fprintf(&b, "%sstart\",\"Package\":%q}\n", at, pkg)
		}
		for _, part := range []string{
			`run","Package":"%s","Test":"%s"}`,
			`output","Package":"%s","Test":"%s","Output":"=== RUN   TestSomething\n"}`,
			`output","Package":"%s","Test":"%s","Output":"    some_test.go:12: a line of the log, of the usual length\n"}`,
			`output","Package":"%s","Test":"%s","Output":"--- PASS: TestSomething (0.00s)\n"}`,
			`pass","Package":"%s","Test":"%s","Elapsed":0.01}`,
		} {
			fmt.Fprintf(&b, at+part+"\n", pkg, test)
		}
		if i%500 == 499 {
			fmt.Fprintf(&b, "%spass\",\"Package\":%q,\"Elapsed\":1.5}\n", at, pkg)
		}
	}
	return b.Bytes()
}

const goBenchEvents = 200_000

// BenchmarkGoDecode against BenchmarkScanTestOutput: what replacing testjson's scanner is worth.
func BenchmarkGoDecode(b *testing.B) {
	stream := goStream(goBenchEvents)
	b.ReportAllocs()
	for b.Loop() {
		job, err := newGoJob(Target{Root: b.TempDir(), Dir: ".", Job: "j", Files: []string{"a_test.go"}}, goLimit())
		if err != nil {
			b.Fatal(err)
		}
		d := newGoDecoder(job, func(event.Body) {})
		for line := range bytes.Lines(stream) {
			d.Line(line[:len(line)-1])
		}
		d.End(Exit{})
	}
	b.ReportMetric(float64(goBenchEvents)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkScanTestOutput(b *testing.B) {
	stream := goStream(goBenchEvents)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: bytes.NewReader(stream), Stderr: bytes.NewReader(nil)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(goBenchEvents)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
