package token

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// ErrKeys is that the issuer's keys could not be had.
var ErrKeys = errors.New("the issuer's keys can't be had")

// pause is how often the keys are asked for again at most, whatever tokens come.
const pause = time.Second

// RemoteKeys are the keys at an address. They are fetched when a key is asked for that is not known. Safe for use by many goroutines.
type RemoteKeys struct {
	URL    string
	Client *http.Client

	mu    sync.Mutex
	keys  map[string]*rsa.PublicKey
	asked time.Time
}

// Key is the key of an id, ErrInvalid if the issuer has none, ErrKeys if it does not say.
func (r *RemoteKeys) Key(ctx context.Context, id string) (*rsa.PublicKey, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key := r.keys[id]; key != nil {
		return key, nil
	}
	if r.keys == nil || time.Since(r.asked) >= pause {
		keys, err := r.fetch(ctx)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrKeys, err)
		}
		r.keys, r.asked = keys, time.Now()
	}
	if key := r.keys[id]; key != nil {
		return key, nil
	}
	return nil, fmt.Errorf("%w: its issuer has no key %q", ErrInvalid, id)
}

func (r *RemoteKeys) fetch(ctx context.Context) (map[string]*rsa.PublicKey, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL, nil)
	if err != nil {
		return nil, err
	}
	response, err := r.Client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", r.URL, response.Status)
	}
	var set KeySet
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&set); err != nil {
		return nil, fmt.Errorf("%s: %w", r.URL, err)
	}
	out := map[string]*rsa.PublicKey{}
	for _, k := range set.Keys {
		if out[k.ID], err = k.Public(); err != nil {
			return nil, fmt.Errorf("%s: %w", r.URL, err)
		}
	}
	return out, nil
}
