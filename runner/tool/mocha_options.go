package tool

import (
	"slices"
	"strconv"
	"strings"
)

// mochaOptions is what a command line, MOCHA_OPTIONS or a configuration file asks of mocha, as far as it decides which
// files run and how. Lists of several sources add up in mocha; of single values the first source that has one counts.
type mochaOptions struct {
	Spec      []jsWord // files, folders, globs
	Ignore    []string
	Extension []string // without the dot
	Recursive bool
	Parallel  bool
	Jobs      int    // processes of --parallel; 0 is one less than there are cores
	Config    string // --config, "" is mocha's own search
	NoConfig  bool   // --no-config
	NoPackage bool   // --no-package: package.json is not asked

	computed bool     // a part of the configuration is computed, so not known here
	names    []string // the options by their full names, in order: "watch", "reporter"
}

// mochaKinds says of mocha's options whether they take the next word (lib/cli/run-option-metadata.js of mocha 11). An
// option that is not mocha's is node's, and takes none: mocha wants "--loader=x".
func mochaKinds() (withValue map[string]bool, aliases map[string]string) {
	withValue = map[string]bool{}
	for _, name := range []string{
		"extension", "file", "global", "ignore", "node-option", "reporter-option", "require", "spec", "watch-files", "watch-ignore",
		"retries", "jobs", "config", "fgrep", "grep", "package", "reporter", "ui", "slow", "timeout",
	} {
		withValue[name] = true
	}
	return withValue, map[string]string{
		"A": "async-only", "b": "bail", "c": "color", "colors": "color", "f": "fgrep", "globals": "global", "g": "grep",
		"exclude": "ignore", "i": "invert", "j": "jobs", "C": "no-colors", "n": "node-option", "p": "parallel", "R": "reporter",
		"reporter-options": "reporter-option", "O": "reporter-option", "r": "require", "s": "slow", "S": "sort", "t": "timeout",
		"timeouts": "timeout", "u": "ui", "w": "watch", "h": "help", "V": "version",
	}
}

// mochaReadOptions reads the words behind mocha's name.
func mochaReadOptions(words []jsWord) mochaOptions {
	withValue, aliases := mochaKinds()
	var o mochaOptions
	for i := 0; i < len(words); i++ {
		text := words[i].Text
		if text == "--" {
			o.Spec = append(o.Spec, words[i+1:]...)
			break
		}
		if !strings.HasPrefix(text, "-") || text == "-" {
			if text != "inspect" { // mocha's own word for node's debugger
				o.Spec = append(o.Spec, words[i])
			}
			continue
		}
		name, value, given := strings.Cut(strings.TrimLeft(text, "-"), "=")
		if full, ok := aliases[name]; ok {
			name = full
		}
		if withValue[name] && !given && i+1 < len(words) {
			i++
			value = words[i].Text
		}
		o.set(name, value)
	}
	return o
}

// set takes one option of mocha's; those that do not matter here are only remembered by name.
func (o *mochaOptions) set(name, value string) {
	o.names = append(o.names, name)
	on := value != "false"
	switch name {
	case "spec":
		o.Spec = append(o.Spec, jsWord{Text: value, Quoted: true})
	case "ignore":
		o.Ignore = append(o.Ignore, value)
	case "extension":
		for ext := range strings.SplitSeq(value, ",") {
			o.Extension = append(o.Extension, strings.TrimPrefix(strings.TrimSpace(ext), "."))
		}
	case "recursive":
		o.Recursive = on
	case "parallel":
		o.Parallel = on
	case "jobs":
		if n, err := strconv.Atoi(value); err == nil {
			o.Jobs = n
		}
	case "config":
		o.Config = value
	case "no-config":
		o.NoConfig = true
	case "no-package":
		o.NoPackage = true
	}
}

// has says whether an option is given, by its full name.
func (o mochaOptions) has(name string) bool { return slices.Contains(o.names, name) }

// add joins what another source asks for.
func (o *mochaOptions) add(other mochaOptions) {
	o.Spec = append(o.Spec, other.Spec...)
	o.Ignore = append(o.Ignore, other.Ignore...)
	o.Extension = append(o.Extension, other.Extension...)
	if !o.has("recursive") {
		o.Recursive = other.Recursive
	}
	if !o.has("parallel") && !o.has("no-parallel") {
		o.Parallel = other.Parallel
	}
	if o.Jobs == 0 {
		o.Jobs = other.Jobs
	}
	o.computed = o.computed || other.computed
	o.names = append(o.names, other.names...)
}

// workers is how many processes mocha would start, as Project.Workers has it.
func (o mochaOptions) workers() int {
	switch {
	case !o.Parallel || o.Jobs == 1:
		return 0
	case o.Jobs > 1:
		return o.Jobs
	default:
		return -1
	}
}
