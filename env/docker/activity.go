package docker

import (
	"os"
	"time"
)

// resting is how long an engine's processes and its log may be still before its start counts as stuck.
const resting = 15 * time.Second

// activity tells an engine that is slow from one that is dead, by what its processes and its log do.
type activity struct {
	p     Place
	names []string
	log   string
	last  int64 // processor time and size of the log at the last look, in one sum
	moved time.Time
}

func newActivity(p Place, ours Record) *activity {
	return &activity{p: p, log: ours.Log, moved: time.Now(), names: []string{
		"dockerd", "containerd", "com.docker.backend", "com.docker.backe", "com.docker.backend.exe", "Docker Desktop", "Docker Desktop.exe", "colima", "limactl",
	}}
}

// look notes whether anything has moved since the last look.
func (a *activity) look() {
	sum := int64(0)
	for _, g := range a.p.Named(a.names...) {
		if !g.Stopped {
			sum += int64(g.CPU) + int64(g.Pid)
		}
	}
	if info, err := os.Stat(a.log); a.log != "" && err == nil {
		sum += info.Size()
	}
	if sum != a.last {
		a.last, a.moved = sum, time.Now()
	}
}

// recent tells whether something moved lately, and there is a process at all.
func (a *activity) recent() bool {
	a.look()
	return a.last != 0 && time.Since(a.moved) < resting
}
