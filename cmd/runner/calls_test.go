package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Calls that are alike are told a few times, whatever time they took; those that fail otherwise, or are slow, are others.
func TestCallLog(t *testing.T) {
	var said []string
	c := newCallLog(func(line string) { said = append(said, line) })
	for i := range 1000 {
		c.add(fmt.Sprintf("docker: ping: ok in %d.5ms", i%900))
	}
	if want := "docker: ping: ok in 99.5ms (number 1000 of its kind)"; len(said) != alikeTold+2 || said[len(said)-1] != want {
		t.Errorf("%d lines, want %d, and at last %q:\n%s", len(said), alikeTold+2, want, strings.Join(said, "\n"))
	}
	said = nil
	others := []string{"docker: ping: ok in 1.2s", "docker: ping: ok in 1m2.5s", "docker: ping: unexpected EOF after 17ms", "docker: list containers: ok in 310µs", "docker: container x: a warning"}
	for _, line := range others {
		c.add(line)
	}
	if !slices.Equal(said, others) {
		t.Errorf("told:\n%s", strings.Join(said, "\n"))
	}
	said = nil
	c.add("docker: " + strings.Repeat("x", 10*callLength))
	for i := range 2 * kindsTold {
		c.add(fmt.Sprintf("docker: inspect container %d: ok in 1ms", i))
	}
	if len(said) > kindsTold || len(said[0]) > callLength+10 || !strings.HasSuffix(said[len(said)-1], "no more are") {
		t.Errorf("%d lines, the first of %d bytes, and at last %q", len(said), len(said[0]), said[len(said)-1])
	}
	said = nil
	if c.stop(); len(said) > 0 {
		t.Errorf("told:\n%s", strings.Join(said, "\n"))
	}
}
