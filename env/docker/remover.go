package docker

import (
	"context"
	"fmt"

	"testrunner/env/lease"
)

// Remover removes what dead runs of this machine made, in whatever engine their inventories name. It goes by labels: the run's id and
// this machine's name, never by the name of a thing.
type Remover struct{ Place Place }

var _ lease.Engines = Remover{}

// at connects with the engine at an address. Where it is the one that is asked here anyway, its keys and version count.
func (r Remover) at(address string) (Engine, Host, error) {
	h, err := ChooseHost(r.Place)
	if err != nil || h.URL != address {
		h = Host{URL: address}
	}
	e, err := Connect(r.Place, h)
	return e, h, err
}

// Find lists what the run made in the engine and is still there: containers first, then networks and volumes.
func (r Remover) Find(ctx context.Context, address, run string, _ []lease.Thing) ([]lease.Thing, error) {
	e, h, err := r.at(address)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	all, err := leftovers(ctx, e, h, Me(r.Place, ""), LabelRun+"="+run)
	if err != nil {
		return nil, err
	}
	var out []lease.Thing
	for _, l := range all {
		if l.Kind != "image" && l.Maker.Host == r.Place.Hostname && l.Maker.Run == run {
			out = append(out, lease.Thing{Kind: lease.Kind(l.Kind), Name: l.Name, ID: l.ID, Engine: address})
		}
	}
	return out, nil
}

// Remove removes containers side by side, running or not, with their anonymous volumes; then networks, then volumes.
func (r Remover) Remove(ctx context.Context, address string, found []lease.Thing) error {
	e, _, err := r.at(address)
	if err != nil {
		return err
	}
	defer e.Close()
	if _, err := e.Ping(ctx); err != nil { // the first call agrees on a version; the next ones come side by side
		return fmt.Errorf("remove what a dead run left: %w", err)
	}
	all := make([]Leftover, len(found))
	for i, t := range found {
		all[i] = Leftover{Kind: string(t.Kind), ID: t.ID, Name: t.Name, Fate: Dead}
	}
	_, err = Sweep(ctx, e, all)
	return err
}
