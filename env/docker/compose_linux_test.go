package docker

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/env"
	"testrunner/env/service"
	"testrunner/report/event"
)

// composeProject is a project of several files, as it lies in a repository.
var composeProject = map[string]string{
	"compose.yaml": `name: shop
include: [{ path: more/compose.yaml, project_directory: more, env_file: more/own.env }]
services:
  db:
    image: witness:1
    healthcheck: { test: [CMD, /witness, probe, "http://127.0.0.1:8080/"], interval: 30s, timeout: 9s, retries: 9, start_period: 1s }
  migrate:
    image: witness:1
    command: [exit, "0"]
    depends_on: { db: { condition: service_healthy } }
  web:
    extends: { file: base.yaml, service: base }
    depends_on:
      migrate: { condition: service_completed_successfully }
      extra: { condition: service_started, required: false }
    env_file: [{ path: web.env, format: raw }, { path: gone.env, required: false }]
    label_file: web.labels
    secrets: [{ source: token, target: word, uid: "1234", gid: "1234", mode: 0o400 }, given]
    configs: [{ source: settings, target: /etc/settings, mode: 0o440 }, plain]
    user: "1234"
    links: [db]
    expose: ["8080"]
  checked: { image: "checked:1", deploy: { replicas: 1 }, scale: 1 }
  quiet: { image: "sick:1", healthcheck: { disable: true } }
  sick: { image: "sick:1" }
  extra: { image: "witness:1", profiles: [more] }
secrets: { token: { file: ./token.txt }, given: { environment: GIVEN } }
configs: { settings: { content: "level: ${LEVEL}" }, plain: { file: ./plain.txt } }
`,
	"base.yaml":         "services: { base: { image: \"witness:1\", environment: { WHO: base }, working_dir: /tmp } }\n",
	"more/compose.yaml": "services: { side: { image: \"witness:1\", environment: { WHO: \"${SIDE}\" } } }\n",
	"more/own.env":      "SIDE=beside\n", ".env": "LEVEL=high\n", "web.env": "RAW='$LEVEL'\n", "web.labels": "team=blue\n", "token.txt": "secret words", "plain.txt": "plain words",
}

// A compose file of several parts, from its text to containers: what is extended and included, in its order, with its files, and with the
// healthchecks of the file and of images.
func TestAComposeFileInContainers(t *testing.T) {
	inside(t, func(t *testing.T, m machine) {
		d := newDock(t, m)
		for image, check := range map[string]string{"checked:1": `["/witness", "probe", "http://127.0.0.1:8080/"]`, "sick:1": `["/witness", "exit", "3"]`} {
			d.cli(t, strings.NewReader("FROM witness:1\nHEALTHCHECK CMD "+check+"\n"), "build", "-t", image, "-")
		}
		root := filepath.Join(m.dir, "shop")
		for name, text := range composeProject {
			write(t, filepath.Join(root, name), text)
		}
		e, seen := d.begin(t, root)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := e.Wait(ctx, "web", "checked", "side", "quiet"); err != nil {
			t.Fatal(err)
		}
		if err := e.Wait(ctx, "sick"); err == nil || !strings.Contains(err.Error(), "not ready within 5s: the image's healthcheck: it ends with 3: last words") {
			t.Errorf("sick: %v", err)
		}
		if done, begun := seen.first("migrate", service.StateCompleted), seen.first("web", service.StateStarted); done < 0 || begun < done {
			t.Errorf("web did not wait for the migration: %d, %d", done, begun)
		}
		in, _ := e.Instance("web")
		b := d.box(t, in.(*instance))
		if b.self.Uid != 1234 || b.self.Dir != "/tmp" || !slices.Contains(b.self.Env, "WHO=base") || !slices.Contains(b.self.Env, "RAW='$LEVEL'") || b.says(t, `{{index .Config.Labels "team"}}`) != "blue" {
			t.Errorf("%+v", b.self)
		}
		for name, want := range map[string]string{"/run/secrets/word": "secret words", "/run/secrets/given": "given words", "/etc/settings": "level: high", "/plain": "plain words"} {
			if got := strings.TrimSpace(b.reads(t, name)); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		for _, name := range []string{"/run/secrets/word", "/etc/settings"} { // they are the owner's and the group's alone
			if got := d.cli(t, nil, "exec", "--user", "4321:4321", b.in.id, "/witness", "cat", name); !strings.Contains(got, "permission denied") {
				t.Errorf("%s: somebody else reads %q", name, got)
			}
		}
		if said := inBox(t, in, "lookup", "db"); !strings.HasPrefix(said, "[1") {
			t.Errorf("web does not find db: %s", said)
		}
		side, _ := e.Instance("side")
		if got := d.box(t, side.(*instance)).self.Env; !slices.Contains(got, "WHO=beside") {
			t.Errorf("included: %q", got)
		}
		if all := d.cli(t, nil, "ps", "--all", "--format", "{{.Names}}"); strings.Contains(all, "extra") {
			t.Errorf("what no profile asks for was started: %s", all)
		}
		if left := e.Close(ctx); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if left := d.remains(t); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
}

// begin starts what the compose file of a folder would start. It is closed with the test.
func (d *dock) begin(t *testing.T, root string) (*service.Environment, *observed) {
	t.Helper()
	g, err := service.Read(t.Context(), root, []string{"compose.yaml"}, nil, []string{"GIVEN=given words"})
	if err != nil {
		t.Fatal(err)
	}
	specs, err := g.Specs(service.Join(g, []env.Service{{Name: "sick", ReadyWithin: 5 * time.Second}}, false), g.Enabled(), true)
	if err != nil {
		t.Fatal(err)
	}
	var plan service.Plan
	for _, s := range specs {
		plan.Services = append(plan.Services, service.Planned{Spec: s, By: event.ByDocker})
	}
	seen := &observed{}
	providers := map[event.Provider]service.Provider{event.ByDocker: d.provider(t, nil)}
	e := service.Begin(t.Context(), plan, providers, service.Settings{Observe: seen.add})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 30*time.Second)
		defer cancel()
		e.Close(ctx)
	})
	return e, seen
}

// observed is what was observed, in its order.
type observed struct {
	mu  sync.Mutex
	all []service.Change
}

func (c *observed) add(one service.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, one)
}

// first is the place of the first change of a service into a state, -1 without one.
func (c *observed) first(name string, state service.State) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.IndexFunc(c.all, func(one service.Change) bool { return one.Service == name && one.State == state })
}
