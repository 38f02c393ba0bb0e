package preflight

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"testrunner/report/event"
)

func found(id string, s event.Status) []event.Finding { return []event.Finding{{ID: id, Status: s}} }

func statuses(all []event.Finding) string {
	var words []string
	for _, f := range all {
		words = append(words, f.ID+"="+string(f.Status))
	}
	return strings.Join(words, " ")
}

// Whatever becomes of one check, the others are heard, and nothing that went wrong is ok.
func TestRun_each_check_for_itself(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	start := time.Now()
	all := Run(t.Context(), []Check{
		{ID: "crashes", Look: func(context.Context) []event.Finding { panic("a map that is nil") }},
		{ID: "hangs", Deadline: 50 * time.Millisecond, Look: func(context.Context) []event.Finding { <-forever; return found("hangs", event.OK) }},
		{ID: "is-late", Deadline: 50 * time.Millisecond, Look: func(ctx context.Context) []event.Finding {
			<-ctx.Done()
			return found("is-late", event.Fail) // a deadline that passed is a finding of its own
		}},
		{ID: "is-silent", Look: func(context.Context) []event.Finding { return nil }},
		{ID: "leaves", Look: func(context.Context) []event.Finding { runtime.Goexit(); return nil }},
		{ID: "says-nonsense", Look: func(context.Context) []event.Finding { return found("says-nonsense", "splendid") }},
		{ID: "is-nameless", Look: func(context.Context) []event.Finding { return found("", event.OK) }},
		{ID: "is-well", Look: func(context.Context) []event.Finding {
			return append(found("is-well.a", event.OK), found("is-well.b", event.Warn)...)
		}},
	})
	want := "crashes=unknown hangs=unknown is-late=fail is-silent=unknown leaves=unknown says-nonsense=unknown is-nameless=ok is-well.a=ok is-well.b=warn"
	if got := statuses(all); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !strings.Contains(all[0].Detail, "a map that is nil") || !strings.Contains(all[1].Detail, "50ms") {
		t.Errorf("%q, %q", all[0].Detail, all[1].Detail)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("side by side they take %s", took)
	}
}

func TestRun_ends_when_it_is_interrupted(t *testing.T) {
	forever := make(chan struct{})
	defer close(forever)
	ctx, cancel := context.WithCancelCause(t.Context())
	all := Run(ctx, []Check{
		{ID: "a", Deadline: time.Hour, Look: func(context.Context) []event.Finding { cancel(errors.New("Ctrl-C")); <-forever; return nil }},
		{ID: "b", Deadline: time.Hour, Look: func(ctx context.Context) []event.Finding { <-ctx.Done(); return found("b", event.Warn) }},
	})
	if got := statuses(all); got != "a=unknown b=warn" || !strings.Contains(all[0].Detail, "Ctrl-C") {
		t.Errorf("%s: %+v", got, all)
	}
}

// Run never says ok for a check that did not say so, keeps the order, and gives each check at least one finding.
func TestRun_never_makes_up_an_ok(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"ok", "warn", "fail", "unknown", "", "panic", "none", "exit"}), 0, 12).Draw(t, "checks")
		var checks []Check
		for i, kind := range kinds {
			id := string(rune('a' + i))
			checks = append(checks, Check{ID: id, Look: func(context.Context) []event.Finding {
				switch kind {
				case "panic":
					panic(id)
				case "none":
					return nil
				case "exit":
					runtime.Goexit()
				}
				return []event.Finding{{Status: event.Status(kind)}}
			}})
		}
		all := Run(context.Background(), checks)
		if len(all) != len(kinds) {
			t.Fatalf("%d findings of %d checks", len(all), len(kinds))
		}
		for i, f := range all {
			if f.ID != string(rune('a'+i)) || (f.Status == event.OK) != (kinds[i] == "ok") {
				t.Fatalf("%q made %+v", kinds[i], f)
			}
		}
	})
}

// Nothing that the needs do not call for is looked at.
func TestChecks_are_those_that_are_called_for(t *testing.T) {
	for name, c := range map[string]struct {
		wants Wants
		ids   []string
	}{
		"nothing":               {Wants{}, nil},
		"nothing, for a doctor": {Wants{Doctor: true}, nil},
		"local services":        {Wants{Host: true}, []string{event.HostMemory, event.HostDisk, event.HostLoad}},
		"Docker":                {Wants{Docker: true}, []string{event.DockerEngine}},
		"services alone":        {Wants{Host: true, Brief: true}, []string{event.HostMemory, event.HostDisk}},
		"Docker, here":          {Wants{Docker: true, Host: true}, []string{event.DockerEngine, event.HostMemory, event.HostDisk, event.HostLoad}},
		"Docker, for a doctor":  {Wants{Docker: true, Doctor: true}, []string{event.DockerEngine, event.HostPort}},
		"ports as written":      {Wants{Docker: true, Ports: []Port{{Port: 1}}}, []string{event.DockerEngine, event.HostPort}},
		"ports of a far engine": {Wants{Docker: true, Ports: []Port{{Port: 1}}, Environ: []string{"DOCKER_HOST=tcp://10.0.0.7:2375"}}, []string{event.DockerEngine}},
		"staging": {Wants{Addresses: []Address{{Name: "auth"}, {Name: "web"}}, Secrets: []string{"TOKEN"}},
			[]string{event.StagingSecrets, "staging.auth", "staging.web"}},
	} {
		var ids []string
		for _, check := range Checks(c.wants) {
			ids = append(ids, check.ID)
		}
		if !slices.Equal(ids, c.ids) {
			t.Errorf("%s: %q, want %q", name, ids, c.ids)
		}
	}
}

func TestThresholds_have_the_defaults_of_the_design(t *testing.T) {
	run, doctor := Thresholds{}.filled(false), Thresholds{}.filled(true)
	want := Thresholds{FreeMemory: 8 << 30, FreeDisk: 20 << 30, Load: 80, Ping: 2 * time.Second, Info: 5 * time.Second, ClockSkew: 30 * time.Second, TLSDays: 14}
	if run != want {
		t.Errorf("%+v", run)
	}
	if want.Info = 30 * time.Second; doctor != want {
		t.Errorf("%+v", doctor)
	}
	mine := Thresholds{FreeMemory: 1, FreeDisk: 2, Load: 3, Ping: 4, Info: 5, ClockSkew: 6, TLSDays: 7}
	if got := mine.filled(true); got != mine {
		t.Errorf("%+v", got)
	}
}
