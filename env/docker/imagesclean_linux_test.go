package docker

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"testrunner/runner/process"
)

// Images go when no container and no live run has them.
func (y yard) clean(t *testing.T) {
	clean := func(dry bool) string {
		t.Helper()
		gone, err := CleanImages(t.Context(), y.engine, y.b.Me, dry)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, r := range gone {
			names = append(names, strings.Join(r.Names, " "))
		}
		slices.Sort(names)
		return strings.Join(names, ", ")
	}
	if got := clean(false); got != "" {
		t.Errorf("this run needs %s, and it was removed", got)
	}
	if err := y.b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The builders of the other tests never closed: their leases are this process's, and hold.
	clean(false)
	one := y.build(t, buildSpec(t, "one", map[string]string{"Dockerfile": "FROM base:1\nCOPY Dockerfile /one\n"}))
	two := y.build(t, buildSpec(t, "two", map[string]string{"Dockerfile": "FROM base:1\nCOPY Dockerfile /two\n"}))
	if got := clean(false); got != "" {
		t.Errorf("this run needs %s, and it was removed", got)
	}
	if err := y.b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, "docker", "create", "--name", "user", one, "/step")
	if got := clean(true); got != two {
		t.Errorf("would remove %q, want %s", got, two)
	}
	run(t, "docker", "tag", two, "mine:1")
	if got := clean(false); got != "" {
		t.Errorf("%s has a name of somebody's", got)
	}
	run(t, "docker", "rmi", "mine:1")
	// What somebody made from ours has our label, and stays.
	write(t, y.m.dir+"/derived/Dockerfile", "FROM "+two+"\nLABEL mine=1\n")
	cmd := exec.CommandContext(t.Context(), "docker", "build", "-q", y.m.dir+"/derived")
	cmd.Env = append(y.m.environ(), "DOCKER_BUILDKIT=0")
	derived, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := clean(false); got != two {
		t.Errorf("removed %q, want %s", got, two)
	}
	run(t, "docker", "inspect", strings.TrimSpace(string(derived)))
	run(t, "docker", "rm", "user")
	if got := clean(false); got != one {
		t.Errorf("removed %q, want %s", got, one)
	}
	if _, err := y.engine.BuiltImage(t.Context(), one); !IsAbsent(err) {
		t.Errorf("%s is still there: %v", one, err)
	}
	// A dead run's lease keeps nothing.
	dead := y.b.Me
	dead.ID = deadProcess(t)
	killed := &Builder{Engine: y.engine, Me: dead, Project: "shop"}
	three, err := killed.Build(t.Context(), buildSpec(t, "three", map[string]string{"Dockerfile": "FROM base:1\nCOPY Dockerfile /three\n"}), y.tell)
	if err != nil {
		t.Fatal(err)
	}
	if got := clean(false); got != three {
		t.Errorf("removed %q, want %s", got, three)
	}
	y.heard()
}

// deadProcess is the id of a process that has ended.
func deadProcess(t *testing.T) process.ID {
	t.Helper()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	id, err := process.Identify(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	return id
}
