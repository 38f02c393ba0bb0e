package docker

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/client"
)

// Connect makes the client of an engine; nothing is dialled yet. Every dial and every call is told to p.Log.
func Connect(p Place, h Host) (Engine, error) {
	return connect(p, h, func(net.Conn, error) {})
}

// connect is Connect with a hook that sees every connection, or the error in its place: the library hides the system's number.
func connect(p Place, h Host, dialled func(net.Conn, error)) (*moby, error) {
	transport := &http.Transport{MaxIdleConns: 6, IdleConnTimeout: 30 * time.Second}
	if h.TLS != nil {
		config, err := h.TLS.config()
		if err != nil {
			return nil, &HostError{h, TLSMaterial, err}
		}
		transport.TLSClientConfig = config
	}
	url := h.URL
	if h.Network() == "npipe" {
		url = "tcp://" + client.DummyHost // the dial below is ours alone: the library's waits 10 s for a pipe that is busy
	}
	opts := []client.Opt{
		client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}),
		client.WithHost(url),
		client.WithDialContext(func(ctx context.Context, _, address string) (net.Conn, error) {
			network := h.Network()
			if h.Local() {
				address = h.Address() // the library makes up a name and a port
			}
			begun := time.Now()
			conn, err := p.Dial(ctx, network, address)
			p.log(fmt.Sprintf("docker: dial %s://%s: %s", network, address, outcome(err, time.Since(begun))))
			dialled(conn, err)
			return conn, err
		}),
	}
	if h.API == "" {
		opts = append(opts, client.WithAPIVersionNegotiation())
	} else {
		opts = append(opts, client.WithVersion(h.API))
	}
	c, err := client.NewClientWithOpts(opts...)
	if err != nil {
		return nil, &HostError{h, HostInvalid, err}
	}
	if h.Local() {
		transport.Proxy = nil // a proxy leads to other machines
	}
	return &moby{client: c, log: p.log, again: func() (*moby, error) { return connect(p, h, dialled) }}, nil
}

func (t *TLS) config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.SkipVerify}
	if len(t.CA) > 0 && !t.SkipVerify {
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, fmt.Errorf("ca.pem in %s holds no certificate", t.From)
		}
	}
	if len(t.Cert) > 0 {
		pair, err := tls.X509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("read cert.pem and key.pem in %s: %w", t.From, err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func outcome(err error, took time.Duration) string {
	if err == nil {
		return fmt.Sprintf("ok in %s", took.Round(10*time.Microsecond))
	}
	return fmt.Sprintf("%v after %s", err, took.Round(10*time.Microsecond))
}

// moby is the Engine behind docker/docker's client.
type moby struct {
	client *client.Client
	log    func(string)
	again  func() (*moby, error) // another client of the same engine, that shares no connection
}

// told writes a call into the log and names it in its error.
func (m *moby) told(begun time.Time, what string, err error) error {
	m.log(fmt.Sprintf("docker: %s: %s", what, outcome(err, time.Since(begun))))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (m *moby) Ping(ctx context.Context) (Pong, error) {
	begun := time.Now()
	pong, err := m.client.Ping(ctx)
	return Pong{API: pong.APIVersion, OSType: pong.OSType}, m.told(begun, "ping", err)
}

func (m *moby) Info(ctx context.Context) (Info, error) {
	begun := time.Now()
	i, err := m.client.Info(ctx)
	if err = m.told(begun, "info", err); err != nil {
		return Info{}, err
	}
	info := Info{
		Name: i.Name, ServerVersion: i.ServerVersion, OperatingSystem: i.OperatingSystem, OSType: i.OSType, Architecture: i.Architecture,
		CPUs: i.NCPU, Memory: i.MemTotal, RootDir: i.DockerRootDir, Running: i.ContainersRunning + i.ContainersPaused,
		Stopped: i.ContainersStopped, Images: i.Images, Warnings: i.Warnings,
	}
	info.Rootless = slices.ContainsFunc(i.SecurityOptions, func(o string) bool { return strings.HasPrefix(o, "name=rootless") })
	return info, nil
}

func (m *moby) Version(ctx context.Context) (Version, error) {
	begun := time.Now()
	v, err := m.client.ServerVersion(ctx)
	out := Version{Server: v.Version, API: v.APIVersion, MinAPI: v.MinAPIVersion}
	for _, c := range v.Components {
		out.Components = append(out.Components, c.Name)
	}
	return out, m.told(begun, "version", err)
}

func withLabels(labels []string) filters.Args {
	args := filters.NewArgs()
	for _, l := range labels {
		args.Add("label", l)
	}
	return args
}

func (m *moby) Containers(ctx context.Context, labels ...string) ([]Container, error) {
	begun := time.Now()
	all, err := m.client.ContainerList(ctx, container.ListOptions{All: true, Filters: withLabels(labels)})
	if err = m.told(begun, "list containers", err); err != nil {
		return nil, err
	}
	out := make([]Container, len(all))
	for i, c := range all {
		out[i] = Container{ID: c.ID, Image: c.Image, State: c.State, Labels: c.Labels, Created: time.Unix(c.Created, 0)}
		if len(c.Names) > 0 {
			out[i].Name = strings.TrimPrefix(c.Names[0], "/")
		}
		out[i].Ports = published(c.Ports)
	}
	slices.SortFunc(out, func(a, b Container) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func (m *moby) Networks(ctx context.Context, labels ...string) ([]Network, error) {
	begun := time.Now()
	all, err := m.client.NetworkList(ctx, network.ListOptions{Filters: withLabels(labels)})
	if err = m.told(begun, "list networks", err); err != nil {
		return nil, err
	}
	out := make([]Network, len(all))
	for i, n := range all {
		out[i] = Network{ID: n.ID, Name: n.Name, Labels: n.Labels, Created: n.Created}
	}
	slices.SortFunc(out, func(a, b Network) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func (m *moby) Images(ctx context.Context, labels ...string) ([]Image, error) {
	begun := time.Now()
	all, err := m.client.ImageList(ctx, image.ListOptions{Filters: withLabels(labels)})
	if err = m.told(begun, "list images", err); err != nil {
		return nil, err
	}
	out := make([]Image, len(all))
	for i, img := range all {
		out[i] = Image{ID: img.ID, Tags: img.RepoTags, Labels: img.Labels, Bytes: img.Size}
	}
	slices.SortFunc(out, func(a, b Image) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

func (m *moby) StartContainer(ctx context.Context, id string) error {
	begun := time.Now()
	return m.told(begun, "start container "+short(id), m.client.ContainerStart(ctx, id, container.StartOptions{}))
}

// WaitContainer pings after the answer: an engine that is shut down in mid-call answers with a status of its own making, which is
// no result (measured with Engine 20.10: StatusCode 2 and no error).
func (m *moby) WaitContainer(ctx context.Context, id string) (int, error) {
	begun := time.Now()
	answer, fault := m.client.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	var code int
	var err error
	select {
	case a := <-answer:
		code = int(a.StatusCode)
		if a.Error != nil && a.Error.Message != "" {
			err = errors.New(a.Error.Message)
		}
	case err = <-fault:
	}
	if err == nil {
		_, err = m.client.Ping(ctx)
	}
	return code, m.told(begun, "wait for container "+short(id), err)
}

func (m *moby) RemoveContainer(ctx context.Context, id string) error {
	begun := time.Now()
	err := m.client.ContainerRemove(ctx, id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	if cerrdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress") {
		err = m.awaitAbsence(ctx, id) // an earlier call that gave up, or another's
	}
	if cerrdefs.IsNotFound(err) {
		err = nil
	}
	return m.told(begun, "remove container "+short(id), err)
}

func (m *moby) CreateNetwork(ctx context.Context, name string, labels map[string]string) (string, error) {
	begun := time.Now()
	made, err := m.client.NetworkCreate(ctx, name, network.CreateOptions{Driver: "bridge", Labels: labels})
	return made.ID, m.told(begun, "create network "+name, err)
}

func (m *moby) RemoveNetwork(ctx context.Context, id string) error {
	begun := time.Now()
	err := m.client.NetworkRemove(ctx, id)
	if cerrdefs.IsNotFound(err) {
		err = nil
	}
	return m.told(begun, "remove network "+short(id), err)
}

func (m *moby) ImportImage(ctx context.Context, reference string, labels map[string]string, layer io.Reader) error {
	begun := time.Now()
	var changes []string
	for _, k := range sortedKeys(labels) {
		changes = append(changes, fmt.Sprintf("LABEL %s=%q", k, labels[k]))
	}
	body, err := m.client.ImageImport(ctx, image.ImportSource{Source: layer, SourceName: "-"}, reference, image.ImportOptions{Changes: changes})
	if err == nil {
		err = readProgress(body, func(PullStep) {})
	}
	return m.told(begun, "import image "+reference, err)
}

func (m *moby) RemoveImage(ctx context.Context, reference string) error {
	begun := time.Now()
	_, err := m.client.ImageRemove(ctx, reference, image.RemoveOptions{PruneChildren: true})
	if cerrdefs.IsNotFound(err) {
		err = nil
	}
	return m.told(begun, "remove image "+short(reference), err)
}

func (m *moby) Close() error { return m.client.Close() }

// short is an id as people know it.
func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	if len(id) == 64 {
		return id[:12]
	}
	return id
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
