package runner

import (
	"sync"
	"time"
)

// Clock measures a run without the time in which it was suspended (Ctrl-Z), so that no deadline passes meanwhile.
type Clock struct {
	now func() time.Time

	mu     sync.Mutex
	start  time.Time
	away   time.Duration // suspended in all
	paused time.Time     // since when, zero if running
}

// NewClock starts a clock on the given source of time.
func NewClock(now func() time.Time) *Clock { return &Clock{now: now, start: now()} }

// Elapsed is the time that the run has really had.
func (c *Clock) Elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	until := c.now()
	if !c.paused.IsZero() {
		until = c.paused
	}
	return until.Sub(c.start) - c.away
}

// Pause stops the clock. Pausing twice is pausing once.
func (c *Clock) Pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused.IsZero() {
		c.paused = c.now()
	}
}

// Resume starts the clock again.
func (c *Clock) Resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.paused.IsZero() {
		c.away += c.now().Sub(c.paused)
		c.paused = time.Time{}
	}
}
