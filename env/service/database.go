package service

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"testrunner/report/event"
)

// Databases gives each job a database of its own in the services that several jobs share: in PostgreSQL a copy of the service's database as
// it was when it became ready, in Redis a number of its own. Its methods are safe for use by many goroutines. (Redis divides keys by number,
// not channels: what is published reaches all.)
type Databases struct {
	mu       sync.Mutex
	services map[string]Served
	numbers  map[string][]bool // of each Redis: which are lent; 0 is the service's own
	loans    map[string]Loan
}

// Loan is what a job got.
type Loan struct {
	Databases map[string]string // by service: the value of {database}
	Alone     []Undivided       // what it shares with every other job that needs it: such jobs must not run at the same time. Sorted
}

// Undivided is a service that could not be divided.
type Undivided struct{ Service, Why string }

// NewDatabases is for services that are ready. Nothing is asked of them before the first loan.
func NewDatabases(all []Served) *Databases {
	d := &Databases{services: map[string]Served{}, numbers: map[string][]bool{}, loans: map[string]Loan{}}
	for _, s := range all {
		d.services[s.Name] = s
	}
	return d
}

// Divisible says whether jobs can have databases of their own in a service, and why not. It needs only who serves it and the image, so
// jobs can be planned with it. What somebody else runs is not divided: nothing is made there that the user did not ask for.
func Divisible(s Served) (why string, ok bool) {
	switch {
	case s.By == event.ByAddress || s.By == event.ByStaging || s.Address.Foreign:
		return "somebody else runs it, and no database is made there", false
	case s.kind() == "":
		return "only PostgreSQL and Redis have databases that can be lent", false
	}
	return "", true
}

// Lend gives a job its databases in the services that it needs, new or empty. What can't be divided is named in the loan, with the reason;
// the error is that of a job that holds a loan already, or of the context.
func (d *Databases) Lend(ctx context.Context, job string, needs []string) (Loan, error) {
	d.mu.Lock()
	_, held := d.loans[job]
	if !held {
		d.loans[job] = Loan{}
	}
	d.mu.Unlock()
	if held {
		return Loan{}, fmt.Errorf("the job %s has its databases already", job)
	}
	loan := Loan{Databases: map[string]string{}}
	for _, name := range slices.Sorted(slices.Values(needs)) {
		s, known := d.services[name]
		if !known {
			continue
		}
		database, err := d.lend(ctx, job, s)
		if err != nil {
			loan.Alone = append(loan.Alone, Undivided{name, err.Error()})
			continue
		}
		loan.Databases[name] = database
	}
	d.mu.Lock()
	d.loans[job] = loan
	d.mu.Unlock()
	if ctx.Err() != nil {
		return loan, context.Cause(ctx)
	}
	return loan, nil
}

func (d *Databases) lend(ctx context.Context, job string, s Served) (string, error) {
	if why, ok := Divisible(s); !ok {
		return "", errors.New(why)
	}
	if s.kind() == redis {
		return d.lendNumber(ctx, s)
	}
	name := databaseName(job)
	return name, makeDatabase(ctx, s, name)
}

// Return takes a job's databases back: they are dropped with whoever is still connected to them, and flushed. A job without a loan has
// nothing to return.
func (d *Databases) Return(ctx context.Context, job string) error {
	d.mu.Lock()
	loan := d.loans[job]
	delete(d.loans, job)
	d.mu.Unlock()
	var all []error
	for name, database := range loan.Databases {
		s, err := d.services[name], error(nil)
		if s.kind() == redis {
			err = d.returnNumber(ctx, s, database)
		} else {
			err = dropDatabase(ctx, s, database)
		}
		if err != nil {
			all = append(all, fmt.Errorf("take the database %s of %s back: %w", database, name, err))
		}
	}
	return errors.Join(all...)
}

// Forget takes a job's databases back and asks nobody: for services that are gone, with all that was in them.
func (d *Databases) Forget(job string) {
	d.mu.Lock()
	loan := d.loans[job]
	delete(d.loans, job)
	d.mu.Unlock()
	for name, database := range loan.Databases {
		if n, err := strconv.Atoi(database); err == nil && d.services[name].kind() == redis {
			d.free(name, n)
		}
	}
}

// databaseName is a job's name as a database's: what PostgreSQL takes unquoted, and unlike any other job's.
func databaseName(job string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, job)
	sum := sha256.Sum256([]byte(job))
	return "job_" + plain[:min(len(plain), 40)] + "_" + hex.EncodeToString(sum[:4])
}
