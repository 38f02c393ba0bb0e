package tool

import (
	"regexp"
	"strings"
)

// goLog is a line that t.Log, t.Error and their kin wrote: "    x_test.go:12: text".
var goLog = regexp.MustCompile(`^\s+([^\s:]+\.go:\d+): ?(.*)$`)

// goFailure is the one line that says why a test failed, and its type where go names one. The output is unframed.
func goFailure(output string, below bool) (message, typ string) {
	var log, last string
	lines := strings.Split(output, "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "panic: test timed out after "):
			return strings.TrimPrefix(line, "panic: "), "timeout"
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			return strings.TrimSpace(line), "panic"
		case strings.HasPrefix(line, "WARNING: DATA RACE"):
			typ = "data race"
		}
		if m := goLog.FindStringSubmatch(line); m != nil {
			if log = strings.TrimSpace(m[2]); log == "" {
				log = goAssertion(lines[i+1:])
			}
		} else if text := strings.TrimSpace(line); text != "" {
			last = text
		}
	}
	switch {
	case typ != "" && (log == "" || strings.HasPrefix(log, "race detected")):
		return "data race", typ
	case log != "":
		return log, typ
	case below:
		return "a subtest failed", typ
	case strings.HasPrefix(output, "got:\n"): // an example
		return strings.Join(strings.Fields(output), " "), typ
	case last != "":
		return last, typ
	default:
		return "failed without a word", typ
	}
}

// goAssertion finds the message in the block that testify writes: "        Error:      \tNot equal: ".
func goAssertion(lines []string) string {
	for i, line := range lines {
		if goLog.MatchString(line) {
			break
		}
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "Error:")
		if !ok {
			continue
		}
		message := strings.TrimSpace(rest)
		for _, more := range lines[i+1:] { // "expected: 1", "actual  : 2"
			more = strings.TrimSpace(more)
			if !strings.HasPrefix(more, "expected:") && !strings.HasPrefix(more, "actual") {
				break
			}
			message += " " + more
		}
		return message
	}
	return ""
}

// goSkipReason is the last thing that a skipped test logged; go says nothing else of why. The output is unframed.
func goSkipReason(output string) string {
	var reason []string
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, "\r\n")
		if m := goLog.FindStringSubmatch(line); m != nil {
			reason = []string{strings.TrimSpace(m[2])}
		} else if text := strings.TrimSpace(line); text != "" && (len(reason) == 0 || strings.HasPrefix(line, "        ")) {
			reason = append(reason, text)
		}
	}
	return strings.TrimSpace(strings.Join(reason, " "))
}

// goDeath is why a test binary ended early, from its last words: "panic: boom", "signal: killed", "exit status 7".
func goDeath(output string) string {
	status := ""
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			return line
		case strings.HasPrefix(line, "SIG") && strings.Contains(line, ": "):
			status = line // the runtime's own word for a signal: "SIGQUIT: quit"
		case strings.HasPrefix(line, "signal: "), strings.HasPrefix(line, "exit status "), strings.HasPrefix(line, "*** Test killed"):
			if status == "" || strings.HasPrefix(line, "***") {
				status = line
			}
		}
	}
	return status
}

// goRunning lists the tests under "running tests:" in the panic of go test's own -timeout.
func goRunning(output string) map[string]bool {
	_, list, ok := strings.Cut(output, "panic: test timed out after ")
	if !ok {
		return nil
	}
	if _, list, ok = strings.Cut(list, "running tests:\n"); !ok {
		return nil
	}
	running := map[string]bool{}
	for line := range strings.Lines(list) {
		name, _, ok := strings.Cut(strings.TrimSpace(line), " (")
		if !ok || !strings.HasPrefix(line, "\t\t") {
			break
		}
		running[name] = true
	}
	return running
}

// goCreator is the test that started the goroutine which panicked, when that is not the test that happened to run: a
// panic of a goroutine is blamed on whichever test is open, and the stack alone names the true one.
var goCreator = regexp.MustCompile(`(?m)^created by [^\n]*?\.((?:Test|Fuzz|Example)[^.\s(]*)[.\w]* in goroutine`)

func goBlame(output, open string) string {
	m := goCreator.FindStringSubmatch(output)
	top, _, _ := strings.Cut(open, "/")
	if m == nil || m[1] == top {
		return ""
	}
	return "the goroutine that panicked was started by " + m[1]
}
