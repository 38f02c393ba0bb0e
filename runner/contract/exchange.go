package contract

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// loginsAtOnce bounds the requests for tokens that are under way: the contract is the WebSocket's, not the login's.
const loginsAtOnce = 16

// exchange is all users talking at once.
type exchange struct {
	*client
	clock func() time.Duration
	users []User

	mu      sync.Mutex
	owners  owners
	talks   []Talk
	missing []map[string]int // by user and connection: what has not come yet
	left    int              // the sum of missing
	done    chan struct{}    // closed when nothing is missing
	ending  bool             // what ends from now on, we ended
}

// line is one connection.
type line struct {
	user, number int
	conn         *websocket.Conn
}

// each calls do for the numbers 0 to n-1, at most so many at once, and returns the errors by number.
func each(n, atOnce int, do func(i int) error) []error {
	failed := make([]error, n)
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			failed[i] = do(i)
		})
	}
	all.Wait()
	return failed
}

// enter gets every user a token.
func (x *exchange) enter(ctx context.Context) []string {
	n := x.Contract.users()
	if x.bystander() {
		n++
	}
	x.users = make([]User, n)
	failed := each(n, loginsAtOnce, func(i int) (err error) {
		x.users[i], err = x.user(ctx, i+1)
		return err
	})
	if x.bystander() {
		x.users[n-1].Silent = true
	}
	return x.problems(failed)
}

func (x *exchange) problems(failed []error) []string {
	var out []string
	for _, err := range failed {
		if err != nil {
			out = append(out, x.masked(err.Error()))
		}
	}
	return out
}

// connect opens every connection of every user, spread over the ramp.
func (x *exchange) connect(ctx context.Context) ([]line, []string) {
	per := x.connections()
	lines := make([]line, len(x.users)*per)
	failed := each(len(lines), len(lines), func(i int) error {
		u := i / per
		if x.Ramp > 0 && !pause(ctx, x.Ramp*time.Duration(u)/time.Duration(len(x.users))) {
			return ctx.Err()
		}
		conn, err := x.dial(ctx, x.users[u], nil)
		lines[i] = line{u, i % per, conn}
		if err != nil {
			return fmt.Errorf("%s: %w", x.users[u], err)
		}
		return nil
	})
	return lines, x.problems(failed)
}

// listen begins to read every connection, until ctx ends.
func (x *exchange) listen(ctx context.Context, lines []line) {
	x.owners = newOwners(x.Owner, x.users)
	x.talks = make([]Talk, len(x.users))
	x.missing = make([]map[string]int, len(lines))
	x.done = make(chan struct{})
	for i, u := range x.users {
		x.talks[i].User = u
	}
	for i, l := range lines {
		x.missing[i] = map[string]int{}
		if !x.users[l.user].Silent {
			x.missing[i] = tally(x.expected())
			x.left += len(x.expected())
		}
	}
	if x.left == 0 {
		close(x.done)
	}
	for i, l := range lines {
		go x.read(ctx, i, l)
	}
}

func (x *exchange) read(ctx context.Context, i int, l line) {
	for {
		_, text, err := l.conn.Read(ctx)
		at := x.clock()
		if err != nil {
			x.ended(l, err)
			return
		}
		x.take(i, l, Received{Connection: l.number, Name: nameOf(text, x.name()), Text: text, At: at})
	}
}

// nameOf is an event's name. What is no JSON, or has no name, is its own name: a server may send plain texts.
func nameOf(text []byte, path string) string {
	if name, ok := find(text, path); ok {
		return name
	}
	return string(text)
}

func (x *exchange) take(i int, l line, r Received) {
	x.mu.Lock()
	defer x.mu.Unlock()
	t := &x.talks[l.user]
	t.Got = append(t.Got, r)
	if x.missing[i][r.Name] > 0 && x.owners.foreign(t.User, r.Text) == "" {
		x.missing[i][r.Name]--
		if x.left--; x.left == 0 {
			close(x.done)
		}
	}
}

func (x *exchange) ended(l line, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ending {
		return
	}
	t := &x.talks[l.user]
	t.Broken = append(t.Broken, "its connection ended: "+ending(err))
}

// ending says how a connection ended.
func ending(err error) string {
	if code := websocket.CloseStatus(err); code != -1 {
		return fmt.Sprintf("close code %d", code)
	}
	return "without a close code"
}

// ping has every connection answer one.
func (x *exchange) ping(ctx context.Context, lines []line) []string {
	return x.problems(each(len(lines), len(lines), func(i int) error {
		ctx, cancel := context.WithTimeout(ctx, x.within())
		defer cancel()
		if err := lines[i].conn.Ping(ctx); err != nil {
			return fmt.Errorf("%s: no pong within %s", x.users[lines[i].user], x.within())
		}
		return nil
	}))
}

// talk sends every user's messages, waits for what must come, and listens on for what must not.
func (x *exchange) talk(ctx context.Context, lines []line) []Talk {
	each(len(lines), len(lines), func(i int) error {
		if l := lines[i]; l.number == 0 && !x.users[l.user].Silent {
			x.say(ctx, l)
		}
		return nil
	})
	wait := time.NewTimer(x.within())
	defer wait.Stop()
	select {
	case <-x.done:
	case <-wait.C:
	case <-ctx.Done():
	}
	pause(ctx, x.quiet())
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ending = true
	return append([]Talk(nil), x.talks...)
}

func (x *exchange) say(ctx context.Context, l line) {
	ctx, cancel := context.WithTimeout(ctx, x.within())
	defer cancel()
	x.mu.Lock()
	x.talks[l.user].Sent = x.clock()
	x.mu.Unlock()
	for _, text := range x.Send {
		if err := l.conn.Write(ctx, websocket.MessageText, []byte(x.users[l.user].fill(text))); err != nil {
			return // the reading side says how the connection ended
		}
	}
}

// farewell is how long a server has to answer the end of a connection.
const farewell = time.Second

// hangUp ends the connections, all at once: those that are read as RFC 6455 says, and quit ends the reading of what does not answer.
func (x *exchange) hangUp(lines []line, quit context.CancelFunc) {
	stop := time.AfterFunc(farewell, quit)
	defer stop.Stop()
	each(len(lines), len(lines), func(i int) error {
		if lines[i].conn == nil {
			return nil
		}
		if x.done != nil {
			_ = lines[i].conn.Close(websocket.StatusNormalClosure, "")
		}
		_ = lines[i].conn.CloseNow()
		return nil
	})
	quit()
}

// pause waits, and says whether the context still holds.
func pause(ctx context.Context, d time.Duration) bool {
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
