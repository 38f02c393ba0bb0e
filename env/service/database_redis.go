package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
)

// redisNumbers is how many databases a Redis has that does not say (a stub, or one that forbids CONFIG).
const redisNumbers = 16

// lendNumber takes the lowest number of a Redis that is free, and flushes it. 0 is the service's own.
func (d *Databases) lendNumber(ctx context.Context, s Served) (string, error) {
	r := redisOf(s.spec(), s.Address)
	d.mu.Lock()
	known := d.numbers[s.Name] != nil
	d.mu.Unlock()
	if !known {
		n, err := r.numbers(ctx)
		if err != nil {
			return "", err
		}
		d.mu.Lock()
		if d.numbers[s.Name] == nil {
			d.numbers[s.Name] = make([]bool, max(n, 1))
		}
		d.mu.Unlock()
	}
	d.mu.Lock()
	number := 0
	for i, lent := range d.numbers[s.Name] {
		if i > 0 && !lent {
			number = i
			d.numbers[s.Name][i] = true
			break
		}
	}
	all := len(d.numbers[s.Name])
	d.mu.Unlock()
	if number == 0 {
		return "", fmt.Errorf("all %d of its databases are taken", all)
	}
	if err := r.flush(ctx, number); err != nil {
		d.free(s.Name, number)
		return "", err
	}
	return strconv.Itoa(number), nil
}

// returnNumber flushes a number and lets others have it. One that can't be flushed is lent all the same: whoever gets it flushes it first.
func (d *Databases) returnNumber(ctx context.Context, s Served, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return err
	}
	defer d.free(s.Name, n)
	return redisOf(s.spec(), s.Address).flush(ctx, n)
}

func (d *Databases) free(name string, number int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.numbers[name][number] = false
}

// numbers is how many databases there are.
func (r redisServer) numbers(ctx context.Context) (int, error) {
	c, done, err := r.open(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	answer, err := c.do("CONFIG", "GET", "databases")
	var refused redisError
	switch {
	case errors.As(err, &refused):
		return redisNumbers, nil
	case err != nil:
		return 0, err
	case len(answer) == 2:
		return strconv.Atoi(answer[1])
	}
	return redisNumbers, nil
}

// flush empties one database.
func (r redisServer) flush(ctx context.Context, number int) error {
	c, done, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	for _, words := range [][]string{{"SELECT", strconv.Itoa(number)}, {"FLUSHDB"}} {
		if _, err := c.do(words...); err != nil {
			return fmt.Errorf("%s: %w", words[0], err)
		}
	}
	return nil
}
