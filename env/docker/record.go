package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"testrunner/runner/process"
)

// recordFile is the record's name in the state folder.
const recordFile = "engine.json"

// Record is the engine that runner started, so that it and no other can be stopped.
type Record struct {
	Way     way        `json:"way"`
	Host    string     `json:"host"`
	ID      process.ID `json:"id"` // the engine's process; zero where it lives in a virtual machine
	Log     string     `json:"log,omitempty"`
	Started time.Time  `json:"started"`
}

// ReadRecord reads what runner started last. It is fs.ErrNotExist if that was nothing, or is stopped.
func ReadRecord(stateDir string) (Record, error) {
	var r Record
	b, err := os.ReadFile(filepath.Join(stateDir, recordFile))
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return Record{}, fmt.Errorf("read which engine runner started: %w", err)
	}
	return r, nil
}

// write replaces the record as a whole: a reader never sees half of one.
func (r Record) write(stateDir string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.MkdirAll(stateDir, 0o755)
	}
	name := filepath.Join(stateDir, recordFile)
	if err == nil {
		err = os.WriteFile(name+".new", append(b, '\n'), 0o644)
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return fmt.Errorf("write down which engine was started: %w; name a folder that can be written in RUNNER_STATE_DIR", err)
	}
	return nil
}

// PlanStop says how the engine that runner started is stopped. It is refused where runner started none, or where another one has
// taken its place since. s is the engine's state now.
func PlanStop(ctx context.Context, p Place, s State, stateDir string) (Plan, error) {
	r, err := ReadRecord(stateDir)
	if errors.Is(err, fs.ErrNotExist) {
		return Plan{}, errors.New("stop the engine: runner did not start it, so it is left alone")
	}
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{host: Host{URL: r.Host}, way: r.Way}
	if r.ID.Pid != 0 && !r.ID.Alive() {
		_ = os.Remove(filepath.Join(stateDir, recordFile)) // it says nothing any more
		return Plan{}, fmt.Errorf("stop the engine: the one that runner started (pid %d) has ended already; one that runs now is another's", r.ID.Pid)
	}
	a := lookAround(p, plan.host)
	switch r.Way {
	case daemonWay:
		plan.end = r.ID
		plan.Steps = []string{fmt.Sprintf("ends dockerd (pid %d): TERM, and KILL after %s", r.ID.Pid, stopGrace)}
	case systemdWay:
		plan.stop(a.rights(p, "systemctl", "stop", "docker.socket", "docker.service"))
	case scriptWay:
		plan.stop(a.rights(p, "service", "docker", "stop"))
	case windowsWay:
		plan.stop([]string{"sc.exe", "stop", desktopService})
	default:
		return Plan{}, fmt.Errorf("stop the engine at %s: it is a product's own; stop it there, or try: docker desktop stop", r.Host)
	}
	if s.Host.URL == r.Host {
		plan.Stops = containersOf(ctx, p, s)
	}
	return plan, nil
}

func (plan *Plan) stop(argv []string) {
	plan.argvs = append(plan.argvs, argv)
	plan.Steps = append(plan.Steps, "stops the engine: "+shown(argv))
}

// Stop carries out a plan of PlanStop, and forgets the record when the engine is gone.
func Stop(ctx context.Context, p Place, plan Plan, w Waiting) error {
	if plan.end.Pid != 0 {
		killed, err := process.End(ctx, plan.end, stopGrace)
		p.log(fmt.Sprintf("docker: ended dockerd (pid %d): KILL was needed: %v, %v", plan.end.Pid, killed, err))
		if err != nil {
			return fmt.Errorf("stop the engine: %w", err)
		}
	}
	plan.exe, plan.way = "", ""
	if _, err := plan.act(ctx, p, w); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(w.StateDir, recordFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the engine that was started: %w", err)
	}
	return nil
}
