package tool

import (
	"fmt"
	"slices"
	"strings"

	"testrunner/report/event"
)

// jsFind is a tool's own search for the files of a use (see jsDiscover).
type jsFind func(d *jsDiscovery, u jsUse, p *Project) []string

// lost is the finding of a script that runs the tool another way over files which all belong to another script of its package
// already: a test has one place, so it is not run. What only repeats them (test:ci: the same with --ci) needs none.
func (d *jsDiscovery) lost(u jsUse, p *Project, find jsFind) (f event.Finding, is bool) {
	told := func(f event.Finding) bool { return f.ID == "tool."+d.tool+".project" }
	if u.Script == "" || len(p.Files) > 0 || slices.ContainsFunc(p.Findings, told) {
		return f, false
	}
	claimed := d.claimed
	d.claimed = map[string]bool{}
	defer func() { d.claimed = claimed }()
	for _, file := range sortedSet(find(d, u, &Project{Tool: d.tool})) {
		owner, ok := d.owners[file]
		if !ok || owner.Package != u.Package || jsRepeats(d.tool, owner, u) {
			continue
		}
		command := u.line(d.tool)
		return event.Finding{
			ID: "tool." + d.tool + ".claimed", Status: event.Warn, Value: command,
			Detail: fmt.Sprintf("%s: its files belong to `%s` (script %s) already, and a test is run in one place, so `%s` is not run: a suite of the tool junit in runner.yaml can run it",
				u.Why, owner.line(d.tool), owner.Named, command),
		}, true
	}
	return f, false
}

// line is the use as people type it.
func (u jsUse) line(tool string) string {
	return strings.Join(slices.Concat(u.Env, []string{tool}, jsTexts(u.Args)), " ")
}

// jsRepeats says whether a use would only repeat what another one runs: with the same options, and no choice of tests among
// its files that the other one does not have.
func jsRepeats(tool string, owner, u jsUse) bool {
	how, some := jsWay(tool, owner)
	again, fewer := jsWay(tool, u)
	return slices.Equal(how, again) && (len(some) == 0 || slices.Equal(some, fewer))
}

// jsWay is how a use runs its files: variables and options that could change what a test does, and apart from these the
// options that choose tests, both sorted. Which files a use takes is left out, and so is how it tells of them.
func jsWay(tool string, u jsUse) (how, some []string) {
	how = slices.Concat(u.Node, jsTexts(u.Before))
	for _, pair := range u.Env {
		name, _, _ := strings.Cut(pair, "=")
		if pair != "NODE_ENV=test" && !slices.Contains([]string{"CI", "DEBUG", "FORCE_COLOR", "NO_COLOR"}, name) {
			how = append(how, pair)
		}
	}
	for i := 0; i < len(u.Args); i++ {
		word, value, has := strings.Cut(u.Args[i].Text, "=")
		if !strings.HasPrefix(word, "-") {
			continue
		}
		name, most := jsOption(tool, word)
		option := []string{name}
		if strings.HasPrefix(word, "--no-") {
			option[0] = word
		}
		if has {
			option, most = append(option, value), most-1
		}
		for ; most > 0 && i+1 < len(u.Args) && !strings.HasPrefix(u.Args[i+1].Text, "-"); most-- {
			i++
			option = append(option, u.Args[i].Text)
		}
		switch {
		case jsChooses(name):
			some = append(some, strings.Join(option, "="))
		case !jsBeside(name):
			how = append(how, strings.Join(option, "="))
		}
	}
	slices.Sort(how)
	slices.Sort(some)
	return how, some
}

// jsOption is an option's full name, with capitals for dashes (--no-file-parallelism is noFileParallelism), and the most words
// behind it that are its values.
func jsOption(tool, word string) (name string, values int) {
	const many = 1 << 10
	name = strings.TrimLeft(word, "-")
	switch tool {
	case "jest":
		if long, ok := map[string]string{
			"b": "bail", "c": "config", "e": "expand", "f": "onlyFailures", "i": "runInBand", "o": "onlyChanged", "t": "testNamePattern", "u": "updateSnapshot", "w": "maxWorkers",
		}[name]; ok {
			name = long
		}
		if slices.Contains([]string{"projects", "selectProjects", "ignoreProjects"}, name) {
			values = many
		} else if jestTakesValue(word) {
			values = 1
		}
	case "vitest":
		if name = vitestName(word); !vitestFlag(name) && !strings.HasPrefix(word, "--no-") {
			values = 1
		}
	case "playwright":
		if long := playwrightShort(word); long != "" {
			word, name = long, strings.TrimLeft(long, "-")
		}
		values = playwrightValues(word)
	default:
		withValue, aliases := mochaKinds()
		if long, ok := aliases[name]; ok {
			name = long
		}
		if withValue[name] {
			values = 1
		}
	}
	return vitestName("--" + name), values
}

// jsChooses says whether an option chooses tests among the files.
func jsChooses(name string) bool {
	switch name {
	case "testNamePattern", "grep", "grepInvert", "fgrep", "invert", "shard", "tagsFilter", "selectProjects", "ignoreProjects", "project":
		return true
	default:
		return false
	}
}

// jsBeside says whether an option changes nothing in a test: it chooses files, limits, measures, or tells.
func jsBeside(name string) bool {
	if strings.HasPrefix(name, "coverage") || strings.HasPrefix(name, "collectCoverage") || strings.HasPrefix(name, "outputFile") {
		return true
	}
	switch name {
	case "findRelatedTests", "testPathPattern", "testPathPatterns", "testPathIgnorePatterns", "testMatch", "testRegex", "roots", "onlyChanged",
		"onlyFailures", "changedSince", "changed", "lastCommit", "dir", "exclude", "spec", "ignore", "extension", "recursive", "sort":
		return true // which files
	case "ci", "bail", "cache", "cacheDirectory", "runInBand", "maxWorkers", "minWorkers", "maxConcurrency", "fileParallelism", "workers", "jobs",
		"workerIdleMemoryLimit", "fullyParallel", "forceExit", "exit", "passWithNoTests", "timeout", "testTimeout", "hookTimeout", "slow", "retry",
		"retries", "maxFailures", "forbidOnly", "forbidPending", "allowOnly", "update", "updateSnapshot", "updateSnapshots", "watch", "watchAll",
		"watchman", "run", "detectOpenHandles", "openHandlesTimeout":
		return true // how many, how long
	case "silent", "verbose", "color", "colors", "reporter", "reporters", "reporterOption", "json", "expand", "diff", "inlineDiffs", "fullTrace",
		"noStackTrace", "logHeapUsage", "useStderr", "showSeed", "notify", "quiet", "trace", "headed", "clearScreen", "hideSkippedTests", "debug":
		return true // what is told
	default:
		return false
	}
}
