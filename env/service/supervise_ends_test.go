package service

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// What failed between a service's end and the news of it failed of that end.
func TestAnOutageBeginsWithTheEnd(t *testing.T) {
	for name, engine := range map[string]bool{"of the service": false, "of the engine": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				died := time.Now().Add(9 * time.Second)
				f := newFake(map[string]*behaviour{"db": {lives: []death{{10 * time.Second, End{Code: 1, At: died, Engine: engine}}}}})
				e := begin(t, plan("db:"), f, Settings{})
				if err := e.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(11 * time.Second)
				if all := e.Outages(); len(all) != 1 || !all[0].From.Equal(died) || all[0].Engine != engine {
					t.Errorf("%+v, want one from %s", all, died)
				}
				mustClose(t, e)
			})
		})
	}
}

// A service that never served because somebody took its port is started again, as one that crashed is.
func TestATakenPortIsNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := death{50 * ms, End{Code: 1, Why: "port 8000 was taken by somebody else before it could bind it", Chance: true}}
		f := newFake(map[string]*behaviour{"db": {ready: 200 * ms, lives: []death{taken, taken}}, "bad": {ready: -1, lives: []death{{50 * ms, End{Code: 1}}}}})
		e := begin(t, plan("db:; bad:"), f, Settings{})
		if err := e.Wait(t.Context(), "db"); err != nil {
			t.Error(err)
		}
		if err := e.Wait(t.Context(), "bad"); err == nil || len(f.did("start bad")) != 1 || len(f.did("start db")) != 3 {
			t.Errorf("%v, %q", err, f.did("start"))
		}
		mustClose(t, e)
	})
}

// The tests that run know one address of a service: a further life wants the same.
func TestAFurtherLifeWantsThePortsOfTheLast(t *testing.T) {
	n := newNode(Planned{Spec: Spec{Wanted: map[int]int{0: 7}}}, nil)
	if got := n.again().Wanted; fmt.Sprint(got) != "map[0:7]" {
		t.Errorf("the first life: %v", got)
	}
	n.had = portsOf(Address{Port: 4000, Ports: map[int]int{80: 4000, 81: 4001}})
	if got := n.again().Wanted; fmt.Sprint(got) != "map[0:4000 80:4000 81:4001]" {
		t.Errorf("the second life: %v", got)
	}
}

// The question at the end of a run costs nothing where all answer.
func TestSettleWhereAllAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(nil)
		e := begin(t, plan("db:; up:"), f, Settings{})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if e.Settle(t.Context()); time.Since(begun) > 0 || len(e.Outages()) > 0 {
			t.Errorf("it took %s: %+v", time.Since(begun), e.Outages())
		}
		mustClose(t, e)
	})
}
