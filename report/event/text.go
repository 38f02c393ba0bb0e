package event

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Cap bounds one text field of an event, in bytes (facts: 64 KiB per field keeps every reader of JUnit alive).
const Cap = 64 << 10

// Capped returns text cut to at most max bytes: its head and tail, with a line between that counts what was cut.
func Capped(text string, max int) string {
	if len(text) <= max {
		return text
	}
	head, tail := max/2, max-max/2
	for head > 0 && !utf8.RuneStart(text[head]) {
		head--
	}
	from := len(text) - tail
	for from < len(text) && !utf8.RuneStart(text[from]) {
		from++
	}
	return text[:head] + fmt.Sprintf("\n… %d bytes left out …\n", from-head) + text[from:]
}

// TestID makes the ID of a test from its file (relative to the root, forward slashes) and its name.
func TestID(path, name string) string { return path + "::" + EscapeName(name) }

// EscapeName writes control characters and backslashes as Go escapes, so that an ID is one line in every shell and report.
func EscapeName(name string) string {
	plain := true
	for _, r := range name {
		if r == '\\' || r == utf8.RuneError || !strconv.IsPrint(r) {
			plain = false
			break
		}
	}
	if plain {
		return name
	}
	q := strconv.Quote(name)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// SplitID splits an ID at its first "::". The name is as EscapeName wrote it; it is "" where the ID is a path alone.
func SplitID(id string) (path, name string) {
	path, name, _ = strings.Cut(id, "::")
	return path, name
}

// FirstLine is the first line of text that is not blank, trimmed.
func FirstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// ShellQuote writes a word so that a POSIX shell reads it as one word and as it is: in single quotes where that is needed.
func ShellQuote(word string) string {
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

// ShellJoin writes a command line that a POSIX shell reads back as it is.
func ShellJoin(argv []string) string {
	quoted := make([]string, len(argv))
	for i, a := range argv {
		quoted[i] = ShellQuote(a)
	}
	return strings.Join(quoted, " ")
}

// PowerShellQuote writes a word so that PowerShell reads it as one word and as it is. It takes the typographic quotes for single ones, too.
func PowerShellQuote(word string) string {
	var out strings.Builder
	for _, r := range word {
		if strings.ContainsRune("'‘’‚‛", r) {
			out.WriteRune(r)
		}
		out.WriteRune(r)
	}
	return "'" + out.String() + "'"
}

// SetVariable is the command that gives a variable a value in the system's shell: PowerShell on Windows, a POSIX shell elsewhere.
func SetVariable(goos, name, value string) string {
	if goos == "windows" {
		return "$env:" + name + " = " + PowerShellQuote(value)
	}
	return "export " + name + "=" + ShellQuote(value)
}

// Size writes bytes as people read them: "7.4 GiB", "512 MiB".
func Size(n uint64) string {
	const step = 1 << 10
	value, unit := float64(n), "B"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if value < step {
			break
		}
		value, unit = value/step, next
	}
	if value >= 10 || value == float64(int64(value)) {
		return fmt.Sprintf("%.0f %s", value, unit)
	}
	return fmt.Sprintf("%.1f %s", value, unit)
}
