package docker

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func (m machine) waiting(told *[]Progress) Waiting {
	return Waiting{
		StateDir: stateDir, Wait: 20 * time.Second, Environ: m.environ(), Now: time.Now(),
		Tell: func(p Progress) {
			if told != nil {
				*told = append(*told, p)
			}
		},
	}
}

// begin starts the engine as planned.
func (m machine) begin(t *testing.T, told *[]Progress) (Plan, Outcome, error) {
	t.Helper()
	place := Here(m.environ(), func(line string) { t.Log(line) })
	plan, err := PlanStart(place, m.look(t))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Carry(t.Context(), place, plan, m.waiting(told))
	return plan, out, err
}

// end stops the engine as planned; the error is PlanStop's or Stop's.
func (m machine) end(t *testing.T) (Plan, error) {
	t.Helper()
	place := Here(m.environ(), func(line string) { t.Log(line) })
	plan, err := PlanStop(t.Context(), place, m.look(t), stateDir)
	if err != nil {
		return plan, err
	}
	return plan, Stop(t.Context(), place, plan, m.waiting(nil))
}

func refusal(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("got the error %v, want one with %q", err, want)
	}
}

// Without an init, dockerd itself is started and stopped; no other engine ever is.
func TestStartAndStop(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		_, err := m.end(t)
		refusal(t, err, "runner did not start it")

		var told []Progress
		plan, out, err := m.begin(t, &told)
		if err != nil || !out.State.Works() || out.Slow || out.Log != stateDir+"/dockerd.log" || len(told) == 0 || told[len(told)-1].State.Name != Up {
			t.Fatalf("%v, %+v after %+v, told %+v", err, out, plan.Steps, told)
		}
		if len(plan.Steps) != 1 || !strings.Contains(plan.Steps[0], "/dockerd itself") || out.State.Daemon.Pid != servicePid(t) {
			t.Errorf("steps %q, daemon %+v", plan.Steps, out.State.Daemon)
		}
		_, err = PlanStart(Here(m.environ(), nil), m.look(t))
		refusal(t, err, "it works already")

		// A second engine of somebody else's stays.
		host := "DOCKER_HOST=unix://" + m.dir + "/second.sock"
		m.engine(t, "--data-root", m.dir+"/data", "--exec-root", m.dir+"/exec", "--pidfile", m.dir+"/pid", "-H", strings.TrimPrefix(host, "DOCKER_HOST="))
		m.until(t, Up, host)
		plan, err = m.end(t)
		if err != nil || len(plan.Steps) != 1 || len(plan.Stops) != 0 {
			t.Fatalf("%v: %q, %q", err, plan.Steps, plan.Stops)
		}
		want(t, m.look(t), SocketAbsent, ByDefault, "runner docker start")
		want(t, m.look(t, host), Up, ByHostVariable, "")
		_, err = m.end(t)
		refusal(t, err, "runner did not start it")

		// The one that runner started has ended, another has its place.
		if _, _, err := m.begin(t, nil); err != nil {
			t.Fatal(err)
		}
		signal(t, servicePid(t), syscall.SIGKILL)
		m.until(t, Stale)
		other := m.engine(t)
		m.until(t, Up)
		_, err = m.end(t)
		refusal(t, err, "has ended already; one that runs now is another's")
		if s := m.look(t); s.Daemon.Pid != other.Process.Pid {
			t.Errorf("the engine is %+v, not %d", s.Daemon, other.Process.Pid)
		}
	})
}

// The init script, where it may raise limits: Debian's, without the lines that ask for the right to.
func TestInitScript(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		script, err := os.ReadFile("/etc/init.d/docker")
		if err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(strings.SplitAfter(string(script), "\n"), func(l string) bool { return strings.Contains(l, "ulimit -") })
		text := strings.ReplaceAll(strings.Join(lines, ""), "if [ \"$BASH\" ]; then\n\t\telse\n\t\tfi\n", "")
		if err := os.WriteFile("/etc/init.d/docker", []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		s := m.look(t)
		want(t, s, SocketAbsent, ByDefault, "service docker start")
		want(t, m.types(t, s.Remedy), Up, ByDefault, "")
		_, err = m.end(t)
		refusal(t, err, "runner did not start it")
		run(t, "service", "docker", "stop")
		m.until(t, SocketAbsent)

		plan, out, err := m.begin(t, nil)
		if err != nil || !slices.Equal(plan.Steps, []string{"starts the engine: service docker start"}) || !out.State.Works() {
			t.Fatalf("%v: %q, %+v", err, plan.Steps, out)
		}
		if r, err := ReadRecord(stateDir); err != nil || r.ID.Pid != servicePid(t) || r.Way != scriptWay {
			t.Errorf("record %+v, %v", r, err)
		}
		plan, err = m.end(t)
		if err != nil || !slices.Equal(plan.Steps, []string{"stops the engine: service docker stop"}) {
			t.Fatalf("%v: %q", err, plan.Steps)
		}
		want(t, m.until(t, SocketAbsent), SocketAbsent, ByDefault, "service docker start")
	})
}

// An engine that can't start says why, at once.
func TestStartFails(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		write(t, "/etc/docker/daemon.json", `{"storage-driver": "punchcards"}`)
		_, out, err := m.begin(t, nil)
		refusal(t, err, "dockerd ended: failed to start daemon")
		if out.State.Works() || out.Took > 10*time.Second {
			t.Errorf("%+v", out)
		}
		_, err = m.end(t)
		refusal(t, err, "has ended already")
	})
}

// Right after its start an engine has no socket, and then one that does not answer: asking again heals that, and is told.
func TestHeals(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		m.engine(t)
		healed := false
		for range 20 { // the process may need a moment to be dockerd at all
			var mu sync.Mutex
			var log []string
			s := Look(t.Context(), Here(m.environ(), func(line string) {
				mu.Lock()
				defer mu.Unlock()
				log = append(log, line)
			}), Clocks{Answer: 10 * time.Second})
			if s.Name == Up {
				healed = s.Tries > 1 && slices.ContainsFunc(log, func(l string) bool { return strings.Contains(l, "the engine is starting (dockerd") })
				if !healed {
					t.Errorf("up after %d tries: %q", s.Tries, log)
				}
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if !healed {
			t.Error("it did not heal")
		}
	})
}

// A restart ends the engine that hangs and nothing else, and says first which containers stop.
func TestRestart(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		if _, _, err := m.begin(t, nil); err != nil {
			t.Fatal(err)
		}
		s := m.look(t)
		place := Here(m.environ(), func(line string) { t.Log(line) })
		engine, err := Connect(place, s.Host)
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		layer, err := probeLayer(s.Info.Architecture)
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.ImportImage(t.Context(), "standing:1", nil, bytes.NewReader(layer)); err != nil {
			t.Fatal(err)
		}
		// Its program ends by KILL alone, which is not to be waited for here.
		run(t, "docker", "run", "--detach", "--stop-timeout", "1", "--name", "standing", "standing:1", answerProgram)
		all, err := engine.Containers(t.Context())
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", err, all)
		}
		id := all[0].ID
		before := servicePid(t)
		plan, err := PlanRestart(t.Context(), place, m.look(t))
		if err != nil || !slices.Equal(plan.Stops, []string{"container standing (standing:1)"}) {
			t.Fatalf("%v: %q", err, plan.Stops)
		}
		signal(t, before, syscall.SIGSTOP)
		s = m.look(t)
		plan, err = PlanRestart(t.Context(), place, s)
		if err != nil || !slices.Equal(plan.Stops, []string{"container " + id[:12]}) || len(plan.Steps) != 2 {
			t.Fatalf("%v: %q, %q", err, plan.Steps, plan.Stops)
		}
		out, err := Carry(t.Context(), place, plan, m.waiting(nil))
		if err != nil || !out.State.Works() || out.State.Daemon.Pid == before {
			t.Fatalf("%v: %+v", err, out)
		}
		if _, err := m.end(t); err != nil {
			t.Errorf("the engine that was restarted is runner's: %v", err)
		}
	})
}
