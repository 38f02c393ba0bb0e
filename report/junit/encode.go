package junit

import (
	"strconv"
	"time"
)

// encoder appends XML. It counts elements and attributes, which bound what some readers load.
type encoder struct {
	buf     []byte
	nodes   int
	dialect Dialect
}

func (e *encoder) reset() { e.buf, e.nodes = e.buf[:0], 0 }

func (e *encoder) open(indent, name string) {
	e.buf = append(e.buf, indent...)
	e.buf = append(e.buf, '<')
	e.buf = append(e.buf, name...)
	e.nodes++
}

func (e *encoder) attr(name, value string) {
	e.buf = append(e.buf, ' ')
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, '=', '"')
	e.buf = appendEscaped(e.buf, value, true)
	e.buf = append(e.buf, '"')
	e.nodes++
}

func (e *encoder) raw(text string) { e.buf = append(e.buf, text...) }

// appendEscaped escapes a clean text. Line ends in attributes and CR anywhere are written as references, else a reader turns
// them into blanks and LF.
func appendEscaped(dst []byte, text string, attr bool) []byte {
	from := 0
	for i := 0; i < len(text); i++ {
		ref := ""
		switch text[i] {
		case '&':
			ref = "&amp;"
		case '<':
			ref = "&lt;"
		case '>':
			ref = "&gt;" // for the sake of "]]>"
		case '\r':
			ref = "&#13;"
		case '"':
			if attr {
				ref = "&quot;"
			}
		case '\n':
			if attr {
				ref = "&#10;"
			}
		case '\t':
			if attr {
				ref = "&#9;"
			}
		}
		if ref != "" {
			dst = append(dst, text[from:i]...)
			dst = append(dst, ref...)
			from = i + 1
		}
	}
	return append(dst, text[from:]...)
}

// seconds has three decimals and a dot, never a sign or an exponent.
func seconds(d time.Duration) string {
	ms := max(0, d.Round(time.Millisecond).Milliseconds())
	frac := strconv.FormatInt(ms%1000, 10)
	return strconv.FormatInt(ms/1000, 10) + "." + "000"[len(frac):] + frac
}

func (e *encoder) properties(indent string, list [][2]string) {
	if len(list) == 0 {
		return
	}
	e.open(indent, "properties")
	e.raw(">")
	for _, p := range list {
		e.open(indent+"  ", "property")
		e.attr("name", p[0])
		e.attr("value", clean(p[1], capMessage))
		e.raw("/>")
	}
	e.raw(indent + "</properties>")
}

// testcase writes one case: properties, outcome, output, in the order that all schemas but surefire's want.
func (e *encoder) testcase(t *entry) {
	const indent = "\n    "
	e.open(indent, "testcase")
	e.attr("classname", t.class())
	e.attr("name", t.fullName())
	e.attr("time", seconds(t.elapsed()))
	empty := true
	if e.dialect == Common {
		if file, line := t.place(); file != "" {
			e.attr("file", clean(file, capName))
			if line > 0 {
				e.attr("line", strconv.Itoa(line))
			}
		}
		if list := t.properties(); len(list) > 0 {
			e.raw(">")
			empty = false
			e.properties(indent+"  ", list)
		}
	}
	if o := t.outcome(); o != passed {
		if empty {
			e.raw(">")
			empty = false
		}
		e.outcome(indent+"  ", t, o)
	}
	if empty {
		e.raw("/>")
		return
	}
	e.raw(indent + "</testcase>")
}

func (e *encoder) outcome(indent string, t *entry, o outcome) {
	c := t.child()
	if o == skipped {
		e.open(indent, "skipped")
		e.attr("message", c.message)
		e.raw("/>")
	} else {
		name := "error"
		if o == failure {
			name = "failure"
		}
		e.open(indent, name)
		e.attr("message", c.message)
		e.attr("type", c.kind)
		e.raw(">")
		e.buf = appendEscaped(e.buf, c.text, false)
		e.raw("</" + name + ">")
	}
	if t.case_ == nil || t.case_.Output == "" {
		return
	}
	e.open(indent, "system-out")
	e.raw(">")
	e.buf = appendEscaped(e.buf, clean(t.case_.Output, capText), false)
	e.raw("</system-out>")
}
