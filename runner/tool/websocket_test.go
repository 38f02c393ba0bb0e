package tool

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"testrunner/report/event"
	"testrunner/runner/contract"
)

func websocketTarget() Target {
	return Target{
		Root: "/r", Dir: ".", Job: "e2e/chat", Category: "e2e", Suite: "chat", ContractFile: "runner.yaml", ContractLine: 3,
		Contract: &contract.Contract{URL: "ws://x", Ping: true, Refuse: []contract.Refusal{{Name: "no token", Bare: true, Status: 401}}},
	}
}

// What the records and the exit status say together: nothing but a whole run that agrees with its status is done.
func TestWebSocketConcludes(t *testing.T) {
	const connected = `{"started":"connect"}` + "\n" + `{"ended":{"Case":"connect","Note":"1 connection","us":7}}` + "\n"
	const broken = `{"started":"ping"}` + "\n" + `{"ended":{"Case":"ping","Broken":["user 1: no pong","user 2: no pong"],"us":7}}` + "\n"
	const wrong = `{"started":"ping"}` + "\n" + `{"ended":{"Case":"ping","Wrong":"not tried","us":7}}` + "\n"
	const over = `{"over":true}`
	for _, each := range []struct {
		name, records string
		exit          Exit
		cause         event.Cause
		told          string
	}{
		{"whole", connected + over, Exit{}, event.Done, "3 collected, connect started, connect passed (1 connection)"},
		{"broken", broken + over, Exit{Code: 1}, event.Done, "3 collected, ping started, ping failed: user 1: no pong"},
		{"not judged", wrong + over, Exit{Code: 1}, event.Done, "3 collected, ping started, ping errored: not tried"},
		{"no last word", connected, Exit{}, event.Vanished, "3 collected, connect started, connect passed (1 connection)"},
		{"killed", `{"started":"ping"}`, Exit{Code: -1, Signal: "SIGKILL"}, event.Crashed, "3 collected, ping started"},
		{"the deadline", `{"started":"ping"}`, Exit{Code: -1, Stopped: event.TimedOut}, event.TimedOut, "3 collected, ping started"},
		{"no start", "", Exit{Err: "no such file"}, event.NotStarted, "3 collected"},
		{"status 0 with a broken case", broken + over, Exit{}, event.Contradiction, "3 collected, ping started, ping failed: user 1: no pong"},
		{"status 1 without one", connected + over, Exit{Code: 1}, event.Contradiction, "3 collected, connect started, connect passed (1 connection)"},
		{"half a line, and a result out of the blue", `{"ended":{"Case":"ping"}}` + "\n" + `{"over":tr`, Exit{Code: 1}, event.Crashed, "3 collected"},
	} {
		var told []string
		d := WebSocket{}.Decode(websocketTarget(), func(b event.Body) {
			switch b := b.(type) {
			case event.TestsCollected:
				told = append(told, fmt.Sprintf("%d collected", len(b.Tests)))
			case event.TestStarted:
				told = append(told, strings.TrimPrefix(b.Test.ID, "chat::")+" started")
			case event.TestFinished:
				text := strings.TrimPrefix(b.Test.ID, "chat::") + " " + string(b.Outcome)
				if b.Message != "" {
					text += ": " + b.Message
				}
				if b.Note != "" {
					text += " (" + b.Note + ")"
				}
				told = append(told, text)
			}
		})
		for line := range strings.SplitSeq(each.records, "\n") {
			if line != "" {
				d.Line([]byte(line))
			}
		}
		c := d.End(each.exit)
		if c.Cause != each.cause || (c.Cause == event.Done) != (c.Problem == "") {
			t.Errorf("%s: %+v, want %s", each.name, c, each.cause)
		}
		if got := strings.Join(told, ", "); got != each.told {
			t.Errorf("%s: told %s, want %s", each.name, got, each.told)
		}
	}
}

func TestWebSocketNarrowed(t *testing.T) {
	for _, each := range []struct {
		filter string
		tests  []string
		want   []string
	}{
		{"", nil, []string{"connect", "ping", "refused: no token"}},
		{"^refused", nil, []string{"refused: no token"}},
		{"", []string{"chat::ping", "other::connect"}, []string{"ping"}},
		{"connect", []string{"chat::ping"}, []string{}},
	} {
		target := websocketTarget()
		target.Filter, target.Tests = each.filter, each.tests
		got, err := websocketCases(target)
		if err != nil || !slices.Equal(got, each.want) {
			t.Errorf("%q %q: %q, %v", each.filter, each.tests, got, err)
		}
		left := 0
		WebSocket{}.Decode(target, func(b event.Body) {
			if d, ok := b.(event.TestsDeselected); ok {
				left = d.Count
			}
		})
		if left != 3-len(each.want) {
			t.Errorf("%q %q: %d left out", each.filter, each.tests, left)
		}
	}
	target := websocketTarget()
	target.Args = []string{"-x"}
	if _, err := (WebSocket{}).Command(target); err == nil {
		t.Error("arguments were taken")
	}
	target.Args, target.Contract = nil, nil
	if _, err := (WebSocket{}).Command(target); err == nil {
		t.Error("no contract was taken")
	}
}
