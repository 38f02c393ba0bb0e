package tool

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Where a script gives options to node itself, the arguments begin with jestNode, these options, and jestSelf.
const jestNode, jestSelf = "node", "jest"

// jestArguments parts the arguments of a target: options of node's, and those of jest's.
func jestArguments(args []string) (node, jest []string) {
	if end := slices.Index(args, jestSelf); end > 1 && args[0] == jestNode && strings.HasPrefix(args[1], "-") {
		return args[1:end], args[end+1:]
	}
	return nil, args
}

// jestOptions is what a script's words say about which files run, and where.
type jestOptions struct {
	args     []string // all of them, as they are
	config   string
	rootDir  string
	projects []string
	selected []string         // --selectProjects: the names of those that run
	ignored  []string         // --ignoreProjects
	patterns []*regexp.Regexp // positional ones and --testPathPattern(s)
	ignore   []*regexp.Regexp
	match    []string
	regex    []string
	workers  int
}

// jestReadOptions reads the words that a script gives to jest.
func jestReadOptions(words []jsWord) jestOptions {
	o := jestOptions{args: jsTexts(words)}
	for i := 0; i < len(words); i++ {
		name, value, has := strings.Cut(words[i].Text, "=")
		if !strings.HasPrefix(name, "-") || name == "--" {
			o.add(&o.patterns, words[i].Text)
			continue
		}
		if !has && jestTakesValue(name) && i+1 < len(words) {
			i++
			value = words[i].Text
		}
		switch name {
		case "-c", "--config":
			o.config = value
		case "--rootDir":
			o.rootDir = value
		case "--projects", "--selectProjects", "--ignoreProjects":
			list := map[string]*[]string{"--projects": &o.projects, "--selectProjects": &o.selected, "--ignoreProjects": &o.ignored}[name]
			if has {
				*list = append(*list, value)
			}
			for i+1 < len(words) && !strings.HasPrefix(words[i+1].Text, "-") { // each takes all words up to the next option
				i++
				*list = append(*list, words[i].Text)
			}
		case "--testPathPattern", "--testPathPatterns":
			o.add(&o.patterns, value)
		case "--testPathIgnorePatterns":
			o.add(&o.ignore, value)
		case "--testMatch":
			o.match = append(o.match, value)
		case "--testRegex":
			o.regex = append(o.regex, value)
		case "-i", "--runInBand":
			o.workers = 1
		case "-w", "--maxWorkers":
			o.workers = jestWorkers(value)
		}
	}
	return o
}

// jestWorkers reads a number of workers; a share of the cores ("50%") does not say one.
func jestWorkers(value string) int {
	if n, err := strconv.Atoi(value); err == nil && n > 0 {
		return n
	}
	return 0
}

func (o *jestOptions) add(list *[]*regexp.Regexp, pattern string) {
	if re, err := regexp.Compile("(?i)" + pattern); err == nil && pattern != "--" && pattern != "" {
		*list = append(*list, re)
	}
}

// names says whether the words of the command line want a file. jest compares with absolute paths, and a leading "./" with
// the folder it is in; here that is a path below the root.
func (o *jestOptions) names(file string) bool {
	at := "/" + file
	if slices.ContainsFunc(o.ignore, func(re *regexp.Regexp) bool { return re.MatchString(at) }) {
		return false
	}
	return len(o.patterns) == 0 || slices.ContainsFunc(o.patterns, func(re *regexp.Regexp) bool {
		text := strings.TrimPrefix(strings.TrimPrefix(re.String(), "(?i)"), "./")
		return re.MatchString(at) || strings.Contains(strings.ToLower(at), strings.ToLower(text))
	})
}

// jestTakesValue says whether an option of jest's takes the next word as its value.
func jestTakesValue(option string) bool {
	switch option {
	case "-c", "--config", "-w", "--maxWorkers", "-t", "--testNamePattern", "--rootDir", "--testPathPattern", "--testPathPatterns",
		"--testPathIgnorePatterns", "--reporters", "--coverageReporters", "--coverageDirectory", "--collectCoverageFrom", "--coverageProvider",
		"--env", "--testEnvironment", "--outputFile", "--shard", "--testTimeout", "--maxConcurrency", "--seed", "--testMatch", "--testRegex",
		"--setupFilesAfterEnv", "--setupFiles", "--globals", "--cacheDirectory", "--testRunner", "--testSequencer", "--globalSetup", "--globalTeardown",
		"--moduleNameMapper", "--roots", "--transform", "--preset", "--changedSince", "--workerIdleMemoryLimit", "--coverageThreshold",
		"--testEnvironmentOptions", "--filter", "--openHandlesTimeout":
		return true
	default:
		return false
	}
}
