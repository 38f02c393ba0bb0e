package terminal

import (
	"fmt"
	"strings"
	"time"

	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
)

// The marks that lines begin with.
const (
	passMark = "✓"
	failMark = "✗"
	warnMark = "!"
	skipMark = "-"
)

// lasted writes how long something took.
func lasted(d time.Duration) string {
	if d = max(d, 0); d < time.Second {
		return fmt.Sprintf("%dms", d.Milliseconds())
	}
	return report.Duration(d)
}

// seconds writes a duration that goes on: it changes once a second.
func seconds(d time.Duration) string {
	if d = max(d, 0); d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return report.Duration(d)
}

func micros(n int64) time.Duration { return time.Duration(n) * time.Microsecond }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "ss") || strings.HasSuffix(noun, "sh") {
		return fmt.Sprintf("%d %ses", n, noun)
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(stem, "a") {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// place is path:line:column, as far as they are known; editors and terminals open it.
func place(path string, lineNo, column int) string {
	s := text.Line(path)
	if lineNo > 0 {
		s += fmt.Sprintf(":%d", lineNo)
		if column > 0 {
			s += fmt.Sprintf(":%d", column)
		}
	}
	return s
}

// firstLine is the first line of s with something on it, safe to show.
func firstLine(s string) string { return text.Line(event.FirstLine(text.Clean(s))) }
