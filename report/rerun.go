package report

import (
	"path"
	"strings"

	"testrunner/report/event"
)

// Rerun is the line that reruns exactly this test, fit to be pasted into a POSIX shell.
func Rerun(t event.Test) string {
	return rerunPath(t.ID)
}

// rerunPath names a path or an ID on the command line: only what holds "/", "." or "::" is read as one, and a leading
// "-" would be read as a flag.
func rerunPath(id string) string {
	switch {
	case id == "":
		return ""
	case strings.HasPrefix(id, "-"):
		return "runner --test=" + event.ShellQuote(id)
	case !strings.ContainsAny(id, "/.") && !strings.Contains(id, "::"):
		return "runner " + event.ShellQuote("./"+id)
	default:
		return "runner " + event.ShellQuote(id)
	}
}

// rerunBroken is the line that shows whether a file can be loaded by now. A conftest holds no test of its own, and neither
// does Go code beside the tests: its folder does.
func rerunBroken(b event.CollectionFailed) string {
	code := strings.HasSuffix(b.Path, ".go") && !strings.HasSuffix(b.Path, "_test.go")
	if b.Reason != "conftest" && !code {
		return rerunPath(b.Path)
	}
	folder := path.Dir(b.Path)
	if folder == "." {
		return "runner"
	}
	return rerunPath(folder)
}

// rerunSuite is the line that runs one suite again, as near as flags can name it.
func rerunSuite(category, tool string) string {
	line := "runner -c " + event.ShellQuote(category)
	if tool != "" {
		line += " --tool " + event.ShellQuote(tool)
	}
	return line
}
