package runner

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"testrunner/categories"
	"testrunner/report/event"
	"testrunner/runner/tool"
)

// checked is a tool that answers Check.
type checked struct {
	player
	asked *atomic.Int32
}

func (c checked) Check(_ context.Context, t tool.Target, _ tool.Host) tool.Found {
	c.asked.Add(1)
	if t.Suite == "bad" {
		return tool.Found{Findings: []event.Finding{{ID: "tool.player.missing", Status: event.Fail}}}
	}
	return tool.Found{Program: "/bin/" + t.Suite}
}

func TestCheckAsksEveryToolInOrder(t *testing.T) {
	asked := new(atomic.Int32)
	sel := categories.Selection{Categories: []categories.Category{
		{Name: "unit", Suites: []categories.Suite{suite("good", "player"), suite("bad", "player")}},
		{Name: "e2e", Suites: []categories.Suite{suite("foreign", "nosuchtool")}},
	}}
	needs, programs := Check(t.Context(), sel, []tool.Tool{checked{asked: asked}}, &Host{})
	var got []string
	for _, n := range needs.Suites {
		line := n.Category + "/" + n.Suite
		for _, f := range n.Findings {
			line += " " + f.ID + " " + string(f.Status)
		}
		got = append(got, line)
	}
	if want := []string{"unit/good", "unit/bad tool.player.missing fail", "e2e/foreign tool.nosuchtool.no-adapter fail"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if asked.Load() != 2 || programs["unit/good"] != "/bin/good" || programs["unit/bad"] != "" {
		t.Errorf("asked %d times, programs %v", asked.Load(), programs)
	}
}
