package tool

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"testrunner/report/event"
)

// Go is the adapter of go test.
type Go struct{}

var _ Tool = Go{}

// Name is "go".
func (Go) Name() string { return "go" }

// Cores is the number of packages: go test runs one test binary a package and -p of them at a time.
func (Go) Cores(t Target) int { return max(1, len(goDirs(t))) }

// Check looks for the go command on PATH. It starts nothing: the version stands in a file beside the command, and a
// toolchain that go.mod asks for beyond it is go's own business, told by the job.
func (Go) Check(ctx context.Context, t Target, host Host) Found {
	found := host.LookPath("go")
	if len(found) == 0 {
		return Found{Findings: []event.Finding{{
			ID: "tool.go.missing", Status: event.Fail,
			Detail: "no go command on PATH: Go packages in " + t.Dir + " can't be tested",
			Remedy: goRemedy(host),
		}}}
	}
	finding := event.Finding{ID: "tool.go", Status: event.OK, Value: goVersion(found[0]), Detail: found[0]}
	if finding.Value == "" {
		version, err := host.Output(ctx, filepath.Join(t.Root, filepath.FromSlash(t.Dir)), found[0], "env", "GOVERSION")
		if err != nil {
			finding.Status, finding.Detail = event.Unknown, "go env GOVERSION: "+err.Error()
		}
		finding.Value = version
	}
	return Found{Program: found[0], Findings: []event.Finding{finding}}
}

// goRemedy is the one command that installs Go here, or "" where no package manager is known.
func goRemedy(host Host) string {
	for _, way := range []struct{ program, remedy string }{
		{"apt-get", "sudo apt-get install golang-go"},
		{"brew", "brew install go"},
		{"winget", "winget install GoLang.Go"},
	} {
		if len(host.LookPath(way.program)) > 0 {
			return way.remedy
		}
	}
	return ""
}

// goVersion reads the version of an installation, "go1.26.8", from the VERSION file above its bin folder; "" where
// there is none, as for a development build or a wrapper script.
func goVersion(program string) string {
	real, err := filepath.EvalSymlinks(program)
	if err != nil {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(real)), "VERSION"))
	if err != nil {
		return ""
	}
	version, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(version)
}
