package contract

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// Options are what Run is told beside the contract.
type Options struct {
	Cases   []string              // to be tried; nil is all of them
	Started func(name string)     // called before a case is tried; may be nil
	Ended   func(Verdict, Micros) // called once a case that was started
}

// Micros is a time in millionths of a second.
type Micros int64

// Result is what a run came to, beside its verdicts.
type Result struct {
	Reached bool // a server answered, whatever it said
}

// Run tries the contract, whose variables are expanded, on the server that it names. Texts of verdicts hold no token. The error
// is ctx's own, or the machine's: what the server does wrong is a verdict.
func Run(ctx context.Context, c Contract, o Options) (Result, error) {
	run := make([]byte, 4)
	if _, err := rand.Read(run); err != nil {
		return Result{}, err
	}
	t := &trial{client: newClient(c, hex.EncodeToString(run)), options: o, begun: map[string]time.Duration{}}
	start := time.Now()
	t.clock = func() time.Duration { return time.Since(start) }
	defer t.http.CloseIdleConnections()
	t.together(ctx)
	if ctx.Err() == nil && t.wants(CaseReconnect) {
		t.alone(CaseReconnect, func() Verdict {
			u, err := t.user(ctx, 1)
			if err != nil {
				return Verdict{Case: CaseReconnect, Wrong: t.masked(err.Error())}
			}
			return t.reconnect(ctx, u)
		})
	}
	for _, r := range c.Refuse { // the last ones, in their order: a token that was revoked serves nobody
		if ctx.Err() == nil && t.wants(Refused+r.Name) {
			t.alone(Refused+r.Name, func() Verdict { return t.refuse(ctx, r) })
		}
	}
	return Result{Reached: t.reached}, ctx.Err()
}

// trial is one run of a contract.
type trial struct {
	*client
	options Options
	clock   func() time.Duration
	begun   map[string]time.Duration
}

func (t *trial) wants(name string) bool {
	return slices.Contains(t.Cases(), name) && (t.options.Cases == nil || slices.Contains(t.options.Cases, name))
}

func (t *trial) start(names ...string) {
	for _, name := range names {
		if !t.wants(name) {
			continue
		}
		t.begun[name] = t.clock()
		if t.options.Started != nil {
			t.options.Started(name)
		}
	}
}

// end tells a verdict. One of a case that was not started is nobody's.
func (t *trial) end(v Verdict) {
	begun, ok := t.begun[v.Case]
	if !ok {
		return
	}
	delete(t.begun, v.Case)
	v.Note, v.Warn, v.Wrong = t.masked(v.Note), t.masked(v.Warn), t.masked(v.Wrong)
	for i := range v.Broken {
		v.Broken[i] = t.masked(v.Broken[i])
	}
	t.options.Ended(v, Micros((t.clock() - begun).Microseconds()))
}

func (t *trial) alone(name string, try func() Verdict) {
	t.start(name)
	t.end(try())
}

// exchanged are the cases that are judged from what all users said and got.
func (t *trial) exchanged() []string {
	var out []string
	for _, name := range t.Cases() {
		if name != CaseConnect && name != CaseReconnect && !strings.HasPrefix(name, Refused) {
			out = append(out, name)
		}
	}
	return out
}

// together has all users connect and talk at once, as far as a case wants it.
func (t *trial) together(ctx context.Context) {
	rest := t.exchanged()
	if !t.wants(CaseConnect) && !slices.ContainsFunc(rest, t.wants) {
		return
	}
	t.start(CaseConnect)
	x := &exchange{client: t.client, clock: t.clock}
	reading, quit := context.WithCancel(ctx)
	defer quit()
	broken := x.enter(ctx)
	var lines []line
	if len(broken) == 0 {
		lines, broken = x.connect(ctx)
		defer x.hangUp(lines, quit)
	}
	if ctx.Err() != nil {
		return
	}
	t.end(Verdict{Case: CaseConnect, Broken: broken, Note: counted(len(lines), "connection")})
	t.start(rest...)
	if len(broken) > 0 {
		for _, name := range rest {
			t.end(Verdict{Case: name, Wrong: "not tried, since not all users could connect: " + broken[0]})
		}
		return
	}
	if !slices.ContainsFunc(rest, t.wants) {
		return
	}
	x.listen(reading, lines)
	if t.wants(CasePing) {
		problems := x.ping(ctx, lines)
		if ctx.Err() != nil {
			return
		}
		t.end(Verdict{Case: CasePing, Broken: problems, Note: counted(len(lines), "pong")})
	}
	if !slices.ContainsFunc(rest, func(name string) bool { return name != CasePing && t.wants(name) }) {
		return
	}
	talks := x.talk(ctx, lines)
	if ctx.Err() != nil {
		return
	}
	for _, v := range Judge(t.Contract, talks) {
		t.end(v)
	}
}
