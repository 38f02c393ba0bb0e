// Package health serves /healthz: a service is healthy when all that it can't work without answers, now.
package health

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"example.com/chat/internal/reply"
)

// patience is how long a dependency may take to answer.
const patience = 2 * time.Second

// Checks ask dependencies, by name.
type Checks map[string]func(context.Context) error

// Report is what /healthz answers.
type Report struct {
	Status string            `json:"status"` // ok or unavailable
	Checks map[string]string `json:"checks"` // ok, or what is wrong
}

// Ask asks all dependencies, side by side.
func (c Checks) Ask(ctx context.Context) Report {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out := Report{Status: "ok", Checks: map[string]string{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for name, check := range c {
		all.Go(func() {
			err := check(ctx)
			mu.Lock()
			defer mu.Unlock()
			out.Checks[name] = "ok"
			if err != nil {
				out.Status, out.Checks[name] = "unavailable", err.Error()
			}
		})
	}
	all.Wait()
	return out
}

// Handler answers 200 when all is well, else 503, both with a Report.
func (c Checks) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report, status := c.Ask(r.Context()), http.StatusOK
		if report.Status != "ok" {
			status = http.StatusServiceUnavailable
		}
		reply.JSON(w, status, report)
	})
}

// URL is a check that an address answers with 200.
func URL(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, response.Status)
		}
		return nil
	}
}
