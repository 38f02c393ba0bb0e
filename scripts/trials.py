"""What the trials share: an engine of their own, and a look at what is left. It is imported, not run."""
import ctypes, glob, json, os, shutil, signal, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARK = "RUNNER_KILL_TRIAL"  # a variable that whatever a trial starts inherits
WITHIN = 5.0  # seconds: the promise of design law 6 and 8
IMAGES = {"web": "web:1", "redis": "redis:1"}


def marked(token):
    """Processes that run and have the trial's variable: (pid, command line)."""
    out, want = [], f"{MARK}={token}".encode()
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(path + "/environ", "rb") as f:
                if want not in f.read().split(b"\0"):
                    continue
            with open(path + "/cmdline", "rb") as f:
                out.append((int(path[6:]), f.read().replace(b"\0", b" ").decode(errors="replace").strip()))
        except OSError:
            pass  # it has ended, or is another user's
    return out


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def end(p):
    """Kills a process and returns when that was."""
    p.kill()
    p.wait()
    return time.monotonic()


def environ(token, tree, engine=None, **more):
    e = {k: v for k, v in os.environ.items() if not k.startswith(("RUNNER_", "DOCKER_", "COMPOSE_", "TRIAL_"))}
    e.update({MARK: token, "TMPDIR": os.path.join(tree, "tmp"), "RUNNER_STATE_DIR": os.path.join(tree, "state"), "CI": "", **more})
    e["DOCKER_HOST"] = engine.host if engine else "unix://" + os.path.join(tree, "no-engine.sock")
    return e


def build_server(folder):
    """The service of the trials, without any library."""
    program = os.path.join(folder, "server")
    env = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    subprocess.run(["go", "build", "-ldflags=-s -w", "-o", program, os.path.join(ROOT, "scripts", "testdata", "server.go")], check=True, env=env)
    return program


def program_with_libraries(program, root):
    """Copies a program of this machine with what it is linked with."""
    paths = [program]
    for line in subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout.splitlines():
        paths += [w for w in line.split() if w.startswith("/")]
    for path in paths:
        to = root + path
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(os.path.realpath(path), to)


def dies_with_us():
    """Has the system kill a child when this process dies, however that goes."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Engine:
    """A dockerd of its own, in namespaces of its own for network, mounts and processes: no other engine is touched, and nothing of it
    outlives its first process. It has the images of the trials."""

    def __init__(self):
        for name in ("dockerd", "docker", "unshare", "nsenter", "redis-server"):
            if os.getuid() != 0 or not shutil.which(name):
                sys.exit(f"{name} is needed, and root: apt-get install -y docker.io redis-server util-linux")
        self.folder = tempfile.mkdtemp(prefix="engine")  # a socket's path may have 100 bytes
        self.host = f"unix://{self.folder}/d.sock"
        os.mkdir(self.folder + "/data")
        # The first process takes the status of what loses its parent.
        script = 'ip link set lo up && mount -t tmpfs tmpfs "$0/data" && mount -t tmpfs tmpfs /run && touch "$0/up" || exit 1; sleep infinity & while :; do wait; done'
        self.first = subprocess.Popen(["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script, self.folder],
                                      stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=dies_with_us)
        self.daemon = None
        try:
            self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self):
        self.await_(lambda: os.path.exists(self.folder + "/up"), "the namespaces of the engine do not come up")
        with open(f"/proc/{self.first.pid}/task/{self.first.pid}/children") as f:
            self.init = f.read().split()[0]
        self.start()
        root = self.folder + "/root"
        for name, argv in (("web", ["/server", ":8080"]), ("redis", ["/usr/bin/redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", ""])):
            os.makedirs(root + "/data")
            if name == "web":
                shutil.move(build_server(self.folder), root)
            else:
                argv[0] = shutil.which("redis-server")
                program_with_libraries(argv[0], root)
            tar = subprocess.Popen(["tar", "-C", root, "-c", "."], stdout=subprocess.PIPE)
            self.docker("import", "-c", "CMD " + json.dumps(argv), "-", IMAGES[name], stdin=tar.stdout)
            tar.wait()
            shutil.rmtree(root)

    def inside(self, *argv):
        """A command line that runs in the engine's network, where its ports are published."""
        return ["nsenter", "--net", "-t", self.init, *argv]

    def start(self):
        """Starts dockerd and returns when it answers."""
        log = open(self.folder + "/log", "ab")
        script = 'exec dockerd --data-root "$0/data" --exec-root "$0/exec" --pidfile "$0/docker.pid" -H "unix://$0/d.sock" --storage-driver vfs --log-level error'
        self.daemon = subprocess.Popen(["nsenter", "--net", "--mount", "--pid", "-t", self.init, "sh", "-c", script, self.folder],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.await_(lambda: self.docker("version", "--format", "{{.Server.Version}}", quiet=True), "dockerd does not come up")

    def await_(self, holds, complaint):
        until = time.monotonic() + 60
        while not holds():
            if time.monotonic() > until or self.first.poll() is not None:
                text = open(self.folder + "/log").read()[-2000:] if os.path.exists(self.folder + "/log") else ""
                sys.exit(f"{complaint}: {text}")
            time.sleep(0.02)

    def pid(self):
        """The daemon's own process id: nsenter stays before it, with --pid."""
        with open(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children") as f:
            return int(f.read().split()[0])

    def docker(self, *args, stdin=subprocess.DEVNULL, quiet=False):
        out = subprocess.run(["docker", "-H", self.host, *args], stdin=stdin, capture_output=True, text=True)
        if out.returncode != 0:
            if quiet:
                return ""
            raise RuntimeError(f"docker {args}: {out.stderr.strip()}")
        return out.stdout

    def left(self):
        """What bears runner's labels."""
        out = []
        for kind, words in (("container", ["ps", "-a"]), ("network", ["network", "ls"]), ("volume", ["volume", "ls"])):
            name = "{{.Names}}" if kind == "container" else "{{.Name}}"
            try:
                listed = self.docker(*words, "--format", name, "--filter", "label=io.runner.run")
            except RuntimeError as e:
                return [f"the engine does not say: {e}"]
            out += [f"{kind} {n}" for n in listed.split()]
        return out

    def close(self):
        if self.first.poll() is None:
            kill([self.first.pid])  # and with it, since it is the first process, all of them
        self.first.wait()
        if self.daemon:
            self.daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def mop(self):
        """Removes what a bad trial has left."""
        for kind, words in (("container", ["rm", "-fv"]), ("network", ["network", "rm"]), ("volume", ["volume", "rm"])):
            if names := [line.split(" ", 1)[1] for line in self.left() if line.startswith(kind)]:
                self.docker(*words, *names, quiet=True)
