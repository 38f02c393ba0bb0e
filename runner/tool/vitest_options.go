package tool

import (
	"slices"
	"strconv"
	"strings"
)

// vitestOptions is what a command line asks of vitest, as far as it decides which files run and how.
type vitestOptions struct {
	Filters []string // parts of paths
	Args    []string // everything else, as it was written
	Config  string
	Root    string
	Dir     string
	Exclude []string
	Project []string // --project: names of projects, "*" for any part of one, "!" in front for all others
	Workers int      // --maxWorkers; 0 does not say
	Serial  bool     // --no-file-parallelism

	names []string // the options by their full names, in order: "watch", "reporter"
}

// vitestReadOptions reads the words behind vitest's name. As cac, which reads them in vitest, has it: an option takes the next
// word that does not begin with "-" as its value, unless it is one of those that vitest declares without one.
func vitestReadOptions(words []jsWord) vitestOptions {
	var o vitestOptions
	if len(words) > 0 && slices.Contains([]string{"run", "watch", "dev"}, words[0].Text) {
		if words[0].Text != "run" {
			o.names = append(o.names, "watch")
		}
		words = words[1:]
	}
	for i := 0; i < len(words); i++ {
		text := words[i].Text
		if !strings.HasPrefix(text, "-") || text == "-" {
			o.Filters = append(o.Filters, text)
			continue
		}
		word, value, has := strings.Cut(text, "=")
		name := vitestName(word)
		if name == "run" {
			continue // as the command itself
		}
		o.Args = append(o.Args, text)
		if !has && !vitestFlag(name) && !strings.HasPrefix(word, "--no-") && i+1 < len(words) && !strings.HasPrefix(words[i+1].Text, "-") {
			i++
			value = words[i].Text
			o.Args = append(o.Args, value)
		}
		o.names = append(o.names, name)
		switch name {
		case "config":
			o.Config = value
		case "root":
			o.Root = value
		case "dir":
			o.Dir = value
		case "exclude":
			o.Exclude = append(o.Exclude, value)
		case "project":
			o.Project = append(o.Project, value)
		case "maxWorkers":
			o.Workers, _ = strconv.Atoi(value) // "50%" is a share of the cores: not a number that we know
		case "fileParallelism":
			o.Serial = strings.HasPrefix(word, "--no-") || value == "false"
		}
	}
	return o
}

// workers is how many workers the options ask for at most; 0 does not say.
func (o vitestOptions) workers() int {
	if o.Serial {
		return 1
	}
	return o.Workers
}

// vitestName is an option's full name: "-t" is testNamePattern, "--no-file-parallelism" fileParallelism.
func vitestName(word string) string {
	switch word {
	case "-r":
		return "root"
	case "-c":
		return "config"
	case "-t":
		return "testNamePattern"
	case "-u":
		return "update"
	case "-w":
		return "watch"
	case "-h":
		return "help"
	case "-v":
		return "version"
	}
	name := strings.TrimPrefix(strings.TrimPrefix(word, "--"), "no-")
	parts := strings.Split(name, "-")
	for i, part := range parts {
		if i > 0 && part != "" {
			parts[i] = strings.ToUpper(part[:1]) + part[1:]
		}
	}
	return strings.Join(parts, "")
}

// vitestFlag says whether vitest declares an option without a value (cliOptionsConfig in its source, of 3.2 and 4.1).
func vitestFlag(name string) bool {
	switch name {
	case "watch", "ui", "open", "hideSkippedTests", "coverage", "isolate", "globals", "dom", "fileParallelism", "passWithNoTests",
		"logHeapUsage", "detectAsyncLeaks", "allowOnly", "dangerouslyIgnoreUnhandledErrors", "expandSnapshotDiff", "disableConsoleIntercept",
		"typecheck", "cache", "expect", "printConsoleTrace", "includeTaskLocation", "run", "color", "clearScreen", "standalone", "clearCache",
		"strictTags", "help", "version", "coverage.all", "coverage.enabled", "coverage.clean", "coverage.cleanOnRerun", "coverage.reportOnFailure",
		"coverage.allowExternal", "coverage.skipFull", "coverage.thresholds", "coverage.thresholds.100", "coverage.thresholds.perFile",
		"coverage.watermarks", "coverage.excludeAfterRemap", "browser.enabled", "browser.headless", "browser.isolate", "browser.ui",
		"browser.fileParallelism", "browser.trackUnhandledErrors", "browser.locators.exact", "sequence.shuffle", "sequence.shuffle.files",
		"sequence.shuffle.tests", "sequence.concurrent", "diff.expand", "diff.includeChangeCounts", "diff.omitAnnotationLines",
		"diff.printBasicPrototype", "typecheck.enabled", "typecheck.only", "typecheck.allowJs", "typecheck.ignoreSourceErrors",
		"expect.requireAssertions", "expect.poll", "experimental.fsModuleCache", "experimental.importDurations", "experimental.preParse",
		"experimental.viteModuleRunner", "experimental.nodeLoader":
		return true
	default:
		return false
	}
}
