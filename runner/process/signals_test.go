package process

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"
)

func TestSignals_two_interrupts_within_a_second_are_one(t *testing.T) {
	clock := time.Unix(0, 0)
	last := map[Signal]time.Time{}
	var got []bool
	for _, at := range []time.Duration{0, 5 * time.Millisecond, 999 * time.Millisecond, time.Second, 1100 * time.Millisecond, 2 * time.Second} {
		got = append(got, again(last, Interrupt, clock.Add(at)))
	}
	if want := []bool{false, true, true, false, true, false}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if again(last, Terminate, clock.Add(2*time.Second)) {
		t.Error("a terminate was taken for an interrupt")
	}
}

func TestSignals_relay_ends_with_its_context(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := make(chan os.Signal, 4), make(chan Signal, 4)
	in <- os.Interrupt
	in <- os.Interrupt
	done := make(chan struct{})
	go func() {
		defer close(done)
		relay(ctx, in, out, func() time.Time { return time.Unix(0, 0) })
	}()
	if s := <-out; s != Interrupt {
		t.Errorf("got %s", s)
	}
	eventually(t, "the second is taken", func() bool { return len(in) == 0 })
	cancel()
	<-done
	if len(out) != 0 {
		t.Errorf("the second interrupt was delivered: %s", <-out)
	}
}
