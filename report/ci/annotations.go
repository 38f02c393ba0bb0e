package ci

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
)

// maxAnnotations is how many errors, and how many warnings, GitHub shows for one step; the rest vanishes without a word.
const maxAnnotations = 10

// maxMessage bounds a message, in bytes. GitHub's own bound is 64 KB, for all lines of it.
const maxMessage = 4 << 10

// annotation is one workflow command: ::error file=…,line=…,title=…::message
type annotation struct {
	file         string
	line, column int
	title        string
	message      string
}

// annotate writes the worst first: what could not be loaded hides the most.
func (a Actions) annotate(s report.Summary, v report.Verdict) error {
	problems, warnings := a.collect(s)
	if len(problems) == 0 && v.Code != 0 {
		problems = append(problems, annotation{title: v.Word, message: v.Line})
	}
	var b strings.Builder
	write(&b, "error", problems)
	write(&b, "warning", warnings)
	_, err := io.WriteString(a.Annotations, b.String())
	return err
}

// collect makes the annotations: errors in the order of their weight, and warnings for what somebody accepted.
func (a Actions) collect(s report.Summary) (problems, warnings []annotation) {
	prefix := a.prefix(s.Run.Root)
	var failed, absent []annotation
	missing := func(name string, r event.Reason, accepted string) {
		n := annotation{title: "not run: " + name, message: r.Text}
		if r.Remedy != "" {
			n.message += "\nmend: " + r.Remedy
		}
		if accepted != "" {
			n.message += "\naccepted by " + accepted
			warnings = append(warnings, n)
			return
		}
		absent = append(absent, n)
	}
	for _, c := range s.Categories {
		if c.NotRun != nil {
			missing(c.Name, c.NotRun.Reason, c.NotRun.Accepted)
		}
		for _, suite := range c.Suites {
			if suite.NotRun != nil && c.NotRun == nil {
				missing(c.Name+": "+suite.Name, suite.NotRun.Reason, suite.NotRun.Accepted)
			}
			for _, k := range suite.Collection {
				problems = append(problems, broken(prefix, k))
			}
			for i := range suite.Cases {
				if k := &suite.Cases[i]; k.Outcome == event.Failed || k.Outcome == event.Errored {
					failed = append(failed, failure(prefix, k))
				}
			}
		}
	}
	return append(append(problems, failed...), absent...), warnings
}

func broken(prefix string, k report.Broken) annotation {
	n := annotation{title: "could not be collected: " + k.Path, message: withRerun(k.Message, k.Rerun)}
	if c := event.Cause(k.Reason); c != event.BadUsage && c != event.NotStarted { // there Path is a tool
		n.file, n.line, n.column = prefix+k.Path, max(k.Line, 1), k.Column
	}
	return n
}

func failure(prefix string, k *report.Case) annotation {
	file := k.Test.File
	if file == "" {
		file, _ = event.SplitID(k.Test.ID)
	}
	if file != "" { // "[crashed] …" stands for no file
		file = prefix + file
	}
	message := k.Message
	if message == "" {
		message = event.FirstLine(text.Clean(k.Detail))
	}
	if k.Type != "" && !strings.Contains(message, k.Type) {
		message = strings.TrimSuffix(k.Type+": "+message, ": ")
	}
	if message == "" {
		message = string(k.Outcome)
	}
	return annotation{file: file, line: k.Test.Line, title: cmp.Or(k.Test.ID, k.Test.Name), message: withRerun(message, k.Rerun())}
}

func withRerun(message, rerun string) string {
	if rerun == "" {
		return message
	}
	return message + "\nrerun: " + rerun
}

// write writes as many as GitHub shows. Where there are more, the last one says so.
func write(b *strings.Builder, level string, all []annotation) {
	shown := all
	if len(all) > maxAnnotations {
		shown = all[:maxAnnotations-1]
	}
	for _, n := range shown {
		n.write(b, level)
	}
	if more := len(all) - len(shown); more > 0 {
		annotation{title: fmt.Sprintf("and %d more", more),
			message: fmt.Sprintf("%d of %d are shown; the log and junit.xml have them all", len(shown), len(all))}.write(b, level)
	}
}

func (n annotation) write(b *strings.Builder, level string) {
	var properties []string
	add := func(name, value string) { properties = append(properties, name+"="+escapedProperty(value)) }
	if n.file != "" {
		add("file", n.file)
		if n.line > 0 {
			add("line", fmt.Sprint(n.line))
			if n.column > 0 {
				add("col", fmt.Sprint(n.column))
			}
		}
	}
	add("title", n.title)
	fmt.Fprintf(b, "::%s %s::%s\n", level, strings.Join(properties, ","), escapedMessage(event.Capped(n.message, maxMessage)))
}

// escapedMessage makes any text one workflow command's message (actions/toolkit, packages/core/src/command.ts).
func escapedMessage(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text.Clean(s))
}

// escapedProperty makes any text one property: a comma would begin the next, a colon could begin the message.
func escapedProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(text.Line(s))
}
