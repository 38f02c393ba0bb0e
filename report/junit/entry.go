package junit

import (
	"fmt"
	"strings"
	"time"

	"testrunner/report/event"
)

// The longest a text may be, in bytes: readers choke on more, and one that does loses the whole file.
const (
	capName    = 2 << 10
	capMessage = 4 << 10
	capText    = event.Cap
)

func (e *entry) outcome() outcome {
	switch {
	case e.broken != nil:
		return errored
	case e.notRun != nil:
		if e.notRun.Accepted != "" {
			return skipped
		}
		return errored
	}
	switch e.case_.Outcome {
	case event.Passed:
		return passed
	case event.Failed:
		return failure
	case event.Errored:
		return errored
	case event.Skipped:
		return skipped
	case event.NotRan:
		if e.case_.Accepted != "" {
			return skipped
		}
		return errored
	default:
		panic(fmt.Sprintf("a case has the unknown outcome %q", e.case_.Outcome))
	}
}

// class is the classname, never empty: several readers drop or merge cases without one.
func (e *entry) class() string {
	class := ""
	switch {
	case e.broken != nil:
		if class = e.broken.Class; class == "" {
			class = dotted(e.broken.Path)
		}
	case e.notRun != nil:
		class = "runner.category." + e.notRun.Category
	default:
		class = e.case_.Test.Class
	}
	if class = clean(class, capName); blank(class) {
		return "(no class)"
	}
	return class
}

// name is the testcase's name before it is numbered. The bracketed ones hold no message, so that history follows them.
func (e *entry) name() string {
	name := ""
	switch {
	case e.broken != nil:
		name = "[collection error] " + e.broken.Path
	case e.notRun != nil && e.notRun.Suite != "":
		name = "[not run] " + e.notRun.Category + ": " + e.notRun.Suite
	case e.notRun != nil:
		name = "[not run] " + e.notRun.Category
	default:
		name = e.case_.Test.Name
	}
	if name = clean(name, capName); blank(name) {
		return "(no name)"
	}
	return name
}

// place is where the test stands; "" is unknown. Line 1 is what readers link to where the line of a broken file is unknown.
func (e *entry) place() (file string, line int) {
	switch {
	case e.broken != nil:
		if event.Cause(e.broken.Reason) == event.BadUsage || event.Cause(e.broken.Reason) == event.NotStarted {
			return "", 0 // Path is a tool
		}
		return e.broken.Path, max(1, e.broken.Line)
	case e.notRun != nil:
		return "", 0
	default:
		return e.case_.Test.File, e.case_.Test.Line
	}
}

func (e *entry) elapsed() time.Duration {
	if e.case_ == nil {
		return 0
	}
	return e.case_.Elapsed
}

func (e *entry) properties() [][2]string {
	var list [][2]string
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	switch {
	case e.broken != nil:
		add("runner.rerun", e.broken.Rerun)
	case e.notRun != nil:
		add("runner.rerun", e.rerun())
		if e.notRun.Accepted != "" {
			add("runner.accepted", e.notRun.Accepted)
		}
	default:
		add("runner.rerun", e.case_.Rerun())
		add("runner.fidelity", string(e.fidelity))
		add("runner.note", e.case_.Note)
		add("runner.accepted", e.case_.Accepted)
	}
	return list
}

func (e *entry) rerun() string {
	line := "runner -c " + event.ShellQuote(e.notRun.Category)
	if e.tool != "" && e.notRun.Suite != "" {
		line += " --tool " + event.ShellQuote(e.tool)
	}
	return line
}

// child is what stands in failure, error or skipped. None is ever blank: a failure without a message object is passed over
// by dorny/test-reporter, one without a type is refused by surefire's schema.
type child struct {
	kind, message, text string
}

func (e *entry) child() child {
	var c child
	switch {
	case e.broken != nil:
		c = e.brokenChild()
	case e.notRun != nil:
		c = notRunChild(e.notRun.Reason, e.notRun.Accepted)
	case e.case_.Outcome == event.NotRan:
		c = notRunChild(e.case_.Reason, e.case_.Accepted)
	default:
		c = child{kind: e.case_.Type, message: e.case_.Message, text: e.case_.Detail}
	}
	// Cleaned first: a text of nothing but a terminal sequence is blank.
	c = child{kind: clean(c.kind, capName), message: clean(c.message, capMessage), text: clean(c.text, capText)}
	if blank(c.message) {
		c.message = clean(event.FirstLine(c.text), capMessage)
	}
	switch e.outcome() {
	case failure:
		c.fill("failure", "the test failed and said no more")
	case errored:
		c.fill("error", "the test could not be judged")
	default:
		c.fill("skipped", "skipped without a reason")
	}
	return c
}

func (c *child) fill(kind, message string) {
	if blank(c.kind) {
		c.kind = kind
	}
	if blank(c.message) {
		c.message = message
	}
	if blank(c.text) {
		c.text = c.message
	}
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

func (e *entry) brokenChild() child {
	b := e.broken
	c := child{kind: string(event.CollectionErrorType), text: b.Detail}
	first := b.Message
	if first == "" {
		first = event.FirstLine(b.Detail)
	}
	if first == "" {
		first = b.Reason
	}
	c.message = "collection error: " + first
	if c.text == "" {
		c.text = fmt.Sprintf("%s:%d: %s", b.Path, max(1, b.Line), first)
	}
	return c
}

func notRunChild(r event.Reason, accepted string) child {
	c := child{kind: string(event.NotRunType), text: r.Text}
	why := r.Text
	if why == "" {
		why = r.Code
	}
	if accepted != "" {
		c.message = "NOT RUN (allowed): " + why + "; accepted by " + accepted
	} else {
		c.message = "NOT RUN: " + why
	}
	if r.Remedy != "" {
		c.message += "; fix: " + r.Remedy
	}
	c.text = c.message
	if r.Finding != "" {
		c.text += "\nfinding: " + r.Finding
	}
	return c
}
