package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/pkg/stdcopy"

	"testrunner/runner/process"
)

// execOutput is how much of a command's output is kept, in bytes.
const execOutput = 64 << 10

// IsAbsent tells the error of something that is not there.
func IsAbsent(err error) bool { return cerrdefs.IsNotFound(err) }

func (m *moby) Fresh(ctx context.Context) error {
	other, err := m.again()
	if err != nil {
		return err
	}
	defer other.Close()
	_, err = other.Ping(ctx)
	return err
}

func (m *moby) CreateContainer(ctx context.Context, b Blueprint) (string, error) {
	begun := time.Now()
	c := configure(b)
	if c.platform != nil && olderThan(m.client.ClientVersion(), "1.41") {
		c.platform = nil // it knows none: the image is of the right one already
	}
	made, err := m.client.ContainerCreate(ctx, c.config, c.host, c.networks, c.platform, b.Name)
	for _, w := range made.Warnings {
		m.log("docker: container " + b.Name + ": " + w)
	}
	return made.ID, m.told(begun, "create container "+b.Name, err)
}

func (m *moby) InspectContainer(ctx context.Context, id string) (Inspection, error) {
	begun := time.Now()
	c, err := m.client.ContainerInspect(ctx, id)
	if err = m.told(begun, "inspect container "+short(id), err); err != nil {
		return Inspection{}, err
	}
	out := Inspection{Networks: map[string]string{}}
	if c.ContainerJSONBase != nil {
		out.ID, out.Name = c.ID, strings.TrimPrefix(c.Name, "/")
		if s := c.State; s != nil {
			out.Running, out.Status, out.Code, out.OOM, out.Error = s.Running, s.Status, s.ExitCode, s.OOMKilled, s.Error
			out.Started, out.Finished = s.StartedAt, s.FinishedAt
			if s.Health != nil && s.Health.Status != container.NoHealthcheck {
				out.Health = s.Health.Status
			}
		}
	}
	if c.Config != nil {
		out.Labels, out.Terminal, out.Env, out.Command = c.Config.Labels, c.Config.Tty, c.Config.Env, c.Config.Cmd
		for port := range c.Config.ExposedPorts {
			out.Exposed = append(out.Exposed, string(port))
		}
		slices.Sort(out.Exposed)
	}
	for _, m := range c.Mounts {
		out.Mounts = append(out.Mounts, Mounted{Source: m.Source, Target: m.Destination})
	}
	if c.NetworkSettings == nil {
		return out, nil
	}
	for port, bindings := range c.NetworkSettings.Ports {
		for _, b := range bindings {
			number, _ := strconv.Atoi(b.HostPort) // the engine writes a number
			out.Ports = append(out.Ports, Bound{Target: port.Int(), Protocol: port.Proto(), HostIP: b.HostIP, HostPort: number})
		}
	}
	for name, end := range c.NetworkSettings.Networks {
		if end != nil {
			out.Networks[name] = end.IPAddress
		}
	}
	slices.SortFunc(out.Ports, func(a, b Bound) int {
		return strings.Compare(fmt.Sprintf("%05d%s%s", a.Target, a.Protocol, a.HostIP), fmt.Sprintf("%05d%s%s", b.Target, b.Protocol, b.HostIP))
	})
	return out, nil
}

// awaitAbsence waits until a container that is being removed is gone.
func (m *moby) awaitAbsence(ctx context.Context, id string) error {
	for {
		if _, err := m.client.ContainerInspect(ctx, id); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func (m *moby) StopContainer(ctx context.Context, id string, grace time.Duration) error {
	begun := time.Now()
	seconds := wholeSeconds(grace)
	err := m.client.ContainerStop(ctx, id, container.StopOptions{Timeout: &seconds})
	if cerrdefs.IsNotFound(err) {
		err = nil
	}
	return m.told(begun, fmt.Sprintf("stop container %s (grace %ds)", short(id), seconds), err)
}

func (m *moby) CopyTo(ctx context.Context, id, folder string, tar io.Reader) error {
	begun := time.Now()
	err := m.client.CopyToContainer(ctx, id, folder, tar, container.CopyToContainerOptions{})
	return m.told(begun, "copy files into container "+short(id), err)
}

func (m *moby) Exec(ctx context.Context, id string, argv, environ []string) (string, int, error) {
	begun := time.Now()
	output, code, err := m.exec(ctx, id, argv, environ)
	return output, code, m.told(begun, "exec "+argv[0]+" in "+short(id), err) // its arguments may hold a password
}

func (m *moby) exec(ctx context.Context, id string, argv, environ []string) (string, int, error) {
	made, err := m.client.ContainerExecCreate(ctx, id, container.ExecOptions{Cmd: argv, Env: environ, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return "", 0, err
	}
	stream, err := m.client.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return "", 0, err
	}
	defer stream.Close()
	cut := context.AfterFunc(ctx, stream.Close) // a connection that was taken over knows no context
	defer cut()
	kept := process.NewTail(execOutput)
	_, err = stdcopy.StdCopy(kept, kept, stream.Reader)
	if ctx.Err() != nil {
		return kept.String(), 0, ctx.Err()
	}
	if err != nil {
		return kept.String(), 0, err
	}
	how, err := m.client.ContainerExecInspect(ctx, made.ID)
	if err == nil && how.Running {
		err = errors.New("its output has ended and it runs on: the engine went down, or the command closed its output")
	}
	return kept.String(), how.ExitCode, err
}

func (m *moby) Logs(ctx context.Context, id string, terminal, follow bool, w io.Writer) error {
	return m.logs(ctx, id, terminal, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: follow}, w)
}

func (m *moby) LogsSince(ctx context.Context, id string, terminal bool, lines int, w io.Writer) error {
	return m.logs(ctx, id, terminal, container.LogsOptions{ShowStdout: true, ShowStderr: true, Follow: true, Tail: strconv.Itoa(lines)}, w)
}

func (m *moby) logs(ctx context.Context, id string, terminal bool, how container.LogsOptions, w io.Writer) error {
	begun := time.Now()
	stream, err := m.client.ContainerLogs(ctx, id, how)
	if err == nil {
		defer stream.Close()
		if terminal {
			_, err = io.Copy(w, stream)
		} else {
			_, err = stdcopy.StdCopy(w, w, stream)
		}
	}
	return m.told(begun, "logs of "+short(id), err)
}

func (m *moby) Events(ctx context.Context, labels ...string) (<-chan Event, <-chan error) {
	m.log("docker: events " + strings.Join(labels, " "))
	args := withLabels(labels)
	args.Add("type", "container")
	from, fault := m.client.Events(ctx, events.ListOptions{Filters: args})
	out, failed := make(chan Event), make(chan error, 1)
	go func() {
		defer close(failed)
		for {
			select {
			case e := <-from:
				m.log(fmt.Sprintf("docker: event %s of %s", e.Action, short(e.Actor.ID)))
				select {
				case out <- Event{ID: e.Actor.ID, Action: string(e.Action)}:
				case <-ctx.Done():
					failed <- ctx.Err()
					return
				}
			case err := <-fault:
				failed <- fmt.Errorf("events: %w", err)
				return
			}
		}
	}()
	return out, failed
}
