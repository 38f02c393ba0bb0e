package preflight

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

func TestLatency_is_judged_by_its_bounds(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(staging))
	defer plain.Close()
	raw := strings.Replace(plain.URL, "http", "redis", 1)
	const least, most = time.Nanosecond, time.Hour // no answer is quicker, none is slower
	for name, c := range map[string]struct {
		url    string
		bound  env.Latency
		doctor bool
		want   string
		says   string
	}{
		"within its bounds":        {plain.URL, env.Latency{Warn: most, Fail: 2 * most}, false, "ok", "the median of 5"},
		"slow":                     {plain.URL, env.Latency{Warn: least, Fail: most}, false, "warn", "more than 1ns, from which on runner.yaml warns"},
		"too slow":                 {plain.URL, env.Latency{Warn: least / 2, Fail: least}, false, "fail", "more than 1ns, which runner.yaml bears at most"},
		"one bound alone":          {plain.URL, env.Latency{Fail: least}, false, "fail", ""},
		"a run without bounds":     {plain.URL, env.Latency{}, false, "", ""},
		"a doctor without bounds":  {plain.URL, env.Latency{}, true, "ok", ""},
		"what does not speak HTTP": {raw, env.Latency{Warn: least}, false, "warn", "takes a connection in"},
	} {
		t.Run(name, func(t *testing.T) {
			wants := Wants{Addresses: []Address{{Name: "auth", URL: c.url, Latency: c.bound}}, Remedy: "runner doctor"}
			v := visitorOf(t, wants, c.doctor)
			var got event.Finding
			for _, f := range v(t.Context()) {
				if f.ID == "staging.auth.latency" {
					got = f
				} else if f.Status != event.OK {
					t.Errorf("%+v", f)
				}
			}
			if string(got.Status) != c.want || !strings.Contains(got.Detail, c.says) {
				t.Fatalf("%+v", got)
			}
			if c.want != "" && (got.Unit != event.Seconds || got.Number <= 0 || got.Value == "" || got.Threshold != boundWords(c.bound)) {
				t.Errorf("%+v", got)
			}
			if (got.Status == event.Fail) != (got.Remedy != "") {
				t.Errorf("the way out: %+v", got)
			}
		})
	}
}

// visitorOf is the look at the only address. Doctor widens it; its other looks, at the ports of this machine, are left out here.
func visitorOf(t *testing.T, w Wants, doctor bool) func(context.Context) []event.Finding {
	t.Helper()
	w.Doctor = doctor
	checks := stagingChecks(w)
	if len(checks) != 1 {
		t.Fatalf("%d checks", len(checks))
	}
	return checks[0].Look
}

// One that is well once and never again is told so.
func TestLatency_one_answer_is_not_health(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 1 {
			w.WriteHeader(http.StatusBadGateway)
		}
	}))
	defer server.Close()
	all := visitorOf(t, Wants{Addresses: []Address{{Name: "auth", URL: server.URL}}}, true)(t.Context())
	last := all[len(all)-1]
	if last.ID != "staging.auth.latency" || last.Status != event.Fail || !strings.Contains(last.Detail, "auth answers once, and not again: 502 Bad Gateway") {
		t.Errorf("%+v", last)
	}
}

// One that never answers again counts with the time that it was waited for; what is cut off behind other answers does not.
func TestLatency_silence_ends(t *testing.T) {
	silent := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	synctest.Test(t, func(t *testing.T) {
		v := visitor{address: Address{Name: "auth", Latency: env.Latency{Fail: 2 * time.Second}}, id: "staging.auth", now: time.Now}
		if f := v.latency(t.Context(), "answers", silent); f.Status != event.Fail || f.Number != 7 || f.Millis != 7000 {
			t.Errorf("%+v", f)
		}
		rounds := 0
		f := v.latency(t.Context(), "answers", func(ctx context.Context) error {
			if rounds++; rounds > 2 {
				return silent(ctx)
			}
			time.Sleep(time.Second)
			return nil
		})
		if rounds != 3 || f.Status != event.OK || f.Detail != "auth answers in 1000 ms, the median of 2" {
			t.Errorf("%d rounds: %+v", rounds, f)
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if f := v.latency(over, "answers", silent); f.Status != event.Unknown {
			t.Errorf("no time was left: %+v", f)
		}
	})
}
