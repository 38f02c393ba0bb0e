"""What scripts/bench measures of services: the images, the compose file, docker compose as the peer, and the tables.

The images are made here from this machine's own Debian packages (PostgreSQL, Redis) and a static Go program, so no registry is asked.
"""
import glob
import io
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUNNER = ROOT / "bin" / "runner"
COMPOSE = "v2.40.3"  # the last of the second line

ENTRY = """#!/bin/sh
set -e
if [ ! -f "$PGDATA/PG_VERSION" ]; then
  printf %s "$POSTGRES_PASSWORD" >/tmp/password
  initdb -D "$PGDATA" -U "$POSTGRES_USER" -E UTF8 --locale=C --no-sync --auth-host=scram-sha-256 --auth-local=trust --pwfile=/tmp/password
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE $POSTGRES_DB;" | postgres --single -j -D "$PGDATA" postgres
fi
exec postgres -D "$PGDATA" -c 'listen_addresses=*' -c unix_socket_directories=/tmp
"""

# Each waits until what it needs is healthy, as a system of services does: postgres and redis, then auth, then backend, then frontend.
FILE = """
name: bench
x-check: &pace { interval: INTERVAL, timeout: 3s, retries: 30 }
services:
  postgres:
    image: postgres:VERSION
    environment: { POSTGRES_USER: app, POSTGRES_PASSWORD: not-secret, POSTGRES_DB: app }
    stop_signal: SIGINT
    ports: ["15432:5432"]
    healthcheck: { <<: *pace, test: [CMD, pg_isready, -h, 127.0.0.1, -U, app, -d, app] }
  redis:
    image: redis:7
    ports: ["16379:6379"]
    healthcheck: { <<: *pace, test: [CMD, redis-cli, ping] }
  auth:
    image: bench/web:1
    ports: ["18081:8080"]
    healthcheck: { <<: *pace, test: &probe [CMD, /web, probe, "http://127.0.0.1:8080/"] }
    depends_on: { postgres: &healthy { condition: service_healthy }, redis: *healthy }
  backend:
    image: bench/web:1
    ports: ["18000:8080"]
    healthcheck: { <<: *pace, test: *probe }
    depends_on: { postgres: *healthy, redis: *healthy, auth: *healthy }
  frontend:
    image: bench/web:1
    ports: ["18080:8080"]
    healthcheck: { <<: *pace, test: *probe }
    depends_on: { backend: *healthy }
"""


class Layer:
    """A file tree for docker import, in memory."""

    def __init__(self):
        self.bytes = io.BytesIO()
        self.tar = tarfile.open(fileobj=self.bytes, mode="w")
        self.have = set()

    def put(self, name, content=b"", mode=0o644, kind=tarfile.REGTYPE, owner=0, link=""):
        if name in self.have:
            return
        self.have.add(name)
        entry = tarfile.TarInfo(name.strip("/"))
        entry.mode, entry.type, entry.uid, entry.gid, entry.size, entry.linkname = mode, kind, owner, owner, len(content), link
        self.tar.addfile(entry, io.BytesIO(content))

    def folder(self, name, mode=0o755, owner=0):
        self.put(name, mode=mode, kind=tarfile.DIRTYPE, owner=owner)

    def program(self, path, name=None):
        """A file at its own path (or another), with the libraries that it is linked against."""
        path = str(path)
        self.put(name or path, pathlib.Path(path).read_bytes(), 0o755)
        linked = subprocess.run(["ldd", path], capture_output=True, text=True).stdout  # nothing is linked into a static one
        for library in re.findall(r"/[^ )\n]+", linked):
            self.put(library, pathlib.Path(library).read_bytes(), 0o755)

    def load(self, docker, tag, *changes):
        self.tar.close()
        words = [w for c in changes for w in ("-c", c)]
        subprocess.run(docker + ["import", *words, "-", tag], input=self.bytes.getvalue(), check=True, stdout=subprocess.DEVNULL)


def postgres_version():
    """The newest PostgreSQL that is installed here, None if there is none."""
    found = sorted((int(p.split("/")[4]) for p in glob.glob("/usr/lib/postgresql/*/bin/initdb")), reverse=True)
    return found[0] if found else None


def postgres_image(docker, version):
    home, share = f"/usr/lib/postgresql/{version}", f"/usr/share/postgresql/{version}"
    layer = Layer()
    for name in ("postgres", "initdb", "pg_isready"):
        layer.program(f"{home}/bin/{name}")
    for path in glob.glob(f"{home}/lib/*.so"):
        if re.search(r"/(plpgsql|dict_snowball|utf8_and_.*|latin.*|euc.*|cyrillic.*)\.so$", path):
            layer.program(path)
    for path in pathlib.Path(share).rglob("*"):
        if path.is_file() and "/man/" not in str(path) and not re.search(r"--.*--", path.name):
            layer.put(str(path), path.read_bytes())
    for zone in ("UTC", "Etc/UTC"):
        layer.put(f"/usr/share/zoneinfo/{zone}", pathlib.Path("/usr/share/zoneinfo", zone).read_bytes())
    shell(layer)
    layer.put("/etc/passwd", b"root:x:0:0::/:/bin/sh\npostgres:x:999:999::/:/bin/sh\n")
    layer.put("/entry", ENTRY.encode(), 0o755)
    layer.folder("/var/lib/postgresql/data", 0o700, 999)
    layer.load(docker, f"postgres:{version}", f"ENV PATH={home}/bin:/bin PGDATA=/var/lib/postgresql/data", "USER 999:999", "EXPOSE 5432",
               "VOLUME /var/lib/postgresql/data", 'ENTRYPOINT ["/entry"]')


def shell(layer):
    layer.program("/bin/dash", "/bin/sh")
    layer.folder("/tmp", 0o1777)


def redis_image(docker):
    layer = Layer()
    for name in ("redis-server", "redis-cli"):
        layer.program("/usr/bin/" + name)
    layer.put("/etc/passwd", b"root:x:0:0::/:/bin/sh\nredis:x:998:998::/:/bin/sh\n")
    layer.folder("/data", 0o755, 998)
    layer.load(docker, "redis:7", "ENV PATH=/usr/bin:/bin", "USER 998:998", "WORKDIR /data", "VOLUME /data", "EXPOSE 6379",
               'CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no"]')


def web_image(docker, base):
    program = base / "web"
    subprocess.run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./env/docker/testdata/witness"], cwd=ROOT, check=True,
                   env=os.environ | {"CGO_ENABLED": "0"})
    layer = Layer()
    layer.program(program, "/web")
    layer.load(docker, "bench/web:1", "EXPOSE 8080", 'ENTRYPOINT ["/web"]', 'CMD ["serve"]')


def peer():
    """docker compose as a program of its own, built from its module outside of this tree and kept; and why it can't be had."""
    home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "runner-bench" / f"compose-{COMPOSE}"
    program = home / "docker-compose"
    if program.exists():
        return program, ""
    home.mkdir(parents=True, exist_ok=True)
    env = os.environ | {"GOFLAGS": "-mod=mod", "GOWORK": "off", "CGO_ENABLED": "0", "GOTOOLCHAIN": "local"}
    module, half = "github.com/docker/compose/v2", home / "half"
    print(f"builds docker compose {COMPOSE} in {home}, once: some ten minutes", file=sys.stderr, flush=True)
    for argv in (
        [] if (home / "go.mod").exists() else ["go", "mod", "init", "peer"],
        ["go", "get", f"{module}/cmd@{COMPOSE}"],
        ["go", "build", "-trimpath", "-ldflags", f"-s -w -X {module}/internal.Version={COMPOSE}", "-o", half, f"{module}/cmd"],
    ):
        done = argv and subprocess.run(argv, cwd=home, env=env, capture_output=True, text=True)
        if done and done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            return None, f"docker compose {COMPOSE} can't be built here ({' '.join(map(str, argv[:2]))}: {last})"
    half.rename(program)
    return program, ""


def took(argv, cwd, env):
    """Seconds of a command that must end well."""
    begin = time.monotonic()
    done = subprocess.run(list(map(str, argv)), cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, argv))} in {cwd} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.monotonic() - begin


def told(figures):
    return f"{statistics.median(figures):.2f} s ({min(figures):.2f} to {max(figures):.2f})"


def up_and_down(base, home, child, version, runs):
    """Five services by runner and by compose, in turn, on one engine."""
    program, why = peer()
    enter = ["nsenter", "-n", "-t", child.pid]  # its ports are published in its own network alone
    env = os.environ | {"DOCKER_HOST": f"unix://{home}/d.sock", "RUNNER_STATE_DIR": str(base / "services-state"), "RUNNER_ENV": ""}
    ours = (enter + [RUNNER, "services", "up", "--env", "docker"], enter + [RUNNER, "services", "down"])
    theirs = (enter + [program, "up", "--wait"], enter + [program, "down", "-v"])
    print("\n| five services, each when what it needs is healthy; healthchecks every | runner services up | docker compose up --wait | ratio | limit |")
    print("| --- | --- | --- | --- | --- |")
    for interval, limit in (("5s", "0.25"), ("1s", "0.60")):
        tree = base / f"services-{interval}"
        tree.mkdir()
        (tree / "compose.yaml").write_text(FILE.replace("INTERVAL", interval).replace("VERSION", str(version)))
        mine, peers = [], []
        try:
            for _ in range(runs):
                for way, figures in ((ours, mine), (theirs, peers)) if program else ((ours, mine),):
                    figures.append(took(way[0], tree, env))
                    took(way[1], tree, env)
        finally:
            subprocess.run(list(map(str, ours[1])), cwd=tree, env=env, capture_output=True)
        if program:
            ratio = statistics.median(mine) / statistics.median(peers)
            print(f"| {interval} | {told(mine)} | {told(peers)} | {ratio:.3f} | {limit} |", flush=True)
        else:
            print(f"| {interval} | {told(mine)} | skipped | | {limit} |", flush=True)
    if why:
        print(f"\nthe peer is skipped: {why}")


def local(base, version, runs):
    """PostgreSQL and Redis as processes of this machine, from a template that is there."""
    tree = base / "services-local"
    tree.mkdir()
    (tree / "compose.yaml").write_text(f"services:\n  postgres: {{ image: postgres:{version}, environment: {{ POSTGRES_PASSWORD: not-secret }} }}\n  redis: {{ image: redis:7 }}\n")
    env = os.environ | {"RUNNER_STATE_DIR": str(base / "services-state"), "RUNNER_ENV": ""}
    figures = []
    try:
        for n in range(runs + 1):
            one = took([RUNNER, "services", "up", "--no-docker"], tree, env)
            if n > 0:  # the first one makes the template
                figures.append(one)
            took([RUNNER, "services", "down"], tree, env)
    finally:
        subprocess.run([RUNNER, "services", "down"], cwd=tree, env=env, capture_output=True)
    print(f"\nPostgreSQL and Redis of this machine, warm, from the start of `runner services up --no-docker` to its end: {told(figures)}; limit 1 s")


def services(base, engine, runs):
    """All of it. engine(driver) starts a dockerd of its own and returns its folder and its process."""
    version = postgres_version()
    if version is None:
        print("\nservices: skipped: no PostgreSQL is installed here: apt-get install -y postgresql redis-server")
        return
    local(base, version, runs)
    home, child = engine("overlay2")
    docker = ["docker", "-H", f"unix://{home}/d.sock"]
    try:
        postgres_image(docker, version)
        redis_image(docker)
        web_image(docker, base)
        up_and_down(base, home, child, version, runs)
    finally:
        child.terminate()
        child.wait()
        subprocess.run(["rm", "-rf", home])
