package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"testrunner/env/keeper"
)

// servicesLogsDir is the folder of a run's results that holds what its services wrote, NAME.log.
const servicesLogsDir = "services"

// recordServices keeps what the services of a run write in its folder of results. What a run before left there goes.
func recordServices(ctx context.Context, results string, mask func(string) string) (*keeper.Recorder, error) {
	dir := filepath.Join(results, servicesLogsDir)
	if err := os.RemoveAll(dir); err != nil {
		return nil, fmt.Errorf("remove the services' logs of the run before: %w", err)
	}
	return keeper.NewRecorder(ctx, func(service string) string { return servicesLog(dir, service) }, mask), nil
}

func servicesLog(dir, service string) string {
	return filepath.Join(dir, url.PathEscape(service)+".log")
}

// recordedServices are the services whose logs a run left in its folder of results, sorted.
func recordedServices(results string) []string {
	entries, err := os.ReadDir(filepath.Join(results, servicesLogsDir))
	if err != nil {
		return nil // no run had any
	}
	var names []string
	for _, e := range entries {
		name, isLog := strings.CutSuffix(e.Name(), ".log")
		if plain, err := url.PathUnescape(name); isLog && err == nil {
			names = append(names, plain)
		}
	}
	slices.Sort(names)
	return names
}
