package docker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"

	"testrunner/runner/process"
)

// The labels of everything that runner makes in an engine (design, law 7). A thing is known by them and never by its name.
const (
	LabelRun  = "io.runner.run"  // the run's id, or the doctor's
	LabelRole = "io.runner.role" // what it is for: "probe"
	LabelHost = "io.runner.host" // the machine's name
	LabelPid  = "io.runner.pid"
	LabelBorn = "io.runner.born" // process.ID.Born of the owner
)

// Maker is the process that makes something, and must see to it that it goes away.
type Maker struct {
	Run  string
	Host string
	ID   process.ID
}

// Me is this process.
func Me(p Place, run string) Maker {
	id, _ := process.Identify(os.Getpid())
	return Maker{Run: run, Host: p.Hostname, ID: id}
}

// Labels are the labels of what it makes.
func (m Maker) Labels(role string) map[string]string {
	return map[string]string{
		LabelRun: m.Run, LabelRole: role, LabelHost: m.Host, LabelPid: strconv.Itoa(m.ID.Pid), LabelBorn: m.ID.Born,
	}
}

func makerOf(labels map[string]string) Maker {
	pid, _ := strconv.Atoi(labels[LabelPid])
	return Maker{Run: labels[LabelRun], Host: labels[LabelHost], ID: process.ID{Pid: pid, Born: labels[LabelBorn]}}
}

// Leftover is something that runner made.
type Leftover struct {
	Kind  string // "container", "network", "volume", "image"
	ID    string
	Name  string
	Maker Maker
	Fate  Fate
}

// String is "container runner-probe-3f9a (0123456789ab)".
func (l Leftover) String() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s (%s)", l.Kind, l.Name, short(l.ID)))
}

// Fate is whether the maker of something lives.
type Fate string

// The fates. Only what is Dead may be removed.
const (
	Alive   Fate = "alive"
	Dead    Fate = "dead"
	Foreign Fate = "foreign" // another machine's, or a process that can't be seen from here: nobody can tell
)

// fate judges the maker of something. Ids are only compared on the same machine, in the same boot and process namespace. After another
// boot the maker is dead, if the engine is on this very machine: on a shared one, another machine of the same name may be meant. Where one
// of the two births names a boot and the other does not, two systems share machine and engine (WSL beside Windows): neither sees the
// other's processes. identify is process.Identify.
func fate(maker, me Maker, local bool, identify func(pid int) (process.ID, error)) Fate {
	if maker.Host != me.Host || maker.ID.Pid == 0 {
		return Foreign
	}
	boot, space := origin(maker.ID.Born)
	myBoot, mySpace := origin(me.ID.Born)
	switch {
	case boot == myBoot && space == mySpace:
		return seen(maker.ID.Pid, func(now process.ID) bool { return now == maker.ID }, identify)
	case boot != myBoot && boot != "" && myBoot != "" && local:
		return Dead
	}
	return Foreign
}

// seen says whether a process of this system still is the one that is meant. What is there and may not be looked at is foreign.
func seen(pid int, meant func(process.ID) bool, identify func(pid int) (process.ID, error)) Fate {
	now, err := identify(pid)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Foreign
	case err == nil && meant(now):
		return Alive
	}
	return Dead
}

// origin takes a birth apart: "boot/namespace/time" on Linux; elsewhere a time of the calendar alone, which no reboot repeats.
func origin(born string) (boot, namespace string) {
	parts := strings.Split(born, "/")
	if len(parts) != 3 {
		return "", ""
	}
	return parts[0], parts[1]
}

// Leftovers lists all that runner has made in the engine and that is still there, containers first, with the fate of its maker.
func Leftovers(ctx context.Context, e Engine, h Host, me Maker) ([]Leftover, error) {
	return leftovers(ctx, e, h, me, LabelRun)
}

// leftovers lists what bears a label.
func leftovers(ctx context.Context, e Engine, h Host, me Maker, label string) ([]Leftover, error) {
	var out []Leftover
	add := func(kind, id, name string, labels map[string]string) {
		maker := makerOf(labels)
		out = append(out, Leftover{Kind: kind, ID: id, Name: name, Maker: maker, Fate: fate(maker, me, h.Local(), process.Identify)})
	}
	containers, err := e.Containers(ctx, label)
	if err != nil {
		return nil, err
	}
	for _, c := range containers {
		add("container", c.ID, c.Name, c.Labels)
	}
	networks, err := e.Networks(ctx, label)
	if err != nil {
		return nil, err
	}
	for _, n := range networks {
		add("network", n.ID, n.Name, n.Labels)
	}
	volumes, err := e.Volumes(ctx, label)
	if err != nil {
		return nil, err
	}
	for _, v := range volumes {
		add("volume", v.Name, v.Name, v.Labels)
	}
	images, err := e.Images(ctx, label)
	if err != nil {
		return nil, err
	}
	for _, i := range images {
		name := ""
		if len(i.Tags) > 0 {
			name = i.Tags[0]
		}
		add("image", i.ID, name, i.Labels)
	}
	return out, nil
}

// Abandoned are those that nobody owns any more: the process that made them is dead, and the run's books are not held by another one
// (living: the ids of runs that live). Only they may be swept.
func Abandoned(all []Leftover, living map[string]bool) []Leftover {
	var out []Leftover
	for _, l := range all {
		if l.Fate == Dead && !living[l.Maker.Run] {
			out = append(out, l)
		}
	}
	return out
}

// Sweep removes what dead makers left: containers side by side, then networks, volumes and images. It returns what is gone; the error names
// what could not be removed.
func Sweep(ctx context.Context, e Engine, all []Leftover) ([]Leftover, error) {
	var gone []Leftover
	var errs []error
	var mu sync.Mutex
	for _, kind := range []string{"container", "network", "volume", "image"} {
		var wg sync.WaitGroup
		for _, l := range all {
			if l.Kind != kind || l.Fate != Dead {
				continue
			}
			wg.Go(func() {
				err := remove(ctx, e, l)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					errs = append(errs, err)
					return
				}
				gone = append(gone, l)
			})
		}
		wg.Wait()
	}
	if len(errs) > 0 {
		return gone, fmt.Errorf("remove what dead runs left: %w", errors.Join(errs...))
	}
	return gone, nil
}

func remove(ctx context.Context, e Engine, l Leftover) error {
	switch l.Kind {
	case "container":
		return e.RemoveContainer(ctx, l.ID)
	case "network":
		return e.RemoveNetwork(ctx, l.ID)
	case "volume":
		return e.RemoveVolume(ctx, l.ID)
	}
	return e.RemoveImage(ctx, l.ID)
}
