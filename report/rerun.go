package report

import (
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
		return "runner --test=" + Quote(id)
	case !strings.ContainsAny(id, "/.") && !strings.Contains(id, "::"):
		return "runner " + Quote("./"+id)
	default:
		return "runner " + Quote(id)
	}
}

// rerunSuite is the line that runs one suite again, as near as flags can name it.
func rerunSuite(category, tool string) string {
	line := "runner -c " + Quote(category)
	if tool != "" {
		line += " --tool " + Quote(tool)
	}
	return line
}

// Quote writes a word so that a POSIX shell reads it as one word and as it is: in single quotes where that is needed.
func Quote(word string) string {
	safe := word != "" && word[0] != '=' && word[0] != '~'
	for i := 0; i < len(word) && safe; i++ {
		c := word[i]
		safe = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_-./:@%+=,", c) >= 0
	}
	if safe {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
