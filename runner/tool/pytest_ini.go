package tool

import "strings"

// pytestINI reads one section of an ini file as pytest's reader (iniconfig) does: "=" or ":" behind the key, a line that
// begins with a blank continues the value, "#" and ";" begin a comment only at the start of a line. ok tells whether the
// section is there.
func pytestINI(text, section string) (values map[string]string, ok bool) {
	values = map[string]string{}
	in, key := false, ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n\f")
		trimmed := strings.TrimLeft(line, " \t")
		switch {
		case trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';':
			continue
		case line[0] == '[':
			in, key = pytestSection(line) == section, ""
			ok = ok || in
		case !in:
			continue
		case trimmed != line:
			if key != "" {
				values[key] += "\n" + trimmed
			}
		default:
			var value string
			key, value = pytestPair(line)
			values[key] = value
		}
	}
	return values, ok
}

func pytestSection(line string) string {
	if i := strings.IndexAny(line, "#;"); i >= 0 {
		line = strings.TrimRight(line[:i], " \t")
	}
	return strings.TrimSuffix(strings.TrimPrefix(line, "["), "]")
}

func pytestPair(line string) (key, value string) {
	key, value, ok := strings.Cut(line, "=")
	if !ok || strings.Contains(key, ":") {
		key, value, _ = strings.Cut(line, ":")
	}
	return strings.TrimSpace(key), strings.TrimSpace(value)
}

// pytestWords splits a value of type "args" as shlex.split does: blanks, quotes, and a backslash for the next character.
func pytestWords(text string) []string {
	var words []string
	var word strings.Builder
	quote, open := rune(0), false
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		case quote == 0 && (r == '"' || r == '\''):
			quote, open = r, true
		case r == quote:
			quote = 0
		case r == '\\' && quote != '\'' && i+1 < len(runes) && (quote == 0 || runes[i+1] == '"' || runes[i+1] == '\\'):
			i++
			word.WriteRune(runes[i])
			open = true
		default:
			word.WriteRune(r)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}
