package terminal

import (
	"fmt"
	"time"

	"testrunner/report/event"
	"testrunner/report/text"
)

// serviceChanged shows what a person waits for: that a service is ready, or why it is not. The rest is in the log.
func (v *view) serviceChanged(b event.ServiceChanged) {
	name := " service " + text.Line(b.Service)
	switch b.State {
	case "ready":
		l := inked(good, passMark).add(normal, name).add(normal, fmt.Sprintf(" ready in %s", lasted(time.Duration(b.MS)*time.Millisecond)))
		if b.Address != "" {
			l = l.add(faint, "  "+text.Line(b.Address))
		}
		if b.Fidelity == event.Stub {
			l = l.add(caution, "  stub")
		}
		v.news(l)
	case "failed":
		lines := []line{inked(bad, failMark).add(strong, name+" failed").add(normal, "  "+firstLine(b.Message))}
		for _, logged := range b.Log {
			lines = append(lines, inked(faint, "    │ ").add(normal, text.Line(logged)))
		}
		v.say(lines...)
	case "restarting":
		v.say(inked(caution, warnMark).add(strong, name+" is started again").add(normal, "  "+firstLine(b.Message)))
	default:
		if v.opts.Verbose {
			l := inked(faint, name[1:]+" "+string(b.State))
			if b.Message != "" {
				l = l.add(faint, ": "+firstLine(b.Message))
			}
			v.news(l)
		}
	}
}
