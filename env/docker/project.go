package docker

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"testrunner/env/service"
	"testrunner/report/event"
)

// The labels that docker compose gives its containers (pkg/api/labels.go of docker/compose).
const (
	labelProject = "com.docker.compose.project"
	labelService = "com.docker.compose.service"
	labelFolder  = "com.docker.compose.project.working_dir"
	labelNumber  = "com.docker.compose.container-number"
	labelOneOff  = "com.docker.compose.oneoff"
)

// Project is a compose project as a tree has it: what docker compose would bring up there.
type Project struct {
	Name   string
	Folder string                 // of its first file, absolute
	Same   func(a, b string) bool // whether two paths are one folder; nil: where they are the same text
	Tasks  []string               // services for whose end others wait
	Typed  []string               // docker compose as it is typed for it: docker, compose, -f, deploy/compose.yaml
}

// command is docker compose's command for one service of the project.
func (p Project) command(words ...string) string {
	return event.ShellJoin(append(slices.Clone(p.Typed), words...))
}

func (p Project) same(folder string) bool {
	if p.Same == nil {
		return folder == p.Folder
	}
	return folder != "" && p.Same(folder, p.Folder)
}

// containers are those of the project among all that docker compose made, by service, in the order of their numbers. What docker compose
// run made is none of them. Where there are none, the fault says why: nothing is up, or it is another one's. It is pure.
func (p Project) containers(all []Container) (map[string][]Container, Fault) {
	ours := map[string][]Container{}
	var folders, names []string
	for _, c := range all {
		name, folder := c.Labels[labelProject], c.Labels[labelFolder]
		switch {
		case strings.EqualFold(c.Labels[labelOneOff], "true"):
		case name == p.Name && p.same(folder):
			of := c.Labels[labelService]
			ours[of] = append(ours[of], c)
		case name == p.Name:
			folders = append(folders, cmp.Or(folder, "an unknown folder"))
		case name != "" && p.same(folder):
			names = append(names, name)
		}
	}
	for _, of := range ours {
		slices.SortFunc(of, func(a, b Container) int {
			return cmp.Or(cmp.Compare(numberOf(a), numberOf(b)), a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
		})
	}
	switch {
	case len(ours) > 0:
		return ours, Fault{}
	case len(names) > 0:
		slices.Sort(names)
		return nil, Fault{
			Detail: fmt.Sprintf("what is up of %s is the compose project %s, and here its name is %s", p.Folder, names[0], p.Name),
			Remedy: event.SetVariable(runtime.GOOS, "COMPOSE_PROJECT_NAME", names[0]),
		}
	case len(folders) > 0:
		slices.Sort(folders)
		return nil, Fault{
			Detail: fmt.Sprintf("the compose project %s that is up is of %s, and this tree's is of %s: it is left alone", p.Name, folders[0], p.Folder),
		}
	}
	return nil, Fault{Detail: fmt.Sprintf("no container of its compose project %s is there", p.Name)}
}

// numberOf is a container's number among those of its service; what bears none comes last.
func numberOf(c Container) int {
	n, err := strconv.Atoi(c.Labels[labelNumber])
	if err != nil {
		return 1 << 30
	}
	return n
}

// Stand says how a service of a project stands.
type Stand string

// The ways in which a service of a project stands.
const (
	StandsReady    Stand = "ready"     // it runs, and nothing speaks against it
	StandsStarting Stand = "starting"  // its healthcheck has not said anything yet, or it began just now
	StandsDone     Stand = "completed" // it ended with 0, as others wait for
	StandsNot      Stand = "not running"
	StandsIll      Stand = "not well" // it runs, and does not answer
)

// Standing is a service of a project that somebody else brought up, as it stands.
type Standing struct {
	Service   string
	Container string // the name of the one that is used; "" is none
	Stand     Stand
	Detail    string // one line: where it is, or what is the matter
	Remedy    string // a command that mends it; "" is none
	Address   service.Address
	Apart     bool   // it has ports, and none of them can be reached from here: good for its peers, and for no test
	Note      string // which of several is used; "" is the only one
}

// choose takes the first container that runs, else the first. It is pure.
func choose(all []Container) (c Container, note string) {
	if len(all) == 0 {
		return Container{}, ""
	}
	i := max(0, slices.IndexFunc(all, func(c Container) bool { return c.State == "running" }))
	if len(all) > 1 {
		note = fmt.Sprintf("of its %d containers %s is used", len(all), all[i].Name)
	}
	return all[i], note
}

// stands judges what the engine says of the container of a service. It is pure.
func (p Project) stands(name string, seen Inspection) Standing {
	s := Standing{Service: name, Container: seen.Name, Stand: StandsNot}
	mend := []string{"up", "-d", name}
	switch {
	case seen.ID == "":
		s.Detail = fmt.Sprintf("it is not up in the compose project %s", p.Name)
	case seen.Status == "paused":
		s.Detail, mend = fmt.Sprintf("its container %s is paused", seen.Name), []string{"unpause", name}
	case seen.Status == restarting:
		s.Detail, mend = fmt.Sprintf("its container %s ends again and again, with %d the last time", seen.Name, seen.Code), []string{"logs", name}
	case !seen.Running && seen.Status == "exited" && seen.Code == 0 && slices.Contains(p.Tasks, name):
		s.Stand, s.Detail, mend = StandsDone, fmt.Sprintf("%s has completed", seen.Name), nil
	case !seen.Running && seen.Status == "exited":
		s.Detail = fmt.Sprintf("its container %s %s", seen.Name, endOf(seen))
	case !seen.Running:
		s.Detail = fmt.Sprintf("its container %s is not running, but %s", seen.Name, seen.Status)
	case seen.Health == "unhealthy":
		s.Stand, s.Detail, mend = StandsIll, fmt.Sprintf("its container %s is unhealthy", seen.Name), []string{"restart", name}
	case seen.Health == "starting":
		s.Stand, s.Detail, mend = StandsStarting, fmt.Sprintf("the healthcheck of %s has not succeeded yet", seen.Name), nil
	default:
		s.Stand, s.Detail, mend = StandsReady, "container "+seen.Name, nil
	}
	if len(mend) > 0 {
		s.Remedy = p.command(mend...)
	}
	return s
}
