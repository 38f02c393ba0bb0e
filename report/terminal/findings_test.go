package terminal

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

func someFindings() []event.Finding {
	return []event.Finding{
		{ID: "docker.engine", Status: event.Fail, Value: "socket-absent", Detail: "there is no socket at /var/run/docker.sock, so the engine was never started, or was stopped in good order", Remedy: "sudo systemctl start docker && echo this line is longer than any terminal here is wide, and is left whole", Millis: 2012},
		{ID: "docker.host", Status: event.OK, Value: "default", Detail: "unix:///var/run/docker.sock (the system's default)", Millis: 2012},
		{ID: "host.memory", Status: event.Warn, Value: "2.5 GiB free", Threshold: "at least 8 GiB", Detail: "of 16 GiB on this machine", Millis: 1},
		{ID: "host.disk", Status: event.OK, Value: "70 GiB free", Threshold: "at least 20 GiB", Detail: "of 252 GiB at /src", Millis: 1},
		{ID: "host.cpu", Status: event.Unknown, Detail: "measure the load of the cores: the system tells no figures"},
		{ID: "tool.go", Status: event.OK, Value: "go1.26.8", Detail: "/usr/local/go/bin/go", Millis: 3},
	}
}

func TestFindings_worst_last_in_80_columns(t *testing.T) {
	var b bytes.Buffer
	if err := Findings(&b, someFindings(), 80, false); err != nil {
		t.Fatal(err)
	}
	want := `✓ docker.host    default           unix:///var/run/docker.sock (the s…     2.0s
✓ host.disk      70 GiB free       of 252 GiB at /src                       1ms
✓ tool.go        go1.26.8          /usr/local/go/bin/go                     3ms
! host.memory    2.5 GiB free      at least 8 GiB                           1ms
    of 16 GiB on this machine
? host.cpu
    measure the load of the cores: the system tells no figures
✗ docker.engine  socket-absent                                             2.0s
    there is no socket at /var/run/docker.sock, so the engine was never
    started, or was stopped in good order
    try: sudo systemctl start docker && echo this line is longer than any terminal here is wide, and is left whole
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestFindings_colour_is_only_added(t *testing.T) {
	var plain, coloured bytes.Buffer
	if err := Findings(&plain, someFindings(), 120, false); err != nil {
		t.Fatal(err)
	}
	if err := Findings(&coloured, someFindings(), 120, true); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(linesWithoutCodes(coloured.String()), "\n"); got != strings.TrimSuffix(plain.String(), "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, plain.String())
	}
	if !strings.Contains(coloured.String(), "\x1b[31m✗") {
		t.Error("a failure is not red")
	}
}

func linesWithoutCodes(s string) []string {
	var lines []string
	for l := range strings.Lines(s) {
		var b strings.Builder
		for l != "" {
			if rest, ok := strings.CutPrefix(l, "\x1b["); ok {
				_, l, _ = strings.Cut(rest, "m")
				continue
			}
			b.WriteByte(l[0])
			l = l[1:]
		}
		lines = append(lines, strings.TrimRight(b.String(), " \n"))
	}
	return lines
}

// Whatever findings hold, no line but a remedy is wider than the terminal, no control character passes, and the worst is last.
func TestFindings_fit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any := rapid.StringOfN(rapid.Rune(), 0, 60, -1)
		finding := rapid.Custom(func(t *rapid.T) event.Finding {
			return event.Finding{
				ID: any.Draw(t, "id"), Status: rapid.SampledFrom([]event.Status{event.OK, event.Warn, event.Fail, event.Unknown}).Draw(t, "status"),
				Value: any.Draw(t, "value"), Threshold: any.Draw(t, "threshold"), Detail: any.Draw(t, "detail"), Millis: rapid.Int64Range(0, 1e6).Draw(t, "ms"),
			}
		})
		all := rapid.SliceOfN(finding, 0, 8).Draw(t, "findings")
		width := rapid.IntRange(narrowest, 200).Draw(t, "width")
		var b bytes.Buffer
		if err := Findings(&b, all, width, false); err != nil {
			t.Fatal(err)
		}
		rank := 0
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			if cells(line) >= width {
				t.Fatalf("%d columns of %d: %q", cells(line), width, line)
			}
			if strings.ContainsAny(line, "\x1b\r\t\x00") {
				t.Fatalf("%q", line)
			}
			for i, mark := range []string{passMark + " ", warnMark + " ", "? ", failMark + " "} {
				if strings.HasPrefix(line, mark) {
					if i < rank {
						t.Fatalf("%q stands below what is worse:\n%s", line, b.String())
					}
					rank = i
				}
			}
		}
	})
}
