package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"testrunner/categories"
	"testrunner/env/keeper"
	"testrunner/report"
	"testrunner/report/event"
	"testrunner/report/text"
)

// asking is how long the keeper may take to answer a question; one with probes is the longest.
const asking = 10 * time.Second

// servicesStatus says how each service is now: the keeper asks each on the wire. It is 0 only if all are ready.
func servicesStatus(ctx context.Context, r servicesRoom) (int, error) {
	if len(r.names) > 0 {
		return 0, usageError{text: "services status takes no names: it says how all are", remedy: "runner services --help"}
	}
	s, alive, trouble := r.seen(ctx)
	ready := alive && trouble == "" && s.Phase == keeper.Up && s.AllReady()
	code := report.Incomplete
	if ready {
		code = 0
	}
	var b bytes.Buffer
	if r.c.Bool("json") {
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		err := encoder.Encode(struct {
			Ready   bool   `json:"ready"`
			Alive   bool   `json:"keeper_alive"`
			Trouble string `json:"trouble,omitempty"`
			keeper.State
		}{ready, alive, trouble, s})
		if err != nil {
			return 0, fmt.Errorf("write the status: %w", err)
		}
	} else {
		writeStatus(&b, r, s, trouble)
	}
	_, err := r.world.Stdout.Write(b.Bytes())
	return code, err
}

// seen is the set as its keeper says now; where that can't be had, as the file says, and what is the matter.
func (r servicesRoom) seen(ctx context.Context) (s keeper.State, alive bool, trouble string) {
	s, err := r.folder.Read()
	if err != nil {
		s = keeper.State{Root: r.place.root, Phase: keeper.Down, Services: []keeper.Service{}}
		if errors.Is(err, fs.ErrNotExist) {
			return s, false, "no services are up"
		}
		return s, false, err.Error()
	}
	if s.Phase.Over() {
		return s.Public(), false, "no services are up" + lastWords(s)
	}
	if !s.Keeper.Alive() {
		for i := range s.Services { // what the file says of them was true then
			s.Services[i].State, s.Services[i].Error = keeper.Unknown, ""
		}
		return s.Public(), false, fmt.Sprintf("the keeper (process %d) died", s.Keeper.Pid)
	}
	asked, cancel := context.WithTimeout(ctx, asking)
	defer cancel()
	now, err := s.Ask(asked, true)
	if err != nil {
		return s.Public(), true, err.Error()
	}
	return now, true, ""
}

func writeStatus(b *bytes.Buffer, r servicesRoom, s keeper.State, trouble string) {
	if trouble != "" {
		fmt.Fprintf(b, "%s in %s\n", text.Line(trouble), r.place.root)
	} else {
		fmt.Fprintf(b, "services of %s: %s, mode %s, since %s", s.Root, s.Phase, s.Mode, s.Started.Local().Format(time.DateTime))
		if !s.Until.IsZero() {
			fmt.Fprintf(b, ", until %s", s.Until.Local().Format(time.DateTime))
		}
		fmt.Fprintln(b)
	}
	if trouble == "" || s.Keeper.Pid != 0 && !s.Phase.Over() {
		writeServices(b, s.Services)
	}
	switch {
	case s.Phase.Over():
		fmt.Fprintln(b, "  try: runner services up")
	case trouble != "":
		fmt.Fprintln(b, "  try: runner services down")
	}
}

// writeServices is one line a service: state, ms until it was ready, address, last error.
func writeServices(b *bytes.Buffer, services []keeper.Service) {
	wide := [4]int{}
	rows := make([][4]string, len(services))
	for i, s := range services {
		ms := "-"
		if s.ReadyMS > 0 || s.State == keeper.Ready {
			ms = fmt.Sprintf("%d ms", s.ReadyMS)
		}
		rows[i] = [4]string{s.Name, s.State, ms, cmp.Or(s.Address, "-")}
		for k, cell := range rows[i] {
			wide[k] = max(wide[k], len(cell))
		}
	}
	for i, s := range services {
		row := rows[i]
		line := fmt.Sprintf("  %-*s  %-*s  %*s  %-*s  %s", wide[0], row[0], wide[1], row[1], wide[2], row[2], wide[3], row[3], servedWord(s))
		if s.Error != "" {
			line += "  " + text.Line(event.FirstLine(s.Error))
		}
		if len(s.Unknown) > 0 {
			line += fmt.Sprintf("  was asked what it does not know: %s", text.Line(strings.Join(s.Unknown, ", ")))
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}

func servedWord(s keeper.Service) string {
	if s.Fidelity == event.Stub {
		return string(event.Stub)
	}
	return string(s.Provider)
}

// servicesLogs shows what the services wrote, of all their lives since they were brought up; where none are up, what those of the last
// run wrote.
func servicesLogs(ctx context.Context, r servicesRoom) (int, error) {
	s, err := r.folder.Read()
	showing := keeper.Showing{Path: r.folder.Log, Services: s.Names(), Follow: r.c.Bool("follow"), Alive: s.Keeper.Alive, Mask: report.Secrets(r.world.Environ, nil)}
	among := "those that are up"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if showing.Services = recordedServices(r.place.results); len(showing.Services) == 0 {
			return 0, noSet("no services are up in " + r.place.root)
		}
		if _, err := fmt.Fprintln(r.world.Stderr, "runner: no services are up; this is what those of the last run wrote"); err != nil {
			return 0, fmt.Errorf("say whose logs these are: %w", err)
		}
		among, showing.Follow = "those of the last run", false
		showing.Path = func(name string) string { return servicesLog(filepath.Join(r.place.results, servicesLogsDir), name) }
	case err != nil:
		return 0, notReady{text: err.Error()}
	}
	for _, name := range r.names {
		if err := knownService(showing.Services, among, name); err != nil {
			return 0, err
		}
	}
	if len(r.names) > 0 {
		showing.Services = r.names
	}
	return 0, keeper.ShowLogs(ctx, r.world.Stdout, showing)
}

func knownService(known []string, among, name string) error {
	if slices.Contains(known, name) {
		return nil
	}
	said := fmt.Sprintf("there is no service %q among %s: %s", name, among, strings.Join(known, ", "))
	if near := categories.Nearest(name, known); near != "" {
		said = fmt.Sprintf("there is no service %q among %s; did you mean %s?", name, among, near)
	}
	return usageError{text: said, remedy: "runner services --help"}
}

// servicesRestart has the keeper start one service again, and waits until it is ready.
func servicesRestart(ctx context.Context, r servicesRoom) (int, error) {
	if len(r.names) != 1 {
		return 0, usageError{text: "services restart takes the name of one service", remedy: "runner services --help"}
	}
	s, err := r.living()
	if err != nil {
		return 0, err
	}
	if err := knownService(s.Names(), "those that are up", r.names[0]); err != nil {
		return 0, err
	}
	after, err := s.Restart(ctx, r.names[0])
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, notReady{text: err.Error()}
	}
	now, _ := after.Service(r.names[0])
	return 0, r.say("restarted %s: ready in %d ms at %s\n", now.Name, now.ReadyMS, cmp.Or(now.Address, "no address"))
}

// servicesEnv writes the variables that tests would get, for a shell. Secrets stand there as they are: that is what it is for.
func servicesEnv(_ context.Context, r servicesRoom) (int, error) {
	format := cmp.Or(r.c.String("format"), keeper.Formats()[0])
	if !slices.Contains(keeper.Formats(), format) {
		return 0, usageError{text: fmt.Sprintf("--format %s: there are %s", format, strings.Join(keeper.Formats(), ", ")), remedy: "runner services --help"}
	}
	if len(r.names) > 0 {
		return 0, usageError{text: "services env takes no names: a variable may speak of several services", remedy: "runner services --help"}
	}
	s, err := r.living()
	if err != nil {
		return 0, err
	}
	if s.Phase != keeper.Up {
		return 0, notReady{text: fmt.Sprintf("the services are %s", s.Phase)}
	}
	var b bytes.Buffer
	if err := keeper.WriteVariables(&b, format, s.Variables); err != nil {
		return 0, err
	}
	_, err = io.Copy(r.world.Stdout, &b)
	return 0, err
}
