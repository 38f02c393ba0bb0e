package process

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

// A child of a killed program ends with it, and one that outlives its parent is ended and named: nothing leaves a Job Object.
func TestJob_holds_every_descendant(t *testing.T) {
	for name, kill := range map[string]bool{"killed": true, "outlived": false} {
		t.Run(name, func(t *testing.T) {
			out := newTranscript()
			s := role(t, map[bool]string{true: "parent", false: "leaver"}[kill], "")
			s.Stdout, s.Grace = out, time.Second
			p := start(t, s)
			child := out.pid(t, "ready ")
			if tree := p.Tree(); kill && len(tree) != 2 {
				t.Errorf("tree: %q", tree)
			}
			if kill {
				p.Kill()
			}
			exit := p.Wait()
			if running(child) || exit.Held {
				t.Errorf("%+v, runs: %v", exit, running(child))
			}
			if !kill && (exit.Code != 0 || len(exit.Orphans) != 1) {
				t.Errorf("%+v", exit)
			}
			for _, err := range []error{p.Pause(), p.Resume(), p.Dump("QUIT", ToAll)} {
				if !errors.Is(err, errors.ErrUnsupported) {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestDetach_is_in_no_job_of_ours(t *testing.T) {
	self, _ := os.Executable()
	pid, err := Detach([]string{self}, roleEnv("sleep", ""), nil, "")
	if err != nil {
		t.Fatal(err)
	}
	id, err := Identify(pid)
	if err != nil {
		t.Fatal(err)
	}
	if ended := TerminateTrees([]ID{{Pid: pid, Born: id.Born + "0"}}, false, 0); len(ended) > 0 || !id.Alive() {
		t.Errorf("a stranger was ended: %q", ended)
	}
	if ended := TerminateTrees([]ID{id}, false, 0); len(ended) != 1 {
		t.Errorf("ended %q", ended)
	}
	eventually(t, "it is gone", func() bool { return !id.Alive() })
}

func spawnSleeper() *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(self)
	cmd.Env, cmd.Stdout = roleEnv("sleep", ""), os.Stdout
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	return cmd
}
