package tool

import (
	"slices"
	"strconv"
	"strings"
)

// playwrightOptions is what a command line asks of playwright.
type playwrightOptions struct {
	Filters  []string // expressions for the paths of files
	Args     []string // everything else, as it was written
	Config   string   // a file, or the folder that it lies in
	Projects []string
	Workers  int // 0 does not say
	Parallel bool

	names []string // of the options: "--grep"
}

// playwrightReadOptions reads the words behind "test". As commander, which reads them in playwright, has it: a word behind an
// option with a value is that value, and --project takes all words up to the next option.
func playwrightReadOptions(words []string) playwrightOptions {
	var o playwrightOptions
	for i := 0; i < len(words); i++ {
		if !strings.HasPrefix(words[i], "-") {
			o.Filters = append(o.Filters, words[i])
			continue
		}
		name, value, joined := strings.Cut(words[i], "=")
		if short := playwrightShort(name); short != "" && len(name) > 2 { // -j4
			name, value, joined = name[:2], name[2:], true
		}
		if long := playwrightShort(name); long != "" {
			name = long
		}
		o.names = append(o.names, name)
		o.Args = append(o.Args, words[i])
		values := []string{}
		if joined {
			values = append(values, value)
		}
		for most := playwrightValues(name); !joined && len(values) < most && i+1 < len(words) && !strings.HasPrefix(words[i+1], "-"); {
			i++
			values = append(values, words[i])
			o.Args = append(o.Args, words[i])
		}
		o.take(name, values)
	}
	return o
}

func (o *playwrightOptions) take(name string, values []string) {
	if name == "--fully-parallel" {
		o.Parallel = true
	}
	if len(values) == 0 {
		return
	}
	switch name {
	case "--config":
		o.Config = values[0]
	case "--project":
		o.Projects = append(o.Projects, values...)
	case "--workers":
		if n, err := strconv.Atoi(values[0]); err == nil {
			o.Workers = n
		}
	}
}

// playwrightShort is the name of an option with a value that is written with one letter, "" for others.
func playwrightShort(name string) string {
	if len(name) < 2 || strings.HasPrefix(name, "--") {
		return ""
	}
	return map[string]string{"-c": "--config", "-g": "--grep", "-G": "--grep-invert", "-j": "--workers"}[name[:2]]
}

// playwrightValues is the most words that an option takes behind it (playwright's source, testOptions): those whose value may
// be left out (--only-changed, --update-snapshots, --shuffle) take one, too.
func playwrightValues(name string) int {
	const many = 1 << 10
	if name == "--project" {
		return many
	}
	if slices.Contains([]string{
		"--add-reporter", "--browser", "--config", "--debug", "--global-timeout", "--grep", "--grep-invert", "--last-failed-file", "--max-failures",
		"--only-changed", "--output", "--repeat-each", "--reporter", "--retries", "--run-agents", "--shard", "--shuffle", "--test-list",
		"--test-list-invert", "--timeout", "--trace", "--tsconfig", "--ui-host", "--ui-port", "-u", "--update-snapshots", "--update-source-method",
		"--workers",
	}, name) {
		return 1
	}
	return 0
}

// playwrightRefused says why an option is not for a run that tells of its tests; "" where it is.
func playwrightRefused(name string) string {
	switch name {
	case "--list", "--help", "-h":
		return "runs no test"
	case "--ui", "--ui-host", "--ui-port":
		return "never ends"
	case "--debug":
		return "opens an inspector of its own (runner's --debug gives the terminal to the tests)"
	default:
		return ""
	}
}
