package docker

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"testrunner/report/event"
	"testrunner/runner/process"
)

// way is how an engine is started.
type way string

// The ways. Only daemonWay makes a process of ours.
const (
	systemdWay way = "systemd" // systemctl
	scriptWay  way = "service" // the init script, through the program service
	daemonWay  way = "dockerd" // dockerd itself, where there is no init
	productWay way = "product" // the command of a product: colima, podman, Docker Desktop
	windowsWay way = "windows" // a service of Windows
)

// Plan is what is going to be done to the engine. It is printed before it is done.
type Plan struct {
	Steps []string // for people, in order: "starts the engine: systemctl start docker"
	Stops []string // what a restart or stop takes down: containers that run, sorted

	host  Host
	way   way
	end   process.ID // the engine's process that is ended first; zero for none
	argvs [][]string // commands, in order
	exe   string     // a program that is started and left running
}

// PlanStart says how an engine that is off is started here. The error says why it can't be, and the way out.
func PlanStart(p Place, s State) (Plan, error) {
	plan := Plan{host: s.Host}
	switch s.Name {
	case SocketAbsent, Stale:
		if s.Host.URL != defaultSocket {
			return Plan{}, fmt.Errorf("start the engine at %s: only who made that address knows how; try: %s", s.Host, s.Remedy)
		}
		return plan.system(p)
	case DesktopOff:
		return plan.desktop(p)
	case ColimaOff:
		return plan.product(p, "colima", strings.Fields(colima(s.Host, "start"))...)
	case RancherOff:
		return plan.product(p, "rdctl", "rdctl", "start")
	case OrbStackOff:
		return plan.product(p, "orb", "orb", "start")
	case PodmanOff:
		return plan.product(p, firstWord(s.Remedy), strings.Fields(s.Remedy)...)
	case RootlessOff:
		return plan.product(p, "systemctl", "systemctl", "--user", "start", "docker")
	case ServiceStopped:
		return plan.service([]string{"sc.exe", "start", desktopService}), nil
	case ServiceDisabled:
		return plan.service([]string{"sc.exe", "config", desktopService, "start=", "demand"}, []string{"sc.exe", "start", desktopService}), nil
	case Starting:
		plan.Steps = []string{"waits for the engine, which is starting already"}
		return plan, nil
	case Up, Rootless, Podman:
		return Plan{}, fmt.Errorf("start the engine at %s: it works already", s.Host)
	}
	return Plan{}, fmt.Errorf("start the engine at %s: that does not mend it: %s%s", s.Host, s.Detail, wayOut(s.Remedy))
}

func firstWord(command string) string {
	word, _, _ := strings.Cut(command, " ")
	return word
}

func wayOut(remedy string) string {
	if remedy == "" {
		return ""
	}
	return "; try: " + remedy
}

// system starts the engine of a Linux system: by systemd, by its init script, or else dockerd itself.
func (plan Plan) system(p Place) (Plan, error) {
	a := lookAround(p, plan.host)
	switch {
	case a.systemd:
		plan.way = systemdWay
		plan.command(a.rights(p, "systemctl", "start", "docker")...)
	case a.script:
		plan.way = scriptWay
		plan.command(a.rights(p, "service", "docker", "start")...)
	case a.dockerd == "":
		return Plan{}, fmt.Errorf("start the engine: dockerd is not installed%s", wayOut(a.asRoot(a.install)))
	case !a.root:
		return Plan{}, fmt.Errorf("start the engine: without systemd or an init script only root can start %s; try: %s", a.dockerd, a.asRoot("runner docker start"))
	default:
		plan.way, plan.exe = daemonWay, a.dockerd
		plan.Steps = append(plan.Steps, "starts "+a.dockerd+" itself, since nothing here starts services, and leaves it running")
	}
	return plan, nil
}

// rights puts sudo before a command that needs root. -n: it is never asked for a password where nobody could type it.
func (a surroundings) rights(p Place, argv ...string) []string {
	if a.root || p.OS == "windows" || !a.sudo {
		return argv
	}
	return append([]string{"sudo", "-n"}, argv...)
}

func (plan *Plan) command(argv ...string) {
	plan.argvs = append(plan.argvs, argv)
	plan.Steps = append(plan.Steps, "starts the engine: "+shown(argv))
}

func shown(argv []string) string {
	words := make([]string, len(argv))
	for i, w := range argv {
		words[i] = event.ShellQuote(w)
	}
	return strings.Join(words, " ")
}

// desktop starts Docker Desktop's program, which every version has; its command needs 4.37.
func (plan Plan) desktop(p Place) (Plan, error) {
	program := desktopProgram(p)
	plan.way = productWay
	switch {
	case program == "":
		return Plan{}, fmt.Errorf("start Docker Desktop: its program is not found; start it by hand, or try: docker desktop start")
	case p.OS == "darwin":
		plan.command("open", "-g", "-a", program)
	case p.OS == "windows":
		plan.exe = program
		plan.Steps = append(plan.Steps, "starts "+program+", and leaves it running")
	default:
		plan.command("systemctl", "--user", "start", "docker-desktop")
	}
	return plan, nil
}

func (plan Plan) product(p Place, program string, argv ...string) (Plan, error) {
	if p.Program(program) == "" {
		return Plan{}, fmt.Errorf("start the engine at %s: the program %s is not on PATH", plan.host, program)
	}
	plan.way = productWay
	plan.command(argv...)
	return plan, nil
}

func (plan Plan) service(argvs ...[]string) Plan {
	plan.way = windowsWay
	for _, argv := range argvs {
		plan.command(argv...)
	}
	return plan
}

// PlanRestart says how an engine that hangs is ended and started again, and which containers stop with it. Only the engine's own
// process is ended: TERM, and KILL after ten seconds.
func PlanRestart(ctx context.Context, p Place, s State) (Plan, error) {
	switch s.Name {
	case Frozen, InfoFrozen, InfoFailed, Starting, Up, Rootless:
	default:
		return Plan{}, fmt.Errorf("restart the engine at %s: that does not mend it: %s%s", s.Host, s.Detail, wayOut(s.Remedy))
	}
	if desktop := desktopProgram(p); desktop != "" && p.OS != "linux" || ownerOf(p, s.Host) == ownerDesktop {
		plan := Plan{host: s.Host, way: productWay}
		return plan.product(p, "docker", "docker", "desktop", "restart")
	}
	if s.Host.URL != defaultSocket || p.OS != "linux" {
		return Plan{}, fmt.Errorf("restart the engine at %s: runner restarts the system's own engine alone; restart that one as it was started", s.Host)
	}
	g, ok := daemonOf(p, s)
	if !ok {
		return Plan{}, fmt.Errorf("restart the engine at %s: its process was not found; restart it as it was started", s.Host)
	}
	plan := Plan{host: s.Host, end: g.ID}
	plan.Steps = []string{fmt.Sprintf("ends dockerd (pid %d): TERM, and KILL after %s", g.Pid, restartGrace)}
	plan.Stops = containersOf(ctx, p, s)
	return plan.system(p)
}

// daemonOf finds the process of a local engine. systemd listens for it where the socket is activated: then its pid file tells.
func daemonOf(p Place, s State) (process.Glimpse, bool) {
	pids := []int{s.Daemon.Pid}
	if b, err := p.ReadFile("/var/run/docker.pid"); err == nil && s.Host.URL == defaultSocket {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			pids = append(pids, pid)
		}
	}
	for _, pid := range pids {
		if pid <= 1 {
			continue
		}
		if g, err := p.Process(pid); err == nil && g.Name == "dockerd" {
			return g, true
		}
	}
	return process.Glimpse{}, false
}

// containersOf lists the containers that run: by name where the engine still answers, else by the shims that hold them.
func containersOf(ctx context.Context, p Place, s State) []string {
	ctx, cancel := context.WithTimeout(ctx, defaultAnswer/2)
	defer cancel()
	if engine, err := Connect(p, s.Host); err == nil && s.Name != Frozen {
		defer engine.Close()
		if all, err := engine.Containers(ctx); err == nil {
			var names []string
			for _, c := range all {
				if c.State == "running" {
					names = append(names, "container "+c.Name+" ("+c.Image+")")
				}
			}
			return names
		}
	}
	var names []string
	for _, shim := range p.Named("containerd-shim", "containerd-shim-runc-v2") {
		words := strings.Fields(shim.Args)
		for i, w := range words {
			if w == "-id" && i+1 < len(words) && strings.Contains(shim.Args, "-namespace moby") {
				names = append(names, "container "+short(path.Base(words[i+1])))
			}
		}
	}
	return names
}
