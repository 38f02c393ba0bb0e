package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// after is a probe that holds from a time on.
func after(name string, d time.Duration, begun time.Time, asked *[]time.Duration) Probe {
	return Probe{Name: name, Ask: func(context.Context) error {
		*asked = append(*asked, time.Since(begun))
		if time.Since(begun) < d {
			return errors.New("not yet")
		}
		return nil
	}}
}

func endless() *fakeInstance {
	return &fakeInstance{name: "a", behaviour: &behaviour{}, born: time.Now(), done: make(chan struct{}), provider: newFake(nil)}
}

func TestPausesGrowFromFiveMillisecondsToAHundred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Duration
		begun := time.Now()
		r := Readiness{Within: time.Minute, Probes: []Probe{after("PING", 2*time.Second, begun, &asked)}}
		seen, err := r.Await(t.Context(), endless(), begun)
		if err != nil {
			t.Fatal(err)
		}
		if asked[0] != 0 {
			t.Errorf("first asked after %s", asked[0])
		}
		for i, want := range []time.Duration{5 * ms, 10 * ms, 20 * ms, 40 * ms, 80 * ms, 100 * ms, 100 * ms} {
			if is := asked[i+1] - asked[i]; is < want*3/4 || is > want*5/4+ms {
				t.Errorf("pause %d is %s, want %s and a quarter more or less", i, is, want)
			}
		}
		if seen.Probes != len(asked) || seen.Ready != asked[len(asked)-1] || seen.Last != "PING" || seen.Lag != asked[len(asked)-1]-asked[len(asked)-2] {
			t.Errorf("%+v, asked %v", seen, asked)
		}
	})
}

func TestEachConditionMustHoldAndTheLastOneIsNamed(t *testing.T) {
	for want, c := range map[string][2]time.Duration{"first": {time.Second, 0}, "second": {0, time.Second}, "second of both": {time.Second, 3 * time.Second}, "second, at once": {0, 0}} {
		synctest.Test(t, func(t *testing.T) {
			var one, two []time.Duration
			begun := time.Now()
			seen, err := Readiness{Within: time.Minute, Probes: []Probe{after("first", c[0], begun, &one), after("second", c[1], begun, &two)}}.Await(t.Context(), endless(), begun)
			if err != nil || !strings.HasPrefix(want, seen.Last) || seen.Probes != len(one)+len(two) {
				t.Errorf("%s: %+v, %v", want, seen, err)
			}
			if c[1] == 0 && len(two) != 1 {
				t.Errorf("%s: a command was run %d times before the wire answered", want, len(two)-1)
			}
		})
	}
}

func TestWaitsThatEnd(t *testing.T) {
	never := func(context.Context) error { return errors.New("refused") }
	hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for name, c := range map[string]struct {
		probe Probe
		ends  time.Duration // of the service
		stops time.Duration // of the context
		want  string
		at    time.Duration
	}{
		"never":             {Probe{Name: "PING", Ask: never}, 0, 0, "not ready within 1m0s: PING: refused", time.Minute},
		"hangs":             {Probe{Name: "PING", Ask: hangs}, 0, 0, "not ready within 1m0s: PING: no answer within 5s", time.Minute},
		"hangs, long clock": {Probe{Name: "log", Within: -1, Ask: hangs}, 0, 0, "not ready within 1m0s: log: context deadline exceeded", time.Minute},
		"permanent":         {Probe{Name: "PING", Ask: func(context.Context) error { return permanent("NOAUTH") }}, 0, 0, "PING: NOAUTH", 0},
		"ends in a pause":   {Probe{Name: "PING", Ask: never}, time.Second, 0, "it ended before it was ready", time.Second},
		"ends in a probe":   {Probe{Name: "PING", Ask: hangs}, time.Second, 0, "it ended before it was ready", time.Second},
		"context":           {Probe{Name: "PING", Ask: hangs}, 0, time.Second, "context canceled", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				in, begun := endless(), time.Now()
				if c.ends > 0 {
					time.AfterFunc(c.ends, func() { in.finish(End{Code: 1}) })
				}
				if c.stops > 0 {
					time.AfterFunc(c.stops, cancel)
				}
				seen, err := Readiness{Within: time.Minute, Probes: []Probe{c.probe}}.Await(ctx, in, begun)
				if err == nil || err.Error() != c.want || time.Since(begun) != c.at || seen.Probes == 0 {
					t.Errorf("after %s: %v (%+v)\nwant after %s: %s", time.Since(begun), err, seen, c.at, c.want)
				}
				cancel()
			})
		})
	}
}

func TestHealthchecks(t *testing.T) {
	for _, c := range []struct {
		check    *Healthcheck
		argv     []string
		patience time.Duration
	}{
		{nil, nil, 0},
		{&Healthcheck{Disabled: true}, nil, 0},
		{&Healthcheck{Test: []string{"NONE"}}, nil, 0},
		{&Healthcheck{Test: []string{"CMD", "pg_isready", "-U", "a b"}}, []string{"pg_isready", "-U", "a b"}, 0},
		{&Healthcheck{Test: []string{"CMD-SHELL", "curl -f x || exit 1"}, StartPeriod: 2 * time.Minute}, []string{"/bin/sh", "-c", "curl -f x || exit 1"}, 2 * time.Minute},
		{&Healthcheck{Test: []string{"CMD", "x"}, StartPeriod: time.Minute, Retries: 10, Interval: 5 * time.Second}, []string{"x"}, 110 * time.Second},
		{&Healthcheck{Test: []string{"CMD", "x"}, Interval: 5 * time.Second}, []string{"x"}, 15 * time.Second},
		{&Healthcheck{Test: []string{"CMD", "x"}, Retries: 4}, []string{"x"}, 2 * time.Minute},
	} {
		if !slices.Equal(c.check.command(), c.argv) || c.check.patience() != c.patience {
			t.Errorf("%+v: %q, %s", c.check, c.check.command(), c.check.patience())
		}
	}
	p := healthcheckProbe("x", &Healthcheck{Test: []string{"CMD", "x"}, Timeout: 3 * time.Second}, nil)
	if p.Within != 3*time.Second || healthcheckProbe("x", &Healthcheck{Test: []string{"CMD", "x"}}, nil).Within != 30*time.Second {
		t.Errorf("its own timeout does not count: %s", p.Within)
	}
}

// told is an instance whose commands end as they are told.
type told struct {
	*fakeInstance
	codes []int
	err   error
}

func (i *told) Exec(context.Context, []string, []string) (string, int, error) {
	code := i.codes[0]
	if len(i.codes) > 1 {
		i.codes = i.codes[1:]
	}
	return "sh: curl: not found\n", code, i.err
}

func TestAProgramThatIsNotThereNeverComes(t *testing.T) {
	for _, c := range []struct {
		codes []int
		err   error
		asks  int
		want  string
	}{
		{[]int{127}, nil, 5, "it ends with 127: sh: curl: not found: the image does not have what the healthcheck runs"},
		{[]int{127, 127, 127, 127, 1, 127, 127, 127, 0}, nil, 9, ""},
		{[]int{0}, ErrNoInside, 1, ErrNoInside.Error()},
	} {
		p := healthcheckProbe("x", &Healthcheck{Test: []string{"CMD", "curl"}}, &told{codes: c.codes, err: c.err})
		var err error
		asks := 0
		for err = errors.New("not asked"); err != nil && !IsPermanent(err) && asks < 20; asks++ {
			err = p.Ask(t.Context())
		}
		if asks != c.asks || fmt.Sprint(err) != c.want && (err != nil || c.want != "") {
			t.Errorf("%v: after %d %v, want after %d %q", c.codes, asks, err, c.asks, c.want)
		}
	}
}
