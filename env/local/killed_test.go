//go:build unix

package local

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env/lease"
	"testrunner/env/service"
)

// runner is a run that starts three services in the folder of its first argument, with the cache of its second, written down in an inventory, and waits to be killed.
func runner() int {
	dir, cache := os.Args[1], os.Args[2]
	inventory, err := lease.OpenInventory(filepath.Join(dir, "state"), killedRun, dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	p, err := New(settingsIn(dir, cache, killedRun, inventory))
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ctx, tell := context.TODO(), func(string) {}
	self, _ := os.Executable()
	web := service.Spec{Container: &service.Container{Env: []string{roleVar + "=web"}}}
	web.Name, web.Local = "web", []string{self, "{host}:{port}", dir}
	fmt.Println("begins")
	var all sync.WaitGroup
	for _, s := range []service.Spec{postgresSpec("postgres"), redisSpec(), web} {
		all.Go(func() {
			if err := p.Prepare(ctx, s, tell); err != nil {
				fmt.Println(err)
				return
			}
			in, err := p.Start(ctx, s, nil, tell)
			if err != nil {
				fmt.Println(err)
				return
			}
			fmt.Println(s.Name, "started", in.Address().Port)
		})
	}
	all.Wait()
	fmt.Println("ready")
	time.Sleep(time.Minute)
	return 0
}

const killedRun = "20261122-024501-3f9a"

// Whenever the runner is killed, what it leaves is named in its inventory, so that the sweep of the next start removes it.
func TestKilled_runner_leaves_nothing_that_is_not_written_down(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	if err := p.Prepare(t.Context(), postgresSpec("postgres"), nil); err != nil { // makes the template
		t.Fatal(err)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	const ready = time.Hour
	for _, after := range []time.Duration{0, 3, 10, 25, 50, 90, 140, 200, 300, ready / time.Millisecond} {
		after *= time.Millisecond
		pl.kill(t, after, after == ready)
		// A child that was forked in that moment holds the runner's files, its lock too, until it becomes its program; and one that was
		// not let go yet ends by itself. Both may take a moment.
		inventory := filepath.Join(pl.dir, "state", "runs", killedRun+".jsonl")
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			remains, err := lease.Sweep(t.Context(), lease.Sweeping{State: filepath.Join(pl.dir, "state"), Fresh: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range remains {
				if len(r.Left) > 0 {
					t.Errorf("killed after %s, the sweep could not remove %q", after, r.Left)
				}
			}
			if len(pl.remains(t)) == 0 && !isFile(inventory) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("killed after %s, left behind: %q", after, pl.remains(t))
			}
		}
	}
}

// kill starts a runner and kills it some time after its begin, or when it is ready.
func (pl *place) kill(t *testing.T, after time.Duration, ready bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, pl.dir, pl.cache)
	cmd.Env = append(os.Environ(), roleVar+"=runner")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	word := map[bool]string{false: "begins", true: "ready"}[ready]
	seen := false
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if lines.Text() == word {
			seen = true
			break
		}
		if !strings.Contains(lines.Text(), "started") && lines.Text() != "begins" {
			t.Errorf("the runner says %q", lines.Text())
		}
	}
	if !seen {
		t.Errorf("the runner never said %q", word)
	}
	if !ready {
		time.Sleep(after) // the moment of the kill is what is tried out here; any will do
	}
	if ready && len(processesWith(t, pl.dir)) < 5 {
		t.Errorf("it is ready, and there are only %q: postgres, redis, web and its child, and the runner are looked for", processesWith(t, pl.dir))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
}
