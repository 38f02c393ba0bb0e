package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"testrunner/report/event"
)

// ReadStream reads a saved stream and calls f for each event, in order; an error of f ends it. A last line that a crash cut off
// is left out; any other line that can't be read is an error with its number, and so is one longer than event.MaxLine.
func ReadStream(r io.Reader, f func(event.Event) error) error {
	_, err := readLines(r, f)
	return err
}

// Render folds a saved stream into the Summary that the run itself had.
func Render(r io.Reader) (Summary, error) {
	l := NewLedger()
	s := replay{ledger: l}
	if err := ReadStream(r, s.handle); err != nil {
		return Summary{}, err
	}
	if s.count == 0 {
		return Summary{}, errors.New("render stream: it holds no event")
	}
	return l.Summary(), nil
}

// FinishDead finishes the stream of a run that was killed: it drops a torn last line, appends that runner died and the verdict,
// both at the time of the last sign of life, and returns the Summary. A stream that is whole already is left as it is.
func FinishDead(eventsPath string) (Summary, error) {
	file, err := os.OpenFile(eventsPath, os.O_RDWR, 0)
	if err != nil {
		return Summary{}, fmt.Errorf("finish the stream of a dead run: %w", err)
	}
	s, err := finishDead(file)
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return Summary{}, fmt.Errorf("finish %s: %w", eventsPath, err)
	}
	return s, nil
}

func finishDead(file *os.File) (Summary, error) {
	l := NewLedger()
	s := replay{ledger: l}
	end, err := readLines(file, s.handle)
	if err != nil {
		return Summary{}, err
	}
	if s.count == 0 {
		return Summary{}, errors.New("it holds no event")
	}
	if s.whole {
		return l.Summary(), nil
	}
	died := event.Event{Seq: s.last.Seq + 1, At: s.last.At, Body: event.Stopping{Why: stopRunnerDied, Detail: "runner was killed"}}
	if err := s.handle(died); err != nil {
		return Summary{}, err
	}
	sum := l.Summary()
	v := sum.Verdict()
	ended := event.Event{Seq: died.Seq + 1, At: died.At, Body: event.RunFinished{Word: v.Word, Code: v.Code, Line: v.Line}}
	var text []byte
	for _, e := range []event.Event{died, ended} {
		text = append(text, '\n') // of the line before: the one that ends it may be what the crash cut off
		if text, err = event.Append(text, e); err != nil {
			return Summary{}, err
		}
	}
	text = append(text, '\n')
	if err := file.Truncate(end); err != nil {
		return Summary{}, err
	}
	if _, err := file.WriteAt(text, end); err != nil {
		return Summary{}, err
	}
	return sum, file.Sync()
}

// replay feeds a ledger and remembers how the stream ended.
type replay struct {
	ledger *Ledger
	last   event.Event
	count  int
	whole  bool
}

func (s *replay) handle(e event.Event) error {
	if b, ok := e.Body.(event.RunStarted); ok && b.Version > event.Version {
		return fmt.Errorf("the stream has version %d, this runner reads up to %d: use runner %s or newer", b.Version, event.Version, b.Runner)
	}
	_, s.whole = e.Body.(event.RunFinished)
	s.last = e
	s.count++
	return s.ledger.Handle(e)
}

// readLines is ReadStream; it also returns where the last whole line ends, without its newline.
func readLines(r io.Reader, f func(event.Event) error) (end int64, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	var at int64
	for number := 1; ; number++ {
		line, err := readLine(in)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return end, fmt.Errorf("read stream: line %d: %w", number, err)
		}
		if len(line) == 0 && last {
			return end, nil
		}
		if !last && in.Buffered() == 0 {
			line = bytes.Clone(line) // Peek reads over what it lies in
			_, peek := in.Peek(1)
			last = errors.Is(peek, io.EOF)
		}
		e, err := event.Parse(line)
		if errors.Is(err, event.ErrTorn) && last {
			return end, nil
		}
		if err != nil {
			return end, fmt.Errorf("read stream: line %d: %w", number, err)
		}
		if err := f(e); err != nil {
			return end, fmt.Errorf("read stream: line %d: %w", number, err)
		}
		end = at + int64(len(bytes.TrimRight(line, "\r\n")))
		at += int64(len(line))
		if last {
			return end, nil
		}
	}
}

// readLine reads up to and with the next newline, at most event.MaxLine bytes. It returns io.EOF with the last bytes.
func readLine(in *bufio.Reader) ([]byte, error) {
	var whole []byte
	for {
		part, err := in.ReadSlice('\n')
		if whole == nil && err == nil {
			return part, nil
		}
		whole = append(whole, part...)
		if len(whole) > event.MaxLine+1 {
			return nil, fmt.Errorf("longer than %d bytes", event.MaxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return whole, err
		}
	}
}
