package stub

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
)

// The bounds of a request, as far below Redis' own (512 MB, a million parts) as tests allow.
const (
	maxBulk    = 64 << 20
	maxParts   = 1 << 20
	maxInline  = 64 << 10
	maxRequest = 256 << 20
)

// errFrame says that a client does not speak Redis' protocol.
var errFrame = errors.New("no request of Redis")

// frames is a connection whose requests were read and found whole before miniredis sees them, which would panic at an empty one and
// take any length for granted. Requests in one line ("PING", as typed into nc) are put into the usual form.
type frames struct {
	net.Conn
	in     *bufio.Reader
	ready  []byte // of a request, not yet read by miniredis
	missed func(form string)
	closed func()
	once   sync.Once
}

func newFrames(c net.Conn, missed func(string), closed func()) *frames {
	return &frames{Conn: c, in: bufio.NewReader(c), missed: missed, closed: closed}
}

// Read gives out whole requests, in parts where the buffer is small.
func (f *frames) Read(b []byte) (int, error) {
	for len(f.ready) == 0 {
		parts, err := readRequest(f.in)
		if errors.Is(err, errFrame) {
			_, _ = fmt.Fprintf(f.Conn, "-ERR Protocol error: %v\r\n", err)
			return 0, io.EOF
		}
		if err != nil {
			return 0, err
		}
		f.ready = encodeRequest(parts) // Redis passes over an empty one, and so it is read on
	}
	n := copy(b, f.ready)
	f.ready = f.ready[n:]
	return n, nil
}

// Write passes replies on. miniredis writes each in one piece, or in several if it is long, so an error stands at a piece's start.
func (f *frames) Write(b []byte) (int, error) {
	if len(b) > 0 && b[0] == '-' {
		if form := missedForm(b); form != "" {
			f.missed(form)
		}
	}
	return f.Conn.Write(b)
}

// Close ends the connection.
func (f *frames) Close() error {
	f.once.Do(f.closed)
	return f.Conn.Close()
}

// readRequest reads one request; no parts are an empty one. Anything but an end of the connection is errFrame.
func readRequest(in *bufio.Reader) ([]string, error) {
	line, err := readLine(in)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(line, "*") {
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' }) {
			return nil, fmt.Errorf("%w: expected '*'", errFrame)
		}
		return words(line, nil), nil
	}
	count, err := strconv.Atoi(line[1:])
	if err != nil || count > maxParts {
		return nil, fmt.Errorf("%w: invalid multibulk length", errFrame)
	}
	var parts []string
	for total := 0; count > 0; count-- {
		line, err := readLine(in)
		if err != nil {
			return nil, err
		}
		size, ok := strings.CutPrefix(line, "$")
		n, err := strconv.Atoi(size)
		if !ok || err != nil || n < 0 || n > maxBulk {
			return nil, fmt.Errorf("%w: expected '$' and a length up to %d", errFrame, maxBulk)
		}
		if total += n; total > maxRequest {
			return nil, fmt.Errorf("%w: more than %d bytes", errFrame, maxRequest)
		}
		part, err := readPart(in, n)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// readLine reads up to the end of a line, which it leaves out.
func readLine(in *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxInline:
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			return "", fmt.Errorf("%w: too big inline request", errFrame)
		case err != nil:
			return "", err
		}
		return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
	}
}

// readPart reads n bytes and the end of the line behind them. What was only announced takes no memory.
func readPart(in *bufio.Reader, n int) (string, error) {
	var b strings.Builder
	if _, err := io.CopyN(&b, in, int64(n)); err != nil {
		return "", err
	}
	var end [2]byte
	if _, err := io.ReadFull(in, end[:]); err != nil {
		return "", err
	}
	if end != [2]byte{'\r', '\n'} {
		return "", fmt.Errorf("%w: a part is longer than it says", errFrame)
	}
	return b.String(), nil
}

func encodeRequest(parts []string) []byte {
	if len(parts) == 0 {
		return nil
	}
	out := fmt.Appendf(nil, "*%d\r\n", len(parts))
	for _, p := range parts {
		out = fmt.Appendf(out, "$%d\r\n", len(p))
		out = append(append(out, p...), "\r\n"...)
	}
	return out
}
