package service

import (
	"strings"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/report/event"
)

// checked is an instance whose image has a healthcheck.
type checked struct {
	addressed
	own *Healthcheck
}

func (c checked) Healthcheck() *Healthcheck { return c.own }

// The image's own healthcheck counts where neither the compose file nor runner.yaml nor the wire says when a service is ready, and where
// the compose file sets it up.
func TestTheImagesHealthcheck(t *testing.T) {
	own := &Healthcheck{Test: []string{"CMD", "/check"}, Retries: 40, Interval: 3 * time.Second}
	at := Address{Host: "127.0.0.1", Port: 1}
	const answer = "an answer, or an open connection, on its port"
	for name, c := range map[string]struct {
		spec   Spec
		by     event.Provider
		at     Address
		own    *Healthcheck
		probes string
		within time.Duration
		note   string
	}{
		"nothing else is known":     {Spec{Service: env.Service{Image: "x"}, Container: &Container{}}, event.ByDocker, at, own, answer + ", the image's healthcheck", 2 * time.Minute, ""},
		"no port":                   {Spec{Service: env.Service{Image: "x"}, Container: &Container{}}, event.ByDocker, Address{}, own, "the image's healthcheck", 2 * time.Minute, ""},
		"runner.yaml has the clock": {Spec{Service: env.Service{Image: "x", ReadyWithin: time.Second}, Container: &Container{}}, event.ByDocker, Address{}, own, "the image's healthcheck", time.Second, ""},
		"the image has none":        {Spec{Service: env.Service{Image: "x"}, Container: &Container{}}, event.ByDocker, Address{}, nil, "", time.Minute, "it publishes no port"},
		"the image has NONE":        {Spec{Service: env.Service{Image: "x"}, Container: &Container{}}, event.ByDocker, Address{}, &Healthcheck{Test: []string{"NONE"}, Disabled: true}, "", time.Minute, "it publishes no port"},
		"the wire is known":         {Spec{Service: env.Service{Image: "redis"}, Container: &Container{}}, event.ByDocker, at, own, "PING", time.Minute, ""},
		"runner.yaml says":          {Spec{Service: env.Service{Image: "x", Ready: "/up"}, Container: &Container{}}, event.ByDocker, at, own, "GET /up", time.Minute, ""},
		"the compose file's comes before": {
			Spec{Service: env.Service{Image: "x"}, Container: &Container{Healthcheck: &Healthcheck{Test: []string{"CMD", "y"}}}}, event.ByDocker, Address{}, own, "the compose file's healthcheck", time.Minute, "",
		},
		"the compose file sets it up": {
			Spec{Service: env.Service{Image: "redis"}, Container: &Container{Healthcheck: &Healthcheck{Retries: 1}}}, event.ByDocker, at, own, "PING, the image's healthcheck", 2 * time.Minute, "",
		},
		"the compose file takes it out": {
			Spec{Service: env.Service{Image: "x"}, Container: &Container{Healthcheck: &Healthcheck{Disabled: true}}}, event.ByDocker, Address{}, own, "", time.Minute, "it publishes no port",
		},
		"no container": {Spec{Service: env.Service{Image: "x"}, Container: &Container{}}, event.ByLocal, Address{}, own, "", time.Minute, "it publishes no port"},
	} {
		r := ReadinessOf(c.spec, c.by, checked{addressed{endless(), c.at}, c.own}, nil)
		var probes []string
		for _, p := range r.Probes {
			probes = append(probes, p.Name)
		}
		if got := strings.Join(probes, ", "); got != c.probes || r.Within != c.within || !strings.HasPrefix(r.Note, c.note) || (c.note == "") != (r.Note == "") {
			t.Errorf("%s: %q within %s, note %q; want %q within %s, note %q", name, got, r.Within, r.Note, c.probes, c.within, c.note)
		}
	}
}
