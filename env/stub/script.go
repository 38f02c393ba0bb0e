package stub

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"

	"testrunner/env"
)

const (
	maxMessage = 16 << 20 // bytes of one message
	maxReason  = 123      // bytes of a close frame's reason, by RFC 6455
)

// farewell is how long a client has to answer the end of a connection when the stub is stopped.
const farewell = 300 * time.Millisecond

// script is what happens on each WebSocket that is opened at a path.
type script struct {
	path  string
	steps []step
}

// step is one message of the script. Where it both expects and sends, it sends as the answer.
type step struct {
	expect *expectation
	send   string // "" sends nothing
	after  time.Duration
}

func readScript(path string, messages []env.StubMessage) (*script, error) {
	if p, err := readPattern(path); err != nil {
		return nil, err
	} else if strings.Contains(p.text, "{") {
		return nil, fmt.Errorf("the path %q holds names: a script has one path", path)
	}
	s := &script{path: path}
	if len(messages) == 0 {
		return nil, fmt.Errorf("there are no messages: give it steps with expect or send")
	}
	for i, m := range messages {
		switch {
		case m.Expect == "" && m.Send == "":
			return nil, fmt.Errorf("messages, number %d: it neither expects nor sends anything", i+1)
		case m.Send == "" && m.After != 0:
			return nil, fmt.Errorf("messages, number %d: \"after\" does nothing without \"send\"", i+1)
		case m.After < 0:
			return nil, fmt.Errorf("messages, number %d: it waits %s, which is below 0", i+1, m.After)
		}
		each := step{send: m.Send, after: m.After}
		if m.Expect != "" {
			each.expect = newExpectation(m.Expect)
		}
		s.steps = append(s.steps, each)
	}
	return s, nil
}

func upgrades(r *http.Request) bool {
	for each := range strings.SplitSeq(strings.Join(r.Header.Values("Upgrade"), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(each), "websocket") {
			return true
		}
	}
	return false
}

// serve opens the WebSocket and follows the script until the client or the stub ends. Any page and subprotocol may talk to it: who
// asks is a test.
func (s *script) serve(w http.ResponseWriter, r *http.Request, i *Instance) {
	var offered []string
	if first, _, _ := strings.Cut(strings.Join(r.Header.Values("Sec-WebSocket-Protocol"), ","), ","); strings.TrimSpace(first) != "" {
		offered = []string{strings.TrimSpace(first)} // a browser gives up where none of its own is taken
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: offered})
	if err != nil {
		i.out.add(fmt.Sprintf("%s: %v", s.path, err))
		return
	}
	c.SetReadLimit(maxMessage)
	reading, quit := context.WithCancel(context.WithoutCancel(r.Context()))
	defer quit()
	t := &talk{script: s, instance: i, conn: c, got: make(chan message), quit: quit}
	reads := make(chan struct{})
	go func() {
		close(reads)
		t.read(reading)
	}()
	// Who reads first has the connection's lock. Were that the end of the connection, it would wait five seconds for a silent client,
	// and nothing could cut that short.
	<-reads
	t.follow(r.Context())
}

// message is one that came.
type message struct {
	binary bool
	text   []byte
}

// talk is one connection. It reads all the time, so that pings are answered while the script waits.
type talk struct {
	*script
	instance *Instance
	conn     *websocket.Conn
	got      chan message       // closed when nothing more can come
	quit     context.CancelFunc // ends the reading, and with it the connection
}

func (t *talk) read(ctx context.Context) {
	defer close(t.got)
	for {
		kind, text, err := t.conn.Read(ctx)
		if err != nil {
			return
		}
		select {
		case t.got <- message{kind == websocket.MessageBinary, text}:
		case <-ctx.Done():
			return
		}
	}
}

// follow goes through the script, and then waits for the client to leave. A message that no step expects ends the connection.
func (t *talk) follow(ctx context.Context) {
	defer func() { _ = t.conn.CloseNow() }()
	for n, each := range t.steps {
		if each.expect != nil {
			m, ok := t.next(ctx)
			if !ok {
				t.left(ctx, n)
				return
			}
			if why := each.expect.differs(m); why != "" {
				t.refuse(ctx, n, m, why)
				return
			}
		}
		if each.send == "" {
			continue
		}
		if !sleep(ctx, each.after) {
			t.left(ctx, n)
			return
		}
		if err := t.conn.Write(ctx, websocket.MessageText, []byte(each.send)); err != nil {
			t.left(ctx, n)
			return
		}
	}
	t.instance.out.add(fmt.Sprintf("%s: the script is over", t.path))
	if m, ok := t.next(ctx); ok {
		t.refuse(ctx, len(t.steps), m, "nothing is expected any more")
		return
	}
	t.left(ctx, len(t.steps))
}

func (t *talk) next(ctx context.Context) (message, bool) {
	select {
	case m, ok := <-t.got:
		return m, ok
	case <-ctx.Done():
		return message{}, false
	}
}

// left ends a connection from which nothing more comes.
func (t *talk) left(ctx context.Context, done int) {
	if ctx.Err() != nil {
		t.close(ctx, websocket.StatusGoingAway, "the stub is stopped")
		return
	}
	t.instance.out.add(fmt.Sprintf("%s: the client left after %d of %d steps", t.path, done, len(t.steps)))
}

// refuse ends a connection at a message that the script does not have there.
func (t *talk) refuse(ctx context.Context, n int, m message, why string) {
	where := fmt.Sprintf("%s, step %d of %d", t.path, n+1, len(t.steps))
	if n == len(t.steps) {
		where = t.path + ", after the last step"
	}
	t.instance.missed(fmt.Sprintf("the message %s (%s: %s)", m.shown(), where, why))
	t.close(ctx, websocket.StatusPolicyViolation, cut(fmt.Sprintf("step %d: %s", n+1, why), maxReason))
}

// close tells the client why, and waits for its answer; no longer than farewell where the stub itself is stopped.
func (t *talk) close(ctx context.Context, code websocket.StatusCode, reason string) {
	go func() {
		for range t.got { // what still comes must not hold up the reading
		}
	}()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(farewell, t.quit) })
	defer stop()
	_ = t.conn.Close(code, reason)
}

// shown is a message as a report may quote it.
func (m message) shown() string {
	if m.binary || !utf8.Valid(m.text) {
		return fmt.Sprintf("of %d bytes", len(m.text))
	}
	return printable(string(m.text))
}

// sleep waits, and says whether the context still holds.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	clock := time.NewTimer(d)
	defer clock.Stop()
	select {
	case <-clock.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// cut shortens a text to so many bytes, without cutting a rune in two.
func cut(s string, size int) string {
	if len(s) <= size {
		return s
	}
	size -= len("…")
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return s[:size] + "…"
}

// expectation is what a message must be: a JSON value that it contains, or a text that it is.
type expectation struct {
	text  string
	value any
	json  bool
}

func newExpectation(text string) *expectation {
	e := &expectation{text: text}
	e.value, e.json = parseJSON([]byte(text))
	return e
}

// differs says why a message is not what is expected, "" where it is.
func (e *expectation) differs(m message) string {
	if m.binary {
		return "expected a text"
	}
	if !e.json {
		if string(m.text) == e.text {
			return ""
		}
		return "expected " + printable(e.text)
	}
	value, ok := parseJSON(m.text)
	if !ok {
		return "expected JSON"
	}
	return contains(value, e.value, "")
}

func parseJSON(text []byte) (any, bool) {
	if !json.Valid(text) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var v any
	return v, d.Decode(&v) == nil
}
