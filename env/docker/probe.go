package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// How long the parts of a probe may take. A healthy engine needs about a second for all of a round.
const (
	roundClock = 15 * time.Second
	tidyClock  = 10 * time.Second // for removing, on a context of its own: a probe that was cut short is tidied up all the same
	askAgain   = 50 * time.Millisecond
)

// Probe says what to try.
type Probe struct {
	Repeat int         // rounds; 0 is 1
	Me     Maker       // whose labels all bears
	Token  string      // unique in the engine, in names: the doctor's id
	Tell   func(Round) // after each round; nil: nobody
}

// Round is one round of a probe.
type Round struct {
	Container time.Duration // create, start, await and remove one container
	Network   time.Duration // a network, two containers on it, one finding the other by its name; 0 if that was not tried
	Err       error         // what failed first, nil if all went well
}

// Took is the whole round.
func (r Round) Took() time.Duration { return r.Container + r.Network }

// Figures are the rounds of a probe.
type Figures struct {
	Rounds    []Round
	Succeeded int
	P50, P95  time.Duration // of the rounds that went well, by the nearest rank; 0 without one
	Untried   string        // why the network was not tried, "" if it was
	Leftovers []Leftover    // of this very probe, after it: none, or the names are told
	Err       error         // why no round could be tried, or the leftovers not be counted
}

// Rate is the share of rounds that went well, 0 to 1.
func (f Figures) Rate() float64 {
	if len(f.Rounds) == 0 {
		return 0
	}
	return float64(f.Succeeded) / float64(len(f.Rounds))
}

// First is the first failure, nil if there is none.
func (f Figures) First() error {
	for _, r := range f.Rounds {
		if r.Err != nil {
			return r.Err
		}
	}
	return f.Err
}

// Try runs the probe against an engine that works. Nothing is pulled: the image is made here, of a few hundred bytes, and removed at
// the end. The state is Look's.
func Try(ctx context.Context, e Engine, s State, p Probe) Figures {
	var f Figures
	image := "runner-probe:" + p.Token
	if s.Info == nil {
		f.Err = fmt.Errorf("probe the engine: it does not work: %s%s", s.Detail, wayOut(s.Remedy))
		return f
	}
	layer, err := probeLayer(s.Info.Architecture)
	if err == nil {
		_, err = unbroken(ctx, func(ctx context.Context) (string, error) {
			return image, e.ImportImage(ctx, image, p.Me.Labels("probe"), bytes.NewReader(layer))
		}, e.RemoveImage)
	}
	if err != nil {
		f.Err = fmt.Errorf("probe the engine: %w", err)
		return f
	}
	if s.Name == Podman {
		f.Untried = "the network was not tried: Podman's name server has no address that is known before"
	}
	for n := range max(p.Repeat, 1) {
		if ctx.Err() != nil {
			break
		}
		r := p.round(ctx, e, image, fmt.Sprintf("runner-probe-%s-%d", p.Token, n+1), f.Untried == "")
		f.Rounds = append(f.Rounds, r)
		if r.Err == nil {
			f.Succeeded++
		}
		if p.Tell != nil {
			p.Tell(r)
		}
	}
	f.close(ctx, e, s, p, image)
	return f
}

// close removes the image, counts what is left, and sums up.
func (f *Figures) close(ctx context.Context, e Engine, s State, p Probe, image string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyClock)
	defer cancel()
	err := e.RemoveImage(ctx, image)
	all, listErr := Leftovers(ctx, e, s.Host, p.Me)
	for _, l := range all {
		if l.Maker == p.Me {
			f.Leftovers = append(f.Leftovers, l)
		}
	}
	if err = errors.Join(err, listErr); err != nil {
		f.Err = fmt.Errorf("tidy up after the probe: %w", err)
	}
	var took []time.Duration
	for _, r := range f.Rounds {
		if r.Err == nil {
			took = append(took, r.Took())
		}
	}
	slices.Sort(took)
	f.P50, f.P95 = rank(took, 0.50), rank(took, 0.95)
}

// rank is the nearest-rank percentile of sorted times.
func rank(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(int(math.Ceil(share*float64(len(sorted))))-1, 0)]
}

// round tries everything once.
func (p Probe) round(ctx context.Context, e Engine, image, name string, network bool) Round {
	ctx, cancel := context.WithTimeout(ctx, roundClock)
	defer cancel()
	var r Round
	begun := time.Now()
	r.Err = p.single(ctx, e, image, name)
	r.Container = time.Since(begun)
	if r.Err != nil || !network {
		return r
	}
	begun = time.Now()
	r.Err = p.pair(ctx, e, image, name)
	r.Network = time.Since(begun)
	return r
}

// create makes a container, or none where the context ends meanwhile.
func create(ctx context.Context, e Engine, b Blueprint) (string, error) {
	return unbroken(ctx, func(ctx context.Context) (string, error) { return e.CreateContainer(ctx, b) }, e.RemoveContainer)
}

// single creates, starts, awaits and removes one container.
func (p Probe) single(ctx context.Context, e Engine, image, name string) (err error) {
	id, err := create(ctx, e, Blueprint{Name: name, Image: image, Command: []string{leaveProgram}, Labels: p.Me.Labels("probe")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tidy(ctx, e.RemoveContainer, id)) }()
	if err := e.StartContainer(ctx, id); err != nil {
		return err
	}
	code, err := e.WaitContainer(ctx, id)
	if err == nil && code != leaveCode {
		err = fmt.Errorf("the container of the probe ended with %d, not %d: it did not run its program", code, leaveCode)
	}
	return err
}

// pair makes a network and two containers on it, and has one find the other by its name.
func (p Probe) pair(ctx context.Context, e Engine, image, name string) (err error) {
	labels := p.Me.Labels("probe")
	network, err := unbroken(ctx, func(ctx context.Context) (string, error) { return e.CreateNetwork(ctx, name, labels) }, e.RemoveNetwork)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tidy(ctx, e.RemoveNetwork, network)) }()
	peer, err := create(ctx, e, Blueprint{
		Name: name + "-answer", Image: image, Command: []string{answerProgram}, Labels: labels, Network: network, Aliases: []string{peerName},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tidy(ctx, e.RemoveContainer, peer)) }()
	if err := e.StartContainer(ctx, peer); err != nil {
		return err
	}
	asker, err := create(ctx, e, Blueprint{Name: name + "-ask", Image: image, Command: []string{askProgram}, Labels: labels, Network: network})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tidy(ctx, e.RemoveContainer, asker)) }()
	return converse(ctx, e, asker)
}

// converse starts the asking container until it has its answer: the other one may not listen yet.
func converse(ctx context.Context, e Engine, asker string) error {
	last := ""
	for {
		if err := e.StartContainer(ctx, asker); err != nil {
			return err
		}
		code, err := e.WaitContainer(ctx, asker)
		switch {
		case err != nil && last != "":
			return fmt.Errorf("two containers on one network: %s: %w", last, err)
		case err != nil:
			return err
		case code == askCode:
			return nil
		}
		last = askFailure(code)
		select {
		case <-ctx.Done():
			return fmt.Errorf("two containers on one network: %s", last)
		case <-time.After(askAgain):
		}
	}
}

// tidy removes something on a clock of its own.
func tidy(ctx context.Context, remove func(context.Context, string) error, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyClock)
	defer cancel()
	return remove(ctx, id)
}
