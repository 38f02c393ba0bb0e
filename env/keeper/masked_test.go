package keeper

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/env/stub"
	"testrunner/report/event"
)

const secret = "hunter2-hunter2"

func hide(text string) string { return strings.ReplaceAll(text, secret, "***") }

// However the text comes, the log holds what masking it as a whole gives.
func TestSecretsInPieces(t *testing.T) {
	word := rapid.SampledFrom([]string{secret, secret[:7], secret[7:], "\n", " ", "ä", "x", strings.Repeat("y", longLine/2), strings.Repeat("z", secretSize-5)})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(word, 0, 30).Draw(t, "words"), "")
		var out strings.Builder
		m := maskedLines{to: &out, mask: hide}
		for rest := text; rest != ""; {
			n := min(len(rest), rapid.SampledFrom([]int{1, 3, 8, 1000, longLine}).Draw(t, "piece"))
			if len(text) > 10_000 {
				n = min(len(rest), max(n, 5000))
			}
			if _, err := m.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
			if len(m.part) > longLine {
				t.Fatalf("%d bytes are held", len(m.part))
			}
		}
		if err := m.flush(); err != nil {
			t.Fatal(err)
		}
		if out.String() != hide(text) {
			t.Fatalf("of %d bytes %d are written, want %d; the secret is in it: %v", len(text), out.Len(), len(hide(text)), strings.Contains(out.String(), secret))
		}
	})
}

// A set of services tells no secret: not in its logs, nor in what it says of a service that failed.
func TestSetTellsNoSecret(t *testing.T) {
	f := logFolder(t)
	spec := service.Spec{Service: env.Service{Name: "db", Image: secret}}
	r := Request{Set: "1", Root: "/", Mode: event.NoDocker, Services: []Wanted{{Spec: spec, Served: event.Served{Service: "db", By: event.ByLocal}}}}
	set := Begin(t.Context(), r, f, Surroundings{
		Providers: map[event.Provider]service.Provider{event.ByLocal: doomed{stub.New(t.TempDir())}}, Mask: hide, Changed: func() {},
	})
	err := set.Ready(t.Context())
	all := set.Services(t.Context(), false)
	if left := set.Close(t.Context()); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	log, logErr := os.ReadFile(f.Log("db"))
	if err == nil || logErr != nil || len(all) != 1 || len(all[0].Tail) != 1 || len(all[0].Notices) != 1 {
		t.Fatalf("%v, %v, %+v", err, logErr, all)
	}
	for what, text := range map[string]string{"error": err.Error(), "state": all[0].Error, "tail": all[0].Tail[0], "notice": all[0].Notices[0], "log": string(log)} {
		if strings.Contains(text, secret) || !strings.Contains(text, "***") {
			t.Errorf("%s: %q", what, text)
		}
	}
	var failure *service.Failure
	if !errors.As(err, &failure) {
		t.Errorf("the error lost its kind: %v", err)
	}
}

// doomed is a provider whose services tell their secret and die while they start.
type doomed struct{ *stub.Provider }

func (doomed) Name() event.Provider { return event.ByLocal }

func (doomed) Prepare(_ context.Context, s service.Spec, tell service.Tell) error {
	tell("not quite " + s.Image)
	return nil
}

func (doomed) Start(_ context.Context, s service.Spec, _ map[string]service.Instance, _ service.Tell) (service.Instance, error) {
	return nil, &service.Died{Err: errors.New("no entry for " + s.Image), Log: []string{"is " + s.Image}}
}
