package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/urfave/cli/v2"

	"testrunner/report"
	"testrunner/report/text"
	"testrunner/runner"
	"testrunner/runner/contract"
)

func probeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "token", Usage: "connect with token `T` (Authorization: Bearer); repeat: one a user"},
		&cli.StringSliceFlag{Name: "token-env", Usage: "the same, from the variable `NAME`: it then stands in no list of processes"},
		&cli.StringSliceFlag{Name: "header", Usage: "send the header `K:V` with the upgrade (repeat)"},
		&cli.StringSliceFlag{Name: "send", Usage: "send the message `TEXT` (repeat); {user} and {n} are the user's name and number"},
		&cli.StringSliceFlag{Name: "expect", Usage: "the event `NAME` must come, in this order (repeat)"},
		&cli.StringFlag{Name: "name", Value: contract.DefaultName, Usage: "JSON `PATH` of an event's name, such as data.kind; what is no JSON is its own name"},
		&cli.StringFlag{Name: "within", Usage: "how long each answer, and the last event, may take: `D`; default: 10s"},
		&cli.IntFlag{Name: "users", Value: 1, Usage: "`N` users at once, each of whom sends and expects it all"},
		&cli.BoolFlag{Name: "shared", Usage: "all users are in one room: what one is sent, others may get"},
		jsonFlag(),
	}
}

// probeCommand tries a WebSocket from outside: no repository, no services, no reports.
func probeCommand(ctx context.Context, c *cli.Context, _ split, w World) (int, error) {
	asked, err := readProbe(c, w.Environ)
	if err != nil {
		return 0, err
	}
	known := report.Secrets(w.Environ, c.StringSlice("token-env"))
	p := probe{address: asked.URL, mask: func(text string) string { return known(asked.Mask(text)) }}
	signals, deaf := listen(ctx)
	defer deaf()
	err = interruptible(ctx, signals, deaf, runner.NewClock(time.Now), func(ctx context.Context) (err error) {
		p.result, err = contract.Run(ctx, asked, contract.Options{Ended: p.take})
		return err
	})
	var ended stoppedEarly
	switch {
	case errors.As(err, &ended):
		return 0, probeStopped{ended}
	case err != nil:
		return 0, err
	case c.Bool("json"):
		return p.code(), p.writeJSON(w)
	}
	return p.code(), p.print(w)
}

// probeStopped is a probe that a signal ended.
type probeStopped struct{ stoppedEarly }

func (probeStopped) Error() string { return "ended by a signal before everything was tried" }

var headerName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func probeUsage(format string, args ...any) error {
	return usageError{text: "probe: " + fmt.Sprintf(format, args...), remedy: "runner probe --help"}
}

func readProbe(c *cli.Context, environ []string) (contract.Contract, error) {
	out := contract.Contract{
		Users: c.Int("users"), Send: c.StringSlice("send"), Name: c.String("name"), Shared: c.Bool("shared"), Ping: true,
		Headers: map[string]string{}, Token: contract.Token{Values: c.StringSlice("token")},
	}
	if c.NArg() != 2 || c.Args().First() != "websocket" {
		return out, probeUsage("say what to probe: websocket and its address, such as ws://localhost:8000/ws")
	}
	out.URL = c.Args().Get(1)
	if u, err := url.Parse(out.URL); err != nil || u.Host == "" || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) {
		return out, probeUsage("%q is no address of a WebSocket: it begins with ws:// or wss://", out.URL)
	}
	for _, name := range c.StringSlice("token-env") {
		value := getenv(environ, name)
		if value == "" {
			return out, probeUsage("the variable %s of --token-env is not set", name)
		}
		out.Token.Values = append(out.Token.Values, value)
	}
	for _, h := range c.StringSlice("header") {
		name, value, found := strings.Cut(h, ":")
		value = strings.TrimSpace(value)
		if !found || !headerName.MatchString(name) || strings.ContainsFunc(value, unicode.IsControl) {
			return out, probeUsage("--header takes NAME:VALUE, such as Origin:https://example.com")
		}
		out.Headers[http.CanonicalHeaderKey(name)] = value
	}
	for _, name := range c.StringSlice("expect") {
		if n := len(out.Expect); n > 0 && out.Expect[n-1].Name == name {
			out.Expect[n-1].Count++
			continue
		}
		out.Expect = append(out.Expect, contract.Event{Name: name, Count: 1})
	}
	if d := c.String("within"); d != "" {
		var err error
		if out.Within, err = time.ParseDuration(d); err != nil || out.Within <= 0 {
			return out, probeUsage("--within %q is no duration above zero: write it as 500ms, 10s or 1m", d)
		}
	}
	switch n := len(out.Token.Values); {
	case out.Users < 1:
		return out, probeUsage("--users takes a number from 1")
	case n > 1 && n != out.Users:
		return out, probeUsage("%d tokens are given for --users %d: give one for all, or one for each", n, out.Users)
	case out.Shared && (out.Users == 1 || len(out.Expect) == 0):
		return out, probeUsage("--shared says something with --users above 1 and --expect")
	case c.IsSet("name") && len(out.Expect) == 0:
		return out, probeUsage("--name says where the names of --expect stand")
	}
	return out, nil
}

// probe is what became of one.
type probe struct {
	mask    func(string) string
	address string
	result  contract.Result
	cases   []probeCase
}

// probeCase is one case as --json prints it.
type probeCase struct {
	Name    string   `json:"name"`
	Outcome string   `json:"outcome"` // held, broken, or unknown where it could not be tried
	Broken  []string `json:"broken"`  // what does not hold, and for whom; of an unknown one why that is
	Note    string   `json:"note,omitempty"`
	Micros  int64    `json:"us"`
}

func (p *probe) take(v contract.Verdict, took contract.Micros) {
	each := probeCase{Name: v.Case, Outcome: "held", Broken: []string{}, Note: p.mask(v.Note), Micros: int64(took)}
	switch {
	case v.Wrong != "":
		each.Outcome, each.Broken = "unknown", append(each.Broken, p.mask(v.Wrong))
	case len(v.Broken) > 0:
		each.Outcome = "broken"
		for _, line := range v.Broken {
			each.Broken = append(each.Broken, p.mask(line))
		}
	}
	p.cases = append(p.cases, each)
}

func (p *probe) held() int {
	n := 0
	for _, each := range p.cases {
		if each.Outcome == "held" {
			n++
		}
	}
	return n
}

// code is 0 where everything held, 5 where nobody answered at all, else 1.
func (p *probe) code() int {
	switch {
	case p.held() == len(p.cases):
		return report.Passed
	case !p.result.Reached:
		return report.Incomplete
	}
	return report.Failed
}

func (p *probe) writeJSON(w World) error {
	encoder := json.NewEncoder(w.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		Version int         `json:"version"`
		URL     string      `json:"url"`
		Code    int         `json:"code"`
		Reached bool        `json:"reached"` // a server answered, whatever it said
		Cases   []probeCase `json:"cases"`
	}{1, p.mask(p.address), p.code(), p.result.Reached, p.cases})
}

// probeLines is how many lines of one broken case a person is shown; --json has all.
const probeLines = 5

func (p *probe) print(w World) error {
	var b strings.Builder
	for _, each := range p.cases {
		fmt.Fprintf(&b, "%-10s %-8s", each.Name, each.Outcome)
		lines := each.Broken
		if each.Note != "" && each.Outcome == "held" {
			lines = []string{each.Note}
		}
		for i, line := range lines {
			if i == probeLines {
				fmt.Fprintf(&b, "\n%20s… and %d more (--json has all)", "", len(lines)-i)
				break
			}
			if i > 0 {
				fmt.Fprintf(&b, "\n%19s", "")
			}
			b.WriteString(" " + text.Line(line))
		}
		b.WriteString("\n")
	}
	words := fmt.Sprintf("%d of %d hold", p.held(), len(p.cases))
	if p.code() == report.Incomplete {
		words = "nobody answers"
	}
	fmt.Fprintf(&b, "%s (%d)  %s\n", text.Line(p.mask(p.address)), p.code(), words)
	for line := range strings.Lines(b.String()) {
		if _, err := fmt.Fprintln(w.Stdout, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}
