package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// screen writes lines that stay, and below them, on a terminal, the rows of what runs now. The rows are redrawn in place.
//
// mpb was looked at for the rows and left out: it reads the width from the file descriptor, keeps time with goroutines of
// its own, and counts one line a row when it erases, which leaves scraps behind after a resize. Here a frame is a pure
// function of the events, the clock and the width, and it is one write.
type screen struct {
	out     io.Writer
	live    bool // a terminal that can be drawn on; else plain lines without any escape code
	still   bool // no rows, not even on a terminal
	width   func() int
	palette palette

	kept  []line // lines that wait for the next frame
	drawn []row  // the rows that stand on the screen now
	at    int    // the width they were drawn for
	err   error  // the first error of out; nothing is written after it
}

// row is a drawn row: how it looks, and how many columns it takes.
type row struct {
	text  string
	cells int
}

const (
	defaultWidth = 80
	plainWidth   = 1000 // the longest plain line, in columns: a log viewer still shows it
)

// columns is how wide the output is now.
func (s *screen) columns() int {
	if s.width != nil {
		if w := s.width(); w > 0 {
			return w
		}
	}
	return defaultWidth
}

// keep adds lines that stay. Plain ones are written at once, those on a terminal with the next frame.
func (s *screen) keep(lines ...line) {
	s.kept = append(s.kept, lines...)
	if !s.live || s.still {
		s.frame(nil)
	}
}

// frame writes the waiting lines and then the rows, in one write, or nothing where nothing changed.
func (s *screen) frame(rows []line) {
	width := s.columns()
	next := s.lay(rows, width)
	if len(s.kept) == 0 && slices.Equal(next, s.drawn) && (width == s.at || len(next) == 0) {
		return
	}
	var b strings.Builder
	s.back(&b, width, len(s.kept)+len(next) == 0)
	for _, l := range s.kept {
		s.put(&b, l, width)
	}
	for _, r := range next {
		b.WriteString(r.text)
		b.WriteString(eraseLine + "\n")
	}
	if len(s.drawn) > 0 {
		b.WriteString(eraseBelow)
	}
	s.kept, s.drawn, s.at = nil, next, width
	if s.err == nil {
		_, s.err = io.WriteString(s.out, b.String())
	}
}

const (
	eraseLine  = "\x1b[K"  // to the end of the line
	eraseBelow = "\x1b[J"  // to the end of the screen
	wipeLine   = "\x1b[2K" // all of it
	upOne      = "\x1b[1A"
)

// put writes one line that stays.
func (s *screen) put(b *strings.Builder, l line, width int) {
	if s.live {
		b.WriteString(s.palette.paint(l.cut(width)))
		b.WriteString(eraseLine + "\n")
		return
	}
	b.WriteString(defused(strings.TrimRight(l.cut(plainWidth).String(), " ")))
	b.WriteByte('\n')
}

// lay makes rows that can't wrap: one column is left free, since terminals differ in when they break a full line.
func (s *screen) lay(rows []line, width int) []row {
	if !s.live || s.still {
		return nil
	}
	laid := make([]row, len(rows))
	for i, l := range rows {
		l = l.cut(width - 1)
		laid[i] = row{text: s.palette.paint(l), cells: cells(strings.TrimRight(l.String(), " "))}
	}
	return laid
}

// back moves the cursor to where the drawn rows begin. A terminal that has become narrower has broken them into several
// lines each. (One that cuts them off instead, as xterm does, loses some lines above; they come again at the end.
// And what a resize pushed off the top of the screen is out of reach: a scrap may stay in the history.)
//
// The rows are overwritten as a rule, so that nothing flickers. They are wiped line by line first where nothing comes in
// their place, or where they were broken: tmux keeps a screen that is erased from its first line in its history, and takes
// two lines that once were one for one at the next resize, both unless each line is erased by itself.
func (s *screen) back(b *strings.Builder, width int, last bool) {
	up := 0
	for _, r := range s.drawn {
		up += max(1, (r.cells+width-1)/width)
	}
	switch {
	case up == 0:
	case last || width != s.at:
		b.WriteString("\r" + strings.Repeat(upOne+wipeLine, up))
	default:
		fmt.Fprintf(b, "\r\x1b[%dA", up)
	}
}
