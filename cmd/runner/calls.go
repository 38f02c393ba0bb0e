package main

import (
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"
)

// What a log of engine calls has of calls that are alike: the first ones, and then the 100th, the 1000th and so on. A service's healthcheck
// is run ten times a second, and the containers of a kept set are looked at every two seconds for days.
const (
	alikeTold  = 20
	kindsTold  = 5000 // more kinds of calls than these are not told at all
	callLength = 2000 // bytes of one call that are told, at most
	slowCall   = time.Second
)

// callLog tells what an engine is asked and what came of it, without end but not without bound. Its methods are safe for use by many
// goroutines.
type callLog struct {
	tell func(string)

	mu    sync.Mutex
	seen  map[string]int // by call and outcome, how often
	quiet bool
}

func newCallLog(tell func(string)) *callLog {
	return &callLog{tell: tell, seen: map[string]int{}}
}

// tookTime ends each line that docker.Place.Log gets: how long the call took.
var tookTime = regexp.MustCompile(` (?:in|after) ([0-9][0-9.]*[a-zµ][0-9.a-zµ]*)$`)

// add tells a call, unless enough were told that are like it in all but the time that they took. Slow ones are a kind of their own.
func (c *callLog) add(line string) {
	kind := line
	if at := tookTime.FindStringSubmatchIndex(line); at != nil {
		kind = line[:at[0]]
		if took, err := time.ParseDuration(line[at[2]:at[3]]); err == nil && took >= slowCall {
			kind += " slowly"
		}
	}
	if len(line) > callLength {
		line = line[:callLength] + "…"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n, known := c.seen[kind]
	switch {
	case c.quiet:
		return
	case !known && len(c.seen) == kindsTold:
		c.quiet = true
		c.tell(fmt.Sprintf("docker: %d different calls were told: no more are", kindsTold))
		return
	}
	n++
	c.seen[kind] = n
	switch {
	case n <= alikeTold:
		c.tell(line)
	case n >= 100 && powerOfTen(n):
		c.tell(fmt.Sprintf("%s (number %d of its kind)", line, n))
	}
}

func powerOfTen(n int) bool {
	for n%10 == 0 && n > 0 {
		n /= 10
	}
	return n == 1
}

// stop has nothing told any more: who listens goes.
func (c *callLog) stop() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quiet = true
}

// callsInto is the hook of a log of calls that is a file: each with the time in UTC, without secrets.
func callsInto(w io.Writer, mask func(string) string) func(string) {
	return newCallLog(func(line string) {
		_, _ = fmt.Fprintf(w, "%s %s\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), mask(line)) // a log that can't be written has nobody to complain to
	}).add
}
