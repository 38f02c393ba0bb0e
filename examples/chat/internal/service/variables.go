package service

import (
	"cmp"
	"fmt"
	"strconv"
	"time"
)

// Variables look up environment variables; an empty one counts as none.
type Variables func(name string) string

// Text is a variable's value, or the fallback.
func (v Variables) Text(name, fallback string) string { return cmp.Or(v(name), fallback) }

// Number is a variable's value as a number above 0.
func (v Variables) Number(name string, fallback int) (int, error) {
	n, err := strconv.Atoi(v.Text(name, strconv.Itoa(fallback)))
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%s=%s: a number above 0 is expected", name, v(name))
	}
	return n, nil
}

// Duration is a variable's value as a duration such as 90s, not below 0.
func (v Variables) Duration(name string, fallback time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(v.Text(name, fallback.String()))
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%s=%s: a duration such as 90s or 15m is expected", name, v(name))
	}
	return d, nil
}
