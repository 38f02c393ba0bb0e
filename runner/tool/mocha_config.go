package tool

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// mochaConfigFiles are mocha's configuration files, the first that is there counts (lib/cli/config.js).
func mochaConfigFiles() []string {
	return []string{".mocharc.cjs", ".mocharc.js", ".mocharc.yaml", ".mocharc.yml", ".mocharc.jsonc", ".mocharc.json"}
}

// mochaReadConfig reads a configuration file as far as it decides which files run. A JavaScript file is not run: its literal
// values are taken from its text.
func mochaReadConfig(fsys fs.FS, file string) (mochaOptions, error) {
	text, err := fs.ReadFile(fsys, file)
	if err != nil {
		return mochaOptions{}, fmt.Errorf("read mocha's configuration %s: %w", file, err)
	}
	switch ext := path.Ext(file); ext {
	case ".yaml", ".yml":
		return mochaYAML(string(text)), nil
	case ".js", ".cjs":
		var o mochaOptions
		objects := jsObjects(ext, string(text))
		for _, object := range objects {
			o.add(mochaValues(object))
		}
		o.computed = o.computed || len(objects) == 0
		return o, nil
	default: // JSON with comments
		var values map[string]any
		plain := mochaComma.ReplaceAllString(jsUncommented(string(text)), "$1")
		if err := json.Unmarshal([]byte(plain), &values); err != nil {
			return mochaOptions{}, fmt.Errorf("read mocha's configuration %s: %w", file, err)
		}
		return mochaValues(values), nil
	}
}

// mochaComma is a comma that JSON does not want.
var mochaComma = regexp.MustCompile(`,(\s*[\]}])`)

// mochaValues reads options from an object.
func mochaValues(values map[string]any) mochaOptions {
	_, aliases := mochaKinds()
	var o mochaOptions
	for _, key := range sortedKeys(values) {
		name := key
		if full, ok := aliases[key]; ok {
			name = full
		}
		list, isList := values[key].([]any)
		if !isList {
			list = []any{values[key]}
		}
		for _, value := range list {
			if _, computed := value.(jsUnknown); computed {
				o.computed = o.computed || name == "spec" || name == "extension" || name == "ignore"
				continue
			}
			o.set(name, fmt.Sprint(value))
		}
	}
	return o
}

// mochaYAML reads the top level of a configuration as people write it: "key: value", "key: [a, b]", and lists of "- item"
// below a key. Nothing else of YAML occurs in mocha's options.
func mochaYAML(text string) mochaOptions {
	values := map[string]any{}
	key := ""
	for line := range strings.Lines(text) {
		line = mochaUncommented(strings.TrimRight(line, "\r\n"))
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed == "---" {
			continue
		}
		if item, isItem := strings.CutPrefix(trimmed, "-"); isItem && key != "" && (item == "" || item[0] == ' ') {
			list, _ := values[key].([]any)
			values[key] = append(list, mochaScalar(item))
			continue
		}
		name, value, isPair := strings.Cut(trimmed, ":")
		if !isPair || line[0] == ' ' || line[0] == '\t' {
			continue
		}
		key = mochaScalar(name)
		switch value = strings.TrimSpace(value); {
		case value == "":
		case strings.HasPrefix(value, "["):
			var list []any
			for item := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
				if item = mochaScalar(item); item != "" {
					list = append(list, item)
				}
			}
			values[key] = list
		default:
			values[key] = mochaScalar(value)
		}
	}
	return mochaValues(values)
}

// mochaUncommented cuts a comment off a line of YAML: a "#" at its begin or behind a space, outside quotes.
func mochaUncommented(line string) string {
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"' || line[i] == '\'':
			if i == 0 || strings.IndexByte(" [,:-", line[i-1]) >= 0 {
				i += jsStringLength(line[i:]) - 1
			}
		case line[i] == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			return line[:i]
		}
	}
	return line
}

func mochaScalar(text string) string {
	text = strings.TrimSpace(text)
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		return text[1 : n-1]
	}
	return text
}
