// Package service is what the three programs have in common: an address, a signal, and an end that loses nothing.
package service

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"example.com/chat/internal/metrics"
)

// grace is how long requests and runs of agents may take to come to an end.
const grace = 10 * time.Second

// App is a service that can be served.
type App interface {
	http.Handler
	// Close ends what the service does beside requests, and gives back what it holds.
	Close(context.Context) error
	// Gauges are what it uses, beside what any program does.
	Gauges() metrics.Gauges
}

// Main serves an app until a signal comes, and returns the exit status. The address is that of -addr, else :PORT, else :port. With -probe it
// asks a service that runs already whether it is healthy: a health check for images without a shell. METRICS_ADDR is where it tells how much
// it uses (package metrics); default: nowhere.
func Main(name string, port int, build func(context.Context, Variables) (App, error)) int {
	vars := Variables(os.Getenv)
	addr := flag.String("addr", ":"+vars.Text("PORT", strconv.Itoa(port)), "`address` to listen on")
	probing := flag.Bool("probe", false, "ask the service at that address whether it is healthy")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stdout, nil)).With("service", name))
	run := func() error { return serve(ctx, *addr, vars, build) }
	if *probing {
		run = func() error { return probe(ctx, *addr) }
	}
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, addr string, vars Variables, build func(context.Context, Variables) (App, error)) error {
	app, err := build(ctx, vars)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return errors.Join(fmt.Errorf("%w; -addr or PORT names another one", err), app.Close(context.WithoutCancel(ctx)))
	}
	server := &http.Server{Handler: app, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	if at := vars.Text("METRICS_ADDR", ""); at != "" {
		inside, err := metrics.Listen(at)
		if err != nil {
			return errors.Join(err, listener.Close(), app.Close(context.WithoutCancel(ctx)))
		}
		told := &http.Server{Handler: metrics.Handler(app.Gauges), ReadHeaderTimeout: 10 * time.Second}
		defer told.Close()
		slog.Info("tells metrics", "metrics", inside.Addr())
		go func() { failed <- told.Serve(inside) }()
	}
	slog.Info("serves", "address", listener.Addr())
	go func() { failed <- server.Serve(listener) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
		slog.Info("ends")
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return errors.Join(err, server.Shutdown(ending), app.Close(ending))
}

func probe(ctx context.Context, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("unhealthy: %s", response.Status)
	}
	return nil
}
