package terminal

import (
	"regexp"
	"strings"

	"github.com/fatih/color"
)

// ink is the meaning of a piece of text; the palette knows its colour.
type ink int

const (
	normal ink = iota
	strong
	good
	bad
	caution
	faint
)

// piece is text in one ink, clean already.
type piece struct {
	ink  ink
	text string
}

// line is one line to show.
type line struct {
	pieces []piece
	// whole: the line is never cut or wrapped, because somebody will copy it or a program will read it.
	whole bool
}

func bare(s string) line         { return line{pieces: []piece{{normal, s}}} }
func inked(i ink, s string) line { return line{pieces: []piece{{i, s}}} }
func (l line) add(i ink, s string) line {
	if s != "" {
		l.pieces = append(l.pieces[:len(l.pieces):len(l.pieces)], piece{i, s})
	}
	return l
}

func (l line) String() string {
	var b strings.Builder
	for _, p := range l.pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

// cut returns the line in at most width columns.
func (l line) cut(width int) line {
	if l.whole {
		return l
	}
	out := line{}
	for i, p := range l.pieces {
		w := cells(p.text)
		more := i < len(l.pieces)-1
		if w < width || w == width && !more {
			out.pieces, width = append(out.pieces, p), width-w
			continue
		}
		// What follows does not fit: make room for the mark of the cut.
		if more && w == width {
			p.text += " "
		}
		out.pieces = append(out.pieces, piece{p.ink, cut(p.text, width)})
		break
	}
	return out
}

// palette turns ink into colour. Each colour is switched by itself: the library's switch is one for the whole process.
type palette struct {
	colours map[ink]*color.Color // empty: no escape codes at all
}

func newPalette(on bool) palette {
	if !on {
		return palette{}
	}
	p := palette{colours: map[ink]*color.Color{
		strong:  color.New(color.Bold),
		good:    color.New(color.FgGreen),
		bad:     color.New(color.FgRed),
		caution: color.New(color.FgYellow),
		faint:   color.New(color.Faint),
	}}
	for _, c := range p.colours {
		c.EnableColor()
	}
	return p
}

func (p palette) paint(l line) string {
	var b strings.Builder
	for _, q := range l.pieces {
		if c := p.colours[q.ink]; c != nil {
			b.WriteString(c.Sprint(q.text))
		} else {
			b.WriteString(q.text)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// defused returns a plain line that no CI system takes for a command. GitHub obeys "::name" at the start of a line and
// "##[name]" anywhere, Azure "##vso[" and TeamCity "##teamcity[".
func defused(s string) string {
	if strings.HasPrefix(strings.TrimSpace(s), "::") {
		s = strings.Replace(s, "::", `\::`, 1)
	}
	if strings.Contains(s, "##") {
		s = regexp.MustCompile(`##(\w*\[)`).ReplaceAllString(s, `#\#$1`)
	}
	return s
}
