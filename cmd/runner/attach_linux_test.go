package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// attachFiles are a tree whose services somebody else has up.
var attachFiles = map[string]string{
	"runner.yaml": `version: 1
categories:
  integration: { needs: [web, redis] }
  e2e: { needs: [other] }
services:
  redis: { ready: { log: "eady to accept connections" }, env: { REDIS: "{host}:{port}/{database}" } }
  web: { ready: /up, before: "exit 1" }
`,
	"compose.yaml": `name: chat
services:
  web:
    image: "box:1"
    ports: ["18080:8080"]
    depends_on: { redis: { condition: service_healthy }, seed: { condition: service_completed_successfully }, trace: { condition: service_started, required: false } }
  trace: { image: "box:1" }
  redis: { image: "redis:7" }
  seed: { image: "box:1" }
  other: { image: "box:1", profiles: [more] }
`,
	"package.json": `{"scripts": {"test": "node --test"}}`,
	"integration/a.test.js": `const { test } = require('node:test');
const { execFileSync } = require('node:child_process');
test('counts', async () => {
  const socket = require('node:net').connect(process.env.REDIS_PORT, process.env.REDIS_HOST);
  console.log('talks to ' + process.env.REDIS_URL);
  socket.write('AUTH ' + new URL(process.env.REDIS_URL).password + '\r\n');
  await require('node:events').once(socket, 'data');
  socket.write('INCR count\r\n');
  const [answer] = await require('node:events').once(socket, 'data');
  socket.destroy();
  require('node:fs').writeFileSync('count.txt', answer.toString().trim().slice(1) + ' ' + process.env.REDIS.split('/')[1]);
});
test('greets', async () => {
  if (process.env.RESTARTS || process.env.CRASHES) {
    if (process.env.RESTARTS) execFileSync('docker', ['restart', '-t', '0', process.env.RESTARTS]);
    else {
      const life = () => Number(execFileSync('docker', ['inspect', '-f', '{{.State.Pid}}', process.env.CRASHES]));
      const first = life();
      if (!first) throw new Error('it does not run');
      process.kill(first, 'SIGKILL');
      while ([0, first].includes(life()));
    }
    for (;;) try { await fetch(process.env.WEB_URL); break; } catch { await new Promise((over) => setTimeout(over, 20)); }
  }
  if (await (await fetch(process.env.WEB_URL)).text() !== 'hello') throw new Error('no');
});
`,
	"e2e/b.test.js": "require('node:test').test('b', () => {});\n",
}

// boxImages makes the images of the tree: a server that was built, and Redis with what it loads. It is typed into sh in a folder that
// holds the server.
const boxImages = `set -e
mkdir -p root/tmp && cp server root/server
tar -C root -c . | docker import -c 'ENV GREETING=hello' - box:1 >&2
take() { cp -rL --parents "$@" root; }
redis=$(readlink -f "$(command -v redis-server)")
take $redis; ldd $redis | grep -o '/[^ ]*' | sort -u | xargs cp -L --parents -t root
ln -s $redis root/redis-server
tar -C root -c . | docker import -c 'CMD ["/redis-server", "--protected-mode", "no", "--save", ""]' -c 'EXPOSE 6379' - redis:7 >&2
rm -r root
`

// A run uses what docker compose has up in the tree as it is, and nothing else. There is no docker compose where the tests run: docker run
// gives its labels to containers.
func TestAttachToComposeProject(t *testing.T) {
	w := containerTree(t)
	w.withEngine(t)
	makeImages := *w
	if out, code := makeImages.shell(t, boxImages); code != 0 {
		t.Fatalf("images: exit %d\n%s", code, out)
	}
	for _, name := range []string{"Dockerfile", "server", "server.go"} {
		if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range attachFiles {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(w.dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in := "nsenter -n -t " + strconv.Itoa(daemonOf(t, w)) + " " // the engine publishes ports in its own network alone
	do := func(code int, command, want string) string {
		t.Helper()
		out, got := w.shell(t, in+command)
		if got != code || !regexp.MustCompile("(?m)"+want).MatchString(out) {
			t.Fatalf("%s\nexits with %d, want %d, and %q in\n%s", command, got, code, want, out)
		}
		return out
	}
	up := func(project, folder, service, number, more string) {
		t.Helper()
		do(0, "docker run -d --name "+project+"-"+service+"-"+number+" --label com.docker.compose.project="+project+" --label com.docker.compose.service="+service+
			" --label com.docker.compose.project.working_dir="+folder+" --label com.docker.compose.container-number="+number+" --label com.docker.compose.oneoff=False "+more, "")
	}
	lives := func() string {
		return do(0, "sh -c 'docker inspect -f \"{{.Id}} {{.State.StartedAt}}\" $(docker ps -aq | sort); docker network ls -q; docker volume ls -q'", "")
	}

	do(5, "runner --attach integration", `needs (web|redis): no services are up in .*, and no container of its compose project chat is there`)
	// One of the same name is somebody else's, and one of another name is not what this tree's files say.
	up("chat", "/elsewhere", "web", "1", "-p 127.0.0.1:18080:8080 box:1 /server")
	do(5, "runner --attach integration", `the compose project chat that is up is of /elsewhere, and this tree's is of `+regexp.QuoteMeta(w.dir))
	do(0, "docker rm -f chat-web-1", "")
	up("talk", w.dir, "web", "1", "-p 127.0.0.1:18080:8080 box:1 /server")
	out := do(5, "runner --attach integration", `what is up of `+regexp.QuoteMeta(w.dir)+` is the compose project talk, and here its name is chat`)
	remedy := regexp.MustCompile(`export COMPOSE_PROJECT_NAME=\S+`).FindString(out)
	if out, code := w.shell(t, remedy+"; "+in+"runner --attach integration"); code != 5 || !strings.Contains(out, "redis: it is not up in the compose project talk") {
		t.Fatalf("%s: exit %d\n%s", remedy, code, out)
	}
	do(0, "docker rm -f talk-web-1", "")

	// Its own: published, or on a network that this machine reaches.
	up("chat", w.dir, "web", "1", "--restart always -p 127.0.0.1:18080:8080 box:1 /server")
	up("chat", w.dir, "redis", "1", "redis:7 /redis-server --protected-mode no --requirepass the-project-s-own") // and not by the file
	up("chat", w.dir, "seed", "1", "redis:7 /redis-server --version")
	do(0, "docker wait chat-seed-1", "^0$")
	up("chat", w.dir, "trace", "1", "redis:7 /redis-server --no-such-option") // nobody stands on it
	before := lives()
	do(0, "runner --attach --dry-run integration", `asked for by --attach: the compose project chat that is up, as it is`)
	do(0, "runner --attach --dry-run integration", `redis is used as it is: its log line \(eady to accept connections\) is not waited for`) // it was written long ago
	do(1, "sh -c 'runner --attach --dry-run integration | grep \"line of its output\"'", `^$`)
	out = do(0, "runner --attach --real-services integration", `PASSED \(0\)  2 tests: 2 passed.*; docker; on compose project chat: redis, seed, web$`)
	if !strings.Contains(out, "web is used as it is: before") {
		t.Errorf("that the hook is not run is not said:\n%s", out)
	}
	do(0, `grep -c 'name="runner.project" value="chat"' runner-results/junit.xml`, "^1$")
	do(0, "runner --attach -v integration", `talks to redis://:\*\*\*@`)
	do(1, "grep -r the-project-s-own runner-results", `^$`)
	do(0, "cat count.txt", `^2 0$`) // no run of it was reset, and no database of it lent
	if after := lives(); after != before {
		t.Errorf("the project is not as it was:\n%s\nand before:\n%s", after, before)
	}
	// What is asked for and is not there is not run.
	do(5, "runner --attach e2e", `needs other: it is not up in the compose project chat`)
	do(5, "runner --attach e2e", `(try|mend): docker compose up -d other$`)
	do(5, "runner --attach --no-docker integration", `no services are up in \S+$`)

	// That somebody starts one again while tests use it is told.
	do(0, "env RESTARTS=chat-web-1 runner --attach integration", `service web was gone`)
	do(0, "env CRASHES=chat-web-1 runner --attach integration", `service web was gone`) // its restart policy brings it back
	up("chat", w.dir, "web", "2", "box:1 /server")
	do(0, "runner --attach --dry-run integration", `web: of its 2 containers chat-web-1 is used`)
	do(0, "docker pause chat-web-1 chat-web-2", "")
	do(5, "runner --attach integration", `needs web: its container chat-web-1 is paused`)
	do(0, "docker unpause chat-web-1", "")
	do(0, "docker rm -f chat-redis-1", "")
	do(5, "runner --attach integration", `docker compose up -d redis$`)
	if out := do(0, "docker ps -q", ""); len(strings.Fields(out)) != 2 {
		t.Errorf("of the project's two containers these run:\n%s", out)
	}
}
