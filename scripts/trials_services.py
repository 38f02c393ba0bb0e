"""The trials of kill-trials that have services. It is imported, not run."""
import os, re, shutil, signal, socket, subprocess, time

from trials import end, kill, marked

TEST = """
const { test } = require('node:test');
const { spawn } = require('node:child_process');
const way = process.env.TRIAL_TEST || '';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const answers = () => fetch(process.env.WEB_URL + '/value').then((r) => r.ok, () => false);
const die = () => fetch(process.env.WEB_URL + '/die').catch(() => {});
test('quick', () => {});
if (way === 'hang' || way === 'deaf') test('slow', () => new Promise(() => {
  for (const detached of [true, false]) spawn('sleep', ['600'], { stdio: 'inherit', detached }).unref();
  process.on('SIGTERM', () => { if (way !== 'deaf') process.exit(1); });
  setInterval(() => {}, 1000);
}));
if (way === 'survives') test('slow', async () => {
  await die();
  while (!(await answers())) await pause(20);
});
if (way === 'suffers') test('slow', async () => {
  await die();
  if (!(await answers())) throw new Error('web is gone');
});
if (way === 'kills') test('slow', async () => {
  for (let since = Date.now(); Date.now() - since < 3000; await pause(20)) {
    if (await answers()) since = await die().then(Date.now);
  }
  throw new Error('web does not come back');
});
if (way === 'asks') test('slow', async () => {
  for (const until = Date.now() + 2000; Date.now() < until; await pause(20)) {
    if (!(await answers())) throw new Error('web is gone');
  }
});
"""
CONFIG = """version: 1
compose: compose.yaml
categories:
  unit: { needs: [web, redis], modes: [%s] }
services:
  web: { local: "./server {host}:{port}", ready: { path: /ready, within: 10s } }
"""
COMPOSE = """services:
  web:
    image: %(web)s
    ports: ["${TRIAL_PORT:-}8080"]
    environment: { NEVER: "${TRIAL_NEVER:-}", SHORT: "${TRIAL_SHORT:-}", SLOW: "${TRIAL_SLOW:-}" }
    volumes: ["data:/data"]
    depends_on: { redis: { condition: service_healthy } }
  redis: { image: %(redis)s, ports: ["6379"] }
volumes: { data: {} }
"""
THIEF = """
import socket, sys
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    s.bind(('0.0.0.0', int(sys.argv[1])))
    s.listen()
    print('has it', flush=True)
except OSError:
    print('too late', flush=True)
sys.stdin.read()
"""


class Services:
    """What is tried where there are services. The rest of it is kill-trials' World."""

    def verdict(self, p, codes):
        """What is wrong with the end of a run that was left alone: its code, and whether its report says the same."""
        try:
            code = p.wait(60)
        except subprocess.TimeoutExpired:
            end(p)
            return f"it goes on for a minute:\n{self.said()}"
        if code not in codes:
            return f"it ends with {code}, not {codes}:\n{self.said()}"
        junit = os.path.join(self.results, "junit.xml")
        if not os.path.exists(junit) or os.stat(junit).st_mtime_ns <= self.begun:
            return f"it ends with {code}, and its report is none or of the run before"
        with open(junit) as f:
            text = f.read()
        word = re.search(r'name="runner.verdict" value="(\w+)', text)
        want = {0: "PASSED", 5: "INCOMPLETE", 6: "INVALID"}[code]
        if not word or word.group(1) != want:
            return f"it ends with {code}, and its report says {word and word.group(1)}"
        if bool(re.search(r'<testsuites [^>]*errors="[1-9]', text)) != (code == 5) and code != 6:
            return f"it ends with {code}, and the errors in its report say another thing"
        self.junit = text
        return None

    def ended(self, p, token, codes, *words):
        """The same, and whether all is gone, and whether it says so."""
        if fault := self.verdict(p, codes):
            return fault
        said = self.said()
        if missing := [w for w in words if not re.search(w, said)]:
            return f"it does not say {missing}:\n{said}"
        return self.nothing_left(token, time.monotonic())

    def exec(self, token):
        p = self.start(token, "exec", "--", "sleep", "600")
        self.moment(p, lambda: any(args == "sleep 600" for _, args in marked(token)))
        self.saw(token)
        return self.nothing_left(token, end(p))

    def keeper(self, token):
        p = self.start(token, "services", "up")
        self.moment(p, lambda: False)
        self.saw(token)
        keepers = [pid for pid, args in marked(token) if "__keeper" in args]
        end(p)
        kill(keepers or [pid for pid, args in marked(token) if "__keeper" in args])
        fault = self.nothing_left(token, time.monotonic())
        self.call("down", "services", "down")
        return fault

    def full_disk(self, token):
        os.makedirs(self.state, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.state], check=True)
        try:
            with open(self.state + "/ballast", "wb", buffering=0) as f:
                try:
                    while f.write(b"x" * 512):
                        pass
                except OSError:
                    pass  # it is full
            p = self.start(token, "exec", "--", "true")
            try:
                code = p.wait(60)
            except subprocess.TimeoutExpired:
                end(p)
                return "it goes on for a minute on a full disk"
            left = self.nothing_left(token, time.monotonic())
            return left or code != 5 and f"on a full disk it ends with {code}, not 5"
        finally:
            subprocess.run(["umount", self.state], check=True)

    def dies(self, token):
        way = self.random.choice(["survives", "suffers", "kills"])
        p = self.start(token, TRIAL_TEST=way)
        if way == "survives":
            return self.ended(p, token, [0])
        return self.ended(p, token, [5]) or "runner.Environment" not in self.junit and f"{way}: no result is runner.Environment:\n{self.said()}"

    def never_ready(self, token):
        config = self.config("never.yaml", ("10s", f"{self.random.randint(300, 2000)}ms"))
        return self.ended(self.start(token, "--config", config, TRIAL_TEST="asks", TRIAL_NEVER="1"), token, [5], "service web failed .*not ready within")

    def ready_dies(self, token):
        life = f"{self.random.randint(150, 800)}ms"
        return self.ended(self.start(token, TRIAL_TEST="asks", TRIAL_SHORT=life), token, [5], "web.* ended with (status )?3")

    def config(self, name, *changes):
        with open(os.path.join(self.tree, "runner.yaml")) as f:
            text = f.read()
        for old, new in changes:
            text = text.replace(old, new)
        path = os.path.join(self.tree, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def port_taken(self, token):
        if self.engine:
            return self.port_taken_there(token)
        p = self.start(token, TRIAL_TEST="asks", TRIAL_SLOW=f"{self.random.randint(20, 400)}ms")
        with socket.socket() as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            while p.poll() is None:
                servers = [a for a in (re.search(r"server 127\.0\.0\.1:(\d+)$", args) for _, args in marked(token)) if a]
                if servers:
                    break
                time.sleep(0.002)
            try:
                thief.bind(("127.0.0.1", int(servers[0].group(1))))
                thief.listen()
                has = True
            except OSError:
                has = False
            fault = self.ended(p, token, [0])  # with another port
            if not fault and has and "was taken by somebody else" not in self.log():
                fault = f"it does not say that the port was taken:\n{self.said()}"
            return fault

    def log(self):
        with open(os.path.join(self.results, "runner.log")) as f:
            return f.read()

    def port_taken_there(self, token):
        """In the engine a port of the compose file's own can be taken."""
        port = str(self.random.randint(12000, 30000))
        p = self.start(token, "--config", os.path.join(self.tree, "ports.yaml"), TRIAL_TEST="asks", TRIAL_PORT=port + ":")
        time.sleep(self.random.uniform(0, 1.2))
        thief = subprocess.Popen(self.engine.inside("python3", "-c", THIEF, port), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        has = thief.stdout.readline().strip() == "has it"
        fault = self.ended(p, token, [5] if has else [0], *([port] if has else []))
        alive = thief.poll() is None
        thief.communicate("")
        return fault or (None if alive else "it has ended who had the port")

    def engine_dies(self, token, kills):
        p = self.start(token, TRIAL_TEST="asks")
        self.moment(p, self.test_runs, first=1.0)
        self.saw(token)
        kill([self.engine.pid()])
        self.engine.daemon.wait()
        fault = None
        if kills:
            time.sleep(self.random.uniform(0, 0.5))
            end(p)
        elif self.random.random() < 0.5:
            fault = self.verdict(p, [0, 5, 6])  # before the engine is back
        time.sleep(self.random.uniform(0, 1))
        self.engine.start()
        since = time.monotonic()
        if not kills and p.poll() is None:
            fault = self.verdict(p, [0, 5, 6])
            since = time.monotonic()
        return fault or self.nothing_left(token, since) or kills and self.report_fault()

    def engine_runner(self, token):
        return self.engine_dies(token, kills=True)
