package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"testrunner/env/docker"
	"testrunner/env/lease"
	"testrunner/report/event"
)

// enough is the share of rounds that must go well, in percent (issue 4).
const enough = 95.0

// trial is what was tried in an engine: first what dead runs left there is removed, then containers are started.
type trial struct {
	asked   int // rounds
	swept   []docker.Leftover
	unswept error
	figures docker.Figures
}

// try removes what dead runs left and starts the probe's containers. What the probe made is gone when it returns.
func (sick patient) try(ctx context.Context) *trial {
	t := &trial{asked: max(sick.options.repeat, 1)}
	place := docker.Here(sick.world.Environ, nil)
	state := docker.Look(ctx, place, docker.Clocks{Answer: sick.catalog.Preflight.Answer, Info: sick.catalog.Preflight.Info})
	engine, err := docker.Connect(place, state.Host)
	if err != nil {
		t.figures.Err = err
		return t
	}
	defer engine.Close()
	id := lease.NewRunID(time.Now(), rand.Reader)
	me := docker.Me(place, id)
	left, err := docker.Leftovers(ctx, engine, state.Host, me)
	living, livingErr := livingRuns(sick.world)
	if t.unswept = errors.Join(err, livingErr); t.unswept == nil {
		t.swept, t.unswept = docker.Sweep(ctx, engine, docker.Abandoned(left, living))
	}
	probe := docker.Probe{Repeat: t.asked, Me: me, Token: id}
	if t.asked > 1 {
		probe.Tell = sick.counting(t.asked)
	}
	t.figures = docker.Try(ctx, engine, state, probe)
	return t
}

// counting tells of each round.
func (sick patient) counting(rounds int) func(docker.Round) {
	say := io.Writer(sick.world.Stdout)
	if sick.options.json {
		say = sick.world.Stderr
	}
	n := 0
	return func(r docker.Round) {
		n++
		how := r.Took().Round(time.Millisecond).String()
		if r.Err != nil {
			how += ": " + event.FirstLine(r.Err.Error())
		}
		fmt.Fprintf(say, "round %d of %d: %s\n", n, rounds, how)
	}
}

// finding is what the trial has to say.
func (t *trial) finding() event.Finding {
	f := t.figures
	rate := 100 * f.Rate()
	out := event.Finding{
		ID: event.DockerProbe, Status: event.OK, Value: fmt.Sprintf("%d of %d", f.Succeeded, t.asked), Threshold: fmt.Sprintf("at least %.0f %%", enough),
		Number: rate, Unit: event.Percent, Millis: f.P50.Milliseconds(),
	}
	var words []string
	if t.asked > 1 {
		words = append(words, fmt.Sprintf("%.0f %%, p50 %s, p95 %s", rate, f.P50.Round(10*time.Millisecond), f.P95.Round(10*time.Millisecond)))
	}
	if f.Untried == "" {
		words = append(words, "a container, and two that met by name")
	} else {
		words = append(words, "a container; "+f.Untried)
	}
	if err := f.First(); err != nil {
		words = append(words, "first failure: "+err.Error())
	}
	if len(f.Leftovers) > 0 {
		words = append(words, fmt.Sprintf("left behind: %s", named(f.Leftovers)))
	}
	if f.Err != nil || len(f.Leftovers) > 0 || rate < enough || len(f.Rounds) < t.asked {
		out.Status = event.Fail
	}
	out.Detail = strings.Join(words, "; ")
	return out
}

// into puts the trial into the findings: what dead runs left is gone by now, so that preflight's finding of it is of the past.
func (t *trial) into(findings []event.Finding) []event.Finding {
	if i := slices.IndexFunc(findings, func(f event.Finding) bool { return f.ID == event.DockerLeftovers }); i >= 0 {
		f := &findings[i]
		switch {
		case t.unswept != nil:
			f.Status, f.Value, f.Detail = event.Fail, "not removed", t.unswept.Error()
		case len(t.swept) > 0:
			f.Status, f.Value, f.Remedy = event.OK, fmt.Sprintf("%d removed", len(t.swept)), ""
			f.Detail = "of dead runs: " + named(t.swept)
		}
	}
	return append(findings, t.finding())
}

func named(all []docker.Leftover) string {
	words := make([]string, len(all))
	for i, l := range all {
		words[i] = l.String()
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// doctorProbe is the trial in doctor's JSON.
type doctorProbe struct {
	Rounds    int      `json:"rounds"`
	Succeeded int      `json:"succeeded"`
	Percent   float64  `json:"percent"`
	P50       int64    `json:"p50_ms"`
	P95       int64    `json:"p95_ms"`
	Leftovers []string `json:"leftovers"`
	Swept     []string `json:"swept,omitempty"`
	Untried   string   `json:"untried,omitempty"`
	Error     string   `json:"error,omitempty"`
}

func (t *trial) document() *doctorProbe {
	f := t.figures
	d := &doctorProbe{
		Rounds: len(f.Rounds), Succeeded: f.Succeeded, Percent: 100 * f.Rate(), P50: f.P50.Milliseconds(), P95: f.P95.Milliseconds(),
		Leftovers: []string{}, Untried: f.Untried,
	}
	for _, l := range f.Leftovers {
		d.Leftovers = append(d.Leftovers, l.String())
	}
	for _, l := range t.swept {
		d.Swept = append(d.Swept, l.String())
	}
	if err := f.First(); err != nil {
		d.Error = err.Error()
	}
	return d
}
