package tool

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/report/event"
)

// The next way, where a tool's events can't be reached: jest before 27 and vitest before 3, and a hook that never came in. A report
// is written by jest itself, and by a reporter of ours in vitest; it says at the end what the events would have said at once. The flags
// for it are seen by tests that read process.argv, and a run that is cut short tells of no test.

// jsReportFile is the report's name in Scratch, and vitestReporter that of what writes vitest's.
const jsReportFile, vitestReporter = "report.json", "vitest-report.mjs"

// jsByReport is the third line of a Program whose job goes this way; the version stands behind it.
const jsByReport = "report "

// reportedBy is the version of a job that goes by the tool's report; ok is false where it goes by events.
func reportedBy(t Target) (version string, ok bool) {
	lines := strings.Split(t.Program, "\n")
	if len(lines) < 3 {
		return "", false
	}
	return strings.CutPrefix(lines[2], jsByReport)
}

// program is what Check found, for Found.Program.
func (h jsHook) program(node, script, version string) string {
	if h.reports && h.before(version) {
		return h.byReport(jsProgram(node, script), version)
	}
	return jsProgram(node, script)
}

func (jsHook) byReport(program, version string) string { return program + "\n" + jsByReport + version }

// unheard says whether a tool that has a report ran, or may have, and told nothing, for a cause that lies with the hook alone.
func (d *jsDecoder) unheard(x Exit) bool {
	if !d.h.reports || d.exit != nil || x.Signal != "" {
		return false
	}
	return d.hooked == nil || !d.patched || !d.started && d.ended == nil && !d.h.knows(d.hooked.Version)
}

// onceMore runs the same again with the report. Where the tool refuses its command line, it will do so once more, and that counts.
func (d *jsDecoder) onceMore() Conclusion {
	who, why := d.h.tool, "something on the way replaces NODE_OPTIONS"
	again := d.t
	again.Program, again.Attempt = d.h.byReport(again.Program, ""), again.Attempt+1
	if d.hooked != nil {
		who, why = d.named(), "runner does not know this version"+d.h.known()
		again.Program = d.h.byReport(d.t.Program, d.hooked.Version)
	}
	d.emit(event.Noted{Level: "warn", Text: fmt.Sprintf("%s told nothing of its run: %s. It runs once more, with its JSON report", who, why)})
	return Conclusion{Cause: event.Done, Again: &again}
}

// reportCommand is `node SCRIPT ARGS` with the report asked for, beside the project's own reporters. Files narrow the run as far as the
// tool can; the decoder takes what was meant.
func (h jsHook) reportCommand(t Target, args []string) (Command, error) {
	node, script := jsPrograms(t)
	report := filepath.Join(t.Scratch, jsReportFile)
	var files map[string]string
	switch h.tool {
	case "jest":
		args = append(slices.Clone(args), "--json", "--outputFile="+report, "--testLocationInResults")
		if t.Debug {
			args = append(args, "--runInBand")
		} else if share := jsShare(t, len(nodeFiles(t))); share > 0 {
			args = append(args, fmt.Sprintf("--maxWorkers=%d", share))
		}
		var words []jsWord
		for _, arg := range t.Args {
			words = append(words, jsWord{Text: arg})
		}
		if asked := jestReadOptions(words); !t.Whole && len(asked.patterns) == 0 {
			args = append(args, "--runTestsByPath")
			for _, file := range nodeFiles(t) {
				args = append(args, nodeArgument(t, file))
			}
		}
	case "vitest":
		text, err := jsHooks.ReadFile("hooks/javascript/" + vitestReporter)
		if err != nil {
			return Command{}, fmt.Errorf("vitest: read the reporter: %w", err)
		}
		files = map[string]string{vitestReporter: string(text)}
		args = append(slices.Clone(args), "--reporter=default", "--reporter="+filepath.Join(t.Scratch, vitestReporter))
	}
	return Command{Argv: append([]string{node, script}, args...), Channel: NoChannel, Files: files}, nil
}

// decoder reads the hook's channel, or the tool's report where that is the way.
func (h jsHook) decoder(t Target, emit event.Emit, flaws jsFlaws) Decoder {
	d := newJSDecoder(h, t, emit, flaws)
	if version, ok := reportedBy(t); ok {
		return &jsReport{jsDecoder: d, version: version, ordinals: map[string]int{}}
	}
	return d
}
