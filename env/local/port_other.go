//go:build !linux

package local

import "errors"

// holdPort can't be had: a port that is bound is nobody else's here, whatever the options.
func holdPort(int) (portLease, error) { return portLease{}, errors.ErrUnsupported }
