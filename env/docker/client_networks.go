package docker

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"

	"testrunner/env/service"
)

func (m *moby) CreateNetworkAs(ctx context.Context, b NetworkBlueprint) (string, error) {
	begun := time.Now()
	options := network.CreateOptions{Driver: b.Driver, Internal: b.Internal, Labels: b.Labels}
	if options.Driver == "" {
		options.Driver = "bridge"
	}
	for _, s := range b.Subnets {
		if options.IPAM == nil {
			options.IPAM = &network.IPAM{}
		}
		options.IPAM.Config = append(options.IPAM.Config, network.IPAMConfig{Subnet: s})
		if strings.Contains(s, ":") {
			six := true
			options.EnableIPv6 = &six
		}
	}
	made, err := m.client.NetworkCreate(ctx, b.Name, options)
	return made.ID, m.told(begun, strings.TrimSpace("create network "+b.Name+" "+strings.Join(b.Subnets, " ")), err)
}

func (m *moby) Connect(ctx context.Context, id, container string, a service.Attachment) error {
	begun := time.Now()
	return m.told(begun, "connect container "+short(container)+" to network "+short(id), m.client.NetworkConnect(ctx, id, container, endpoint(a)))
}

func (m *moby) Disconnect(ctx context.Context, id, container string) error {
	begun := time.Now()
	err := m.client.NetworkDisconnect(ctx, id, container, true)
	if cerrdefs.IsNotFound(err) {
		err = nil
	}
	return m.told(begun, "disconnect container "+short(container)+" from network "+short(id), err)
}

func (m *moby) Subnets(ctx context.Context) ([]netip.Prefix, error) {
	begun := time.Now()
	all, err := m.client.NetworkList(ctx, network.ListOptions{})
	if err = m.told(begun, "list the subnets of networks", err); err != nil {
		return nil, err
	}
	var out []netip.Prefix
	for _, n := range all {
		for _, c := range n.IPAM.Config {
			if p, err := netip.ParsePrefix(c.Subnet); err == nil { // swarm's own networks may have none
				out = append(out, p)
			}
		}
	}
	return out, nil
}

func (m *moby) CreateVolume(ctx context.Context, b VolumeBlueprint) error {
	begun := time.Now()
	_, err := m.client.VolumeCreate(ctx, volume.CreateOptions{Name: b.Name, Labels: b.Labels, Driver: b.Driver, DriverOpts: b.Options})
	return m.told(begun, "create volume "+b.Name, err)
}

func (m *moby) Volumes(ctx context.Context, labels ...string) ([]Volume, error) {
	begun := time.Now()
	all, err := m.client.VolumeList(ctx, volume.ListOptions{Filters: withLabels(labels)})
	if err = m.told(begun, "list volumes", err); err != nil {
		return nil, err
	}
	var out []Volume
	for _, v := range all.Volumes {
		if v == nil {
			continue
		}
		made, _ := time.Parse(time.RFC3339, v.CreatedAt) // unknown is the zero time
		out = append(out, Volume{Name: v.Name, Labels: v.Labels, Created: made})
	}
	slices.SortFunc(out, func(a, b Volume) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (m *moby) RemoveVolume(ctx context.Context, name string) error {
	begun := time.Now()
	err := m.client.VolumeRemove(ctx, name, true)
	if cerrdefs.IsNotFound(err) {
		err = nil
	}
	return m.told(begun, "remove volume "+name, err)
}
