package stub

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"testrunner/env/service"
)

// acceptPause is how long to wait when a connection could not be taken.
const acceptPause = 20 * time.Millisecond

// redis answers as a Redis server does, with miniredis behind it. The connections are accepted and read here: miniredis trusts its
// clients, and what one of them sends must not be able to end a run.
type redis struct {
	set      redisSettings
	ports    []int
	mini     *miniredis.Miniredis
	listener net.Listener
	accepted sync.WaitGroup
	mu       sync.Mutex
	open     map[net.Conn]bool // nil once it is closed
	guarded  sync.Map          // *server.Peer -> nothing: its command is being run under guard
	queues   sync.Map          // *server.Peer -> bool: it is between MULTI and EXEC
}

func readRedis(s service.Spec) (answers, error) {
	set, err := readRedisSettings(s)
	if err != nil {
		return nil, err
	}
	return &redis{set: set, ports: []int{set.port}}, nil
}

func (r *redis) notes() []string { return nil }

// serve starts miniredis without a listener of its own. Keys expire by this machine's clock.
func (r *redis) serve(_ context.Context, l net.Listener, i *Instance) (string, []int, error) {
	r.mini, r.listener, r.open = miniredis.NewMiniRedis(), l, map[net.Conn]bool{}
	r.mini.ClockTTL(true)
	r.mini.RequireAuth(r.set.password)
	first, err := r.mini.Dial() // this is how it is started without a listener
	if err != nil {
		return "", nil, fmt.Errorf("start miniredis: %w", err)
	}
	if err := first.Close(); err != nil {
		return "", nil, fmt.Errorf("start miniredis: %w", err)
	}
	srv := r.mini.Server()
	srv.SetPreHook(func(p *server.Peer, cmd string, args ...string) bool { return r.command(srv, i, p, cmd, args) })
	r.accepted.Go(func() { r.accept(srv, i) })
	at := url.URL{Scheme: "redis", Host: l.Addr().String()}
	if r.set.password != "" {
		at.User = url.UserPassword("", r.set.password)
	}
	return at.String(), r.ports, nil
}

func (r *redis) accept(srv *server.Server, i *Instance) {
	for {
		c, err := r.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as too many open files: it passes
			i.out.add("accept: " + err.Error())
			time.Sleep(acceptPause)
			continue
		}
		r.mu.Lock()
		if r.open == nil {
			r.mu.Unlock()
			_ = c.Close()
			return
		}
		r.open[c] = true
		r.mu.Unlock()
		srv.ServeConn(newFrames(c, i.missed, func() {
			r.mu.Lock()
			delete(r.open, c)
			r.mu.Unlock()
		}))
	}
}

// disconnect ends the listener and all connections.
func (r *redis) disconnect() {
	_ = r.listener.Close()
	r.mu.Lock()
	open := r.open
	r.open = nil
	r.mu.Unlock()
	for c := range open {
		_ = c.Close()
	}
}

func (r *redis) close() error {
	r.disconnect()
	r.accepted.Wait()
	r.mini.Close()
	return nil
}

// command sees each command before miniredis does, and says whether it is done with.
func (r *redis) command(srv *server.Server, i *Instance, p *server.Peer, cmd string, args []string) bool {
	if _, inside := r.guarded.LoadAndDelete(p); inside {
		return false // we asked for it ourselves, below
	}
	if reply := r.own(cmd, args); reply != "" {
		p.WriteRaw(reply)
		return true
	}
	if !srv.IsRegisteredCommand(cmd) {
		i.missed(printable(cmd))
		return false // miniredis tells the client, as Redis does
	}
	defer func() {
		if v := recover(); v != nil {
			i.broke(fmt.Sprintf("the stub of %s broke at %s: %v", i.name, cmd, v), r.disconnect)
			i.out.add(string(debug.Stack()))
			p.WriteError("ERR the stub of Redis broke at " + cmd)
			p.Close()
		}
	}()
	queued := r.queueing(p, cmd)
	if finer := inMilliseconds(cmd); finer != "" && !queued {
		r.rounded(srv, p, cmd, finer, args)
		return true
	}
	r.guarded.Store(p, true)
	srv.Dispatch(p, append([]string{cmd}, args...))
	return true
}

// own is the reply where Redis answers otherwise than miniredis does, "" for all other commands.
func (r *redis) own(cmd string, args []string) string {
	first := ""
	if len(args) > 0 {
		first = strings.ToUpper(args[0])
	}
	switch {
	case cmd == "CLIENT" && first == "SETINFO":
		return "+OK\r\n" // the greeting of the usual clients: it changes nothing that they could see here
	case cmd == "CONFIG" && first == "GET" && len(args) == 2 && strings.EqualFold(args[1], "databases"):
		n := strconv.Itoa(r.set.databases) // runner itself asks, to give each job its own
		return fmt.Sprintf("*2\r\n$9\r\ndatabases\r\n$%d\r\n%s\r\n", len(n), n)
	case cmd == "CLUSTER":
		return "-ERR This instance has cluster support disabled\r\n"
	case slices.ContainsFunc(databasesNamed(cmd, args), func(n string) bool { return r.outOfRange(n) }):
		return "-ERR DB index is out of range\r\n"
	}
	return ""
}

// databasesNamed are the numbers of databases that a command names.
func databasesNamed(cmd string, args []string) []string {
	switch {
	case cmd == "SELECT" && len(args) == 1:
		return args
	case cmd == "SWAPDB" && len(args) == 2:
		return args
	case cmd == "MOVE" && len(args) == 2:
		return args[1:]
	case cmd == "COPY":
		for k := 2; k+1 < len(args); k++ {
			if strings.EqualFold(args[k], "DB") {
				return args[k+1 : k+2]
			}
		}
	}
	return nil
}

func (r *redis) outOfRange(number string) bool {
	n, err := strconv.Atoi(number)
	return err == nil && (n < 0 || n >= r.set.databases) // what is no number gets miniredis' own answer
}

// refused are the replies by which miniredis says that it knows a command but not this form of it.
var refused = regexp.MustCompile(`^-ERR (?:unknown subcommand(?: or wrong number of arguments for)? '([^']{1,40})'\. Try ([A-Z]+) HELP)`)

// lacking is the reply to a script that uses a library of Redis' Lua which miniredis does not have.
var lacking = regexp.MustCompile(`^-ERR [^\r]*nonexistent global variable '(cmsgpack|bit|struct)'`)

// missedForm is the form that a reply says is not known: "CLIENT LIST"; "" of any other reply.
func missedForm(reply []byte) string {
	if m := lacking.FindSubmatch(reply); m != nil {
		return "EVAL with " + string(m[1])
	}
	m := refused.FindSubmatch(reply)
	if m == nil {
		return ""
	}
	form := string(m[2]) + " " + strings.ToUpper(string(m[1]))
	if form == "CLIENT MAINT_NOTIFICATIONS" {
		return "" // a greeting of newer clients, which Redis itself does not know either
	}
	return printable(form)
}

// printable is a name that may stand in a report: short, without control characters.
func printable(name string) string {
	if name == "" {
		return `""`
	}
	quoted := strconv.Quote(name)
	quoted = quoted[1 : len(quoted)-1]
	if r := []rune(quoted); len(r) > 60 {
		quoted = string(r[:60]) + "…"
	}
	return quoted
}
