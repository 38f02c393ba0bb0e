package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"testrunner/env/keeper"
	"testrunner/env/lease"
	"testrunner/report/event"
	"testrunner/report/text"
)

func newSetID() string { return lease.NewRunID(time.Now(), rand.Reader) }

// servicesUp brings services up and leaves them with a keeper. It returns when all are ready, or one failed and all are gone again.
func servicesUp(ctx context.Context, r servicesRoom) (int, error) {
	ttl, err := readTTL(r.c.String("ttl"))
	if err != nil {
		return 0, err
	}
	o, err := readOptions(r.c, r.split, r.place, r.world)
	if err != nil {
		return 0, err
	}
	plan, err := needServices(ctx, o, r.place, r.world, r.names, nil)
	if err != nil {
		return 0, err
	}
	if err := plan.look(ctx, r.place, r.world); err != nil {
		return 0, err
	}
	if s, err := r.living(); err == nil {
		return r.already(ctx, s, plan)
	}
	if len(plan.served) == 0 {
		return 0, r.say("there are no services here: no compose file, and none in runner.yaml\n")
	}
	if err := sweepFirst(ctx, r.world); err != nil {
		return 0, err
	}
	if err := r.announce(plan); err != nil {
		return 0, err
	}
	request, err := requestOf(ctx, plan, r.folder)
	if err != nil {
		return 0, err
	}
	request.TTL = ttl
	return r.launch(ctx, request)
}

// sweepFirst removes what dead runs and sets left, and says so. What can't be removed hinders nobody.
func sweepFirst(ctx context.Context, w World) error {
	for _, line := range sweepDead(ctx, w, nil) {
		if _, err := fmt.Fprintf(w.Stderr, "runner: left by a dead run: %s\n", text.Line(line)); err != nil {
			return fmt.Errorf("say what dead runs left: %w", err)
		}
	}
	return nil
}

func readTTL(written string) (time.Duration, error) {
	if written == "" {
		return 0, nil
	}
	ttl, err := time.ParseDuration(written)
	if err != nil || ttl <= 0 {
		return 0, usageError{text: fmt.Sprintf("--ttl %q is no duration; write it as 90s, 10m or 8h", written), remedy: "runner services up --ttl 8h"}
	}
	return ttl, nil
}

// already says how a set is that is up before. It will do if it has all that is asked for, from the same providers.
func (r servicesRoom) already(ctx context.Context, s keeper.State, plan servicesPlan) (int, error) {
	if lacks := lacking(s, plan); lacks != "" {
		return 0, notReady{text: "other services are up in this tree: " + lacks, remedy: "runner services down"}
	}
	if err := r.say("up already, in mode %s; they were left as they are\n", s.Mode); err != nil {
		return 0, err
	}
	return servicesStatus(ctx, servicesRoom{world: r.world, c: r.c, split: r.split, place: r.place, folder: r.folder})
}

// lacking says what a set lacks of a plan, "" if nothing.
func lacking(s keeper.State, plan servicesPlan) string {
	for _, want := range plan.served {
		have, ok := s.Service(want.Service)
		switch {
		case !ok:
			return fmt.Sprintf("%s is not among them (%s)", want.Service, strings.Join(s.Names(), ", "))
		case have.Provider != want.By:
			return fmt.Sprintf("%s is served by %s, not by %s", want.Service, have.Provider, want.By)
		}
	}
	return ""
}

func (r servicesRoom) announce(plan servicesPlan) error {
	for _, note := range plan.around.notes {
		if err := r.say("%s\n", text.Line(note)); err != nil {
			return err
		}
	}
	var all []string
	for _, s := range plan.served {
		all = append(all, s.Service)
	}
	why := ""
	if len(plan.why) > 0 {
		why = " (" + plan.why[0] + ")"
	}
	return r.say("brings up %s; mode %s%s\n", strings.Join(all, ", "), plan.mode, text.Line(why))
}

// launch starts the keeper and follows it until the set is up or gone. A signal takes the set down again.
func (r servicesRoom) launch(ctx context.Context, request keeper.Request) (int, error) {
	if r.world.Executable == "" {
		return 0, errors.New("find runner's own program, to start the keeper")
	}
	begun := time.Now()
	id, err := keeper.Launch(r.world.Executable, r.world.Environ, r.folder, request)
	if err != nil {
		return 0, notReady{text: err.Error()}
	}
	progress := upProgress{room: r, said: map[string]string{}}
	last, err := r.folder.Watch(ctx, request.Set, id, progress.tell)
	if ctx.Err() != nil {
		return 0, errors.Join(ctx.Err(), r.takeBack(context.WithoutCancel(ctx), request.Set, last))
	}
	if err != nil {
		if now, readErr := r.folder.Read(); readErr == nil && now.Set != request.Set && now.Keeper.Alive() {
			return 0, notReady{text: "other services were brought up in this tree at the same time"}
		}
		return 0, notReady{text: err.Error(), remedy: "runner services down"}
	}
	if last.Phase == keeper.Up {
		if err := r.timeWent(last.Path, time.Since(begun)); err != nil {
			return 0, err
		}
		return 0, r.say("up: %s ready in %s; take them down with: runner services down\n", counted(len(last.Services), "service"), time.Since(begun).Round(10*time.Millisecond))
	}
	if err := progress.lastLines(last); err != nil {
		return 0, err
	}
	if last, err = r.folder.Down(ctx, last, 0); err != nil { // it has taken them down, and is leaving
		return 0, err
	}
	if len(last.Leftovers) > 0 {
		return 0, leftBehind{"left behind: " + strings.Join(last.Leftovers, "; ")}
	}
	return 0, notReady{text: cmp.Or(last.Failure, "the services were taken down while they came up") + "; all were taken down again; what they wrote shows: runner services logs"}
}

// slowUp is from when on users are told without asking where the time went.
const slowUp = 30 * time.Second

// timeWent says which services the others waited for, and for how long.
func (r servicesRoom) timeWent(path []keeper.Step, took time.Duration) error {
	if len(path) == 0 || took < slowUp && !r.c.Bool("verbose") {
		return nil
	}
	steps := make([]string, len(path))
	for i, s := range path {
		steps[i] = s.String()
	}
	return r.say("  longest was %s\n", text.Line(strings.Join(steps, ", then ")))
}

// takeBack takes a set down that somebody did not want to wait for.
func (r servicesRoom) takeBack(ctx context.Context, set string, s keeper.State) error {
	if s.Set != set {
		return nil // it has told nothing yet; its stdin ended, or it will be up: status tells
	}
	_, err := r.folder.Down(ctx, s, 0)
	return err
}

// upProgress says a line a service as it becomes ready or fails.
type upProgress struct {
	room servicesRoom
	said map[string]string
}

func (p upProgress) tell(s keeper.State) {
	for _, each := range s.Services {
		for _, notice := range each.Notices {
			if key := each.Name + ": " + notice; p.said[key] == "" {
				p.said[key] = notice
				_ = p.room.say("  %s: %s\n", each.Name, text.Line(notice)) // as below
			}
		}
		line := ""
		switch each.State {
		case keeper.Ready:
			line = fmt.Sprintf("ready in %d ms at %s (%s)", each.ReadyMS, cmp.Or(each.Address, "no address"), servedWord(each))
		case keeper.Completed:
			line = "completed"
		case "failed", "restarting":
			line = each.State + ": " + event.FirstLine(each.Error)
		}
		if line != "" && p.said[each.Name] != line {
			p.said[each.Name] = line
			_ = p.room.say("  %s: %s\n", each.Name, text.Line(line)) // what can't be told here is an error at the end
		}
	}
}

// lastLines shows what those that failed wrote last.
func (p upProgress) lastLines(s keeper.State) error {
	for _, each := range s.Services {
		for i, line := range each.Tail {
			if i == 0 {
				if err := p.room.say("  the last lines of %s:\n", each.Name); err != nil {
					return err
				}
			}
			if err := p.room.say("    %s\n", text.Line(line)); err != nil {
				return err
			}
		}
	}
	return nil
}

// requestOf is what a keeper shall keep for a plan.
func requestOf(ctx context.Context, plan servicesPlan, folder keeper.Folder) (keeper.Request, error) {
	request := keeper.Request{
		Set: newSetID(), Root: plan.catalog.Root, Mode: plan.mode, Real: plan.around.asked.RealServices, Extra: slices.Clone(variablesOf(plan.around.asked, plan.mode)),
		Project: plan.graph.Project, Divide: true, Addresses: addressesOf(plan.around.asked, plan.mode),
		Secrets: secretsOf(plan.around.asked),
	}
	specs, err := plan.specs()
	if err != nil {
		return request, err
	}
	remembered := folder.ReadPorts()
	for i, spec := range specs {
		spec.Wanted = wantedPorts(ctx, spec, remembered[spec.Name])
		request.Services = append(request.Services, keeper.Wanted{Spec: spec, Served: plan.served[i]})
	}
	return request, nil
}
