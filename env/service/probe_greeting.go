package service

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// greeting is how a server of another protocol proves that it is one: what it is told first, and what it must say.
type greeting struct {
	name  string // of the probe
	port  int    // the protocol's own
	tell  string // "" where the server speaks first
	least int    // so many bytes are needed to judge
	judge func([]byte) error
}

// greetings are the servers that are known by their image beside PostgreSQL, Redis and those of HTTP. Nobody logs in: what is proven is a
// server of that protocol, behind whatever accepts connections for it.
func greetings(image string) (greeting, bool) {
	switch image {
	case "mysql", "mariadb", "percona":
		return greeting{"MySQL greeting", 3306, "", 7, mysqlGreets}, true
	case "rabbitmq":
		return greeting{"AMQP Connection.Start", 5672, "AMQP\x00\x00\x09\x01", 11, begins(7, "\x00\x0a\x00\x0a")}, true
	case "nats":
		return greeting{"NATS INFO", 4222, "", 5, begins(0, "INFO ")}, true
	case "memcached":
		return greeting{"memcached version", 11211, "version\r\n", 8, begins(0, "VERSION ")}, true
	case "mongo":
		return greeting{"MongoDB hello", 27017, mongoHello(), 16, begins(12, "\xdd\x07\x00\x00")}, true
	case "kafka", "cp-kafka", "redpanda":
		return greeting{"Kafka ApiVersions", 9092, "\x00\x00\x00\x0a\x00\x12\x00\x00run\x00\xff\xff", 8, begins(4, "run\x00")}, true
	}
	return greeting{}, false
}

func begins(at int, want string) func([]byte) error {
	return func(got []byte) error {
		if !bytes.HasPrefix(got[at:], []byte(want)) {
			return fmt.Errorf("it answers %.20q, not as its protocol says", got)
		}
		return nil
	}
}

// mysqlGreets takes the handshake of protocol 10. An error instead of it may pass (too many connections), or not (no host may connect).
func mysqlGreets(got []byte) error {
	switch {
	case got[4] == 10:
		return nil
	case got[4] == 0xff && binary.LittleEndian.Uint16(got[5:]) == 1130:
		return permanent("it refuses connections from this machine (error 1130)")
	case got[4] == 0xff:
		return fmt.Errorf("it answers with error %d", binary.LittleEndian.Uint16(got[5:]))
	}
	return fmt.Errorf("it answers %.20q, not as its protocol says", got)
}

// mongoHello is {hello: 1, $db: "admin"} as an OP_MSG.
func mongoHello() string {
	document := "\x1f\x00\x00\x00" + "\x10hello\x00\x01\x00\x00\x00" + "\x02$db\x00\x06\x00\x00\x00admin\x00" + "\x00"
	return "\x34\x00\x00\x00" + "\x01\x00\x00\x00" + "\x00\x00\x00\x00" + "\xdd\x07\x00\x00" + "\x00\x00\x00\x00" + "\x00" + document
}

func (g greeting) probe(address string) Probe {
	return Probe{Name: g.name, Ask: func(ctx context.Context) error {
		c, done, err := dial(ctx, address)
		if err != nil {
			return err
		}
		defer done()
		if _, err := c.Write([]byte(g.tell)); err != nil {
			return bare(err)
		}
		got := make([]byte, 0, 64)
		for len(got) < g.least {
			n, err := c.Read(got[len(got):cap(got)])
			if got = got[:len(got)+n]; err != nil && len(got) < g.least {
				return fmt.Errorf("it accepts, and says nothing of use: %w", bare(err))
			}
		}
		return g.judge(got)
	}}
}

// silence is how long a connection must be held open by a server that says nothing. Whoever only accepts for a program that does not
// listen yet (docker-proxy, a desktop's forwarder) closes at once.
const silence = 250 * time.Millisecond

// listeningProbe is for a server of which nothing is known. It is asked for "/" as HTTP would be; it is ready when it answers anything
// (HTTP: anything but an error of the server), or holds the connection in silence. An accepted connection alone proves nothing.
//
// The question has no header: Redis answers the line itself with an error, and takes one that begins with Host: for an attack, upon which
// it hangs up without a word (networking.c, securityWarningCommand).
func listeningProbe(address string) Probe {
	return Probe{Name: "an answer, or an open connection, on its port", Ask: func(ctx context.Context) error {
		c, done, err := dial(ctx, address)
		if err != nil {
			return err
		}
		defer done()
		if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
			return bare(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(silence))
		got := make([]byte, 12) // "HTTP/1.1 200"
		n, err := c.Read(got)
		switch got = got[:n]; {
		case ctx.Err() != nil:
			return ctx.Err()
		case bytes.HasPrefix(got, []byte("HTTP/")) && len(got) == 12 && got[9] == '5':
			return fmt.Errorf("it answers %s", got[9:])
		case n > 0 || errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		}
		return fmt.Errorf("it accepts, and closes at once: %w", bare(err))
	}}
}
