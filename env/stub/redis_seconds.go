package stub

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/alicebob/miniredis/v2/server"
)

// inMilliseconds is the finer form of a command whose seconds miniredis cuts off: what was set to expire in 100 s would have 99 left at
// once, where Redis says 100. "" is any other command.
func inMilliseconds(cmd string) string {
	switch cmd {
	case "TTL":
		return "PTTL"
	case "HTTL":
		return "HPTTL"
	}
	return ""
}

// queueing says whether commands are put off until EXEC, and follows where that begins and ends. miniredis answers them itself then.
func (r *redis) queueing(p *server.Peer, cmd string) bool {
	_, known := r.queues.Load(p)
	switch {
	case cmd == "MULTI":
		if !known {
			p.OnDisconnect(func() { r.queues.Delete(p) })
		}
		r.queues.Store(p, true)
	case known && (cmd == "EXEC" || cmd == "DISCARD"):
		r.queues.Store(p, false)
	}
	on, _ := r.queues.Load(p)
	return on == true
}

// rounded runs the finer form of a command, and answers in seconds: to the nearest for keys, up for the fields of a hash, as Redis does.
func (r *redis) rounded(srv *server.Server, p *server.Peer, cmd, finer string, args []string) {
	var reply bytes.Buffer
	w := bufio.NewWriter(&reply)
	inner := server.NewPeer(w)
	inner.Ctx, inner.Resp3 = p.Ctx, p.Resp3
	r.guarded.Store(inner, true)
	srv.Dispatch(inner, append([]string{finer}, args...))
	inner.Flush()
	add := 500
	if cmd == "HTTL" {
		add = 999
	}
	var out strings.Builder
	for line := range strings.Lines(reply.String()) {
		if n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, ":"))); err == nil && line[0] == ':' && n > 0 {
			line = fmt.Sprintf(":%d\r\n", (n+add)/1000)
		}
		if line[0] == '-' {
			line = strings.ReplaceAll(line, "'"+strings.ToLower(finer)+"'", "'"+strings.ToLower(cmd)+"'")
		}
		out.WriteString(line)
	}
	p.WriteRaw(out.String())
}
