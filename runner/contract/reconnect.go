package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// reconnect breaks a connection off as a lost network does, and has another one take its place: what is missing must come there.
func (c *client) reconnect(ctx context.Context, u User) Verdict {
	v := Verdict{Case: CaseReconnect}
	fail := func(what string, err error) Verdict {
		v.Broken = append(v.Broken, c.masked(what+": "+err.Error()))
		return v
	}
	first, err := c.dial(ctx, u, nil)
	if err != nil {
		return fail("the first connection", err)
	}
	var before []Received
	if c.Reconnect.After != "" {
		c.write(ctx, first, u)
		before, err = c.hear(ctx, first, u, func(got []Received) bool { return got[len(got)-1].Name == c.Reconnect.After })
	}
	_ = first.CloseNow()
	if err != nil {
		return fail(fmt.Sprintf("%s did not come on the first connection", c.Reconnect.After), err)
	}
	u.last = lastOf(before, c.Reconnect.Last)
	second, err := c.dial(ctx, u, nil)
	if err != nil {
		return fail("the second connection", err)
	}
	defer second.CloseNow()
	if c.Reconnect.After == "" {
		c.write(ctx, second, u) // at once: what is sent right after the upgrade must not be lost
	}
	missing := without(c.expected(), before)
	if len(missing) == 0 && len(c.Expect) > 0 {
		v.Note = "nothing was left to come"
		return v
	}
	if len(c.Expect) == 0 {
		v.Note = "connected again"
		return v
	}
	got, err := c.hear(ctx, second, u, func(got []Received) bool { return len(without(missing, got)) == 0 })
	if err != nil {
		return fail("after the reconnect "+strings.Join(without(missing, got), ", ")+" did not come", err)
	}
	if came := namesOf(got, missing); !c.Loose && unmet(missing, came) != "" {
		v.Broken = append(v.Broken, fmt.Sprintf("after the reconnect came %s; expected %s", strings.Join(came, ", "), strings.Join(missing, ", ")))
	}
	v.Note = fmt.Sprintf("%d events before, %d after", len(c.expected())-len(missing), len(missing))
	return v
}

func (c *client) write(ctx context.Context, conn *websocket.Conn, u User) {
	ctx, cancel := context.WithTimeout(ctx, c.within())
	defer cancel()
	for _, text := range c.Send {
		if conn.Write(ctx, websocket.MessageText, []byte(u.fill(text))) != nil {
			return // the reading says how the connection ended
		}
	}
}

// hear reads events until they are enough. The error says why they never were.
func (c *client) hear(ctx context.Context, conn *websocket.Conn, u User, enough func([]Received) bool) ([]Received, error) {
	ctx, cancel := context.WithTimeout(ctx, c.within())
	defer cancel()
	var got []Received
	for {
		_, text, err := conn.Read(ctx)
		switch {
		case err != nil && ctx.Err() != nil:
			return got, fmt.Errorf("nothing more came within %s", c.within().Round(time.Millisecond))
		case err != nil:
			return got, fmt.Errorf("the connection ended, %s", ending(err))
		}
		got = append(got, Received{Name: nameOf(text, c.name()), Text: text})
		if enough(got) {
			return got, nil
		}
	}
}

// without are the names, in their order, less one for each event that came.
func without(names []string, came []Received) []string {
	out := slices.Clone(names)
	for _, r := range came {
		if i := slices.Index(out, r.Name); i >= 0 {
			out = slices.Delete(out, i, i+1)
		}
	}
	return out
}

// namesOf are the names of those events that are among the wanted.
func namesOf(got []Received, wanted []string) []string {
	var out []string
	for _, r := range got {
		if slices.Contains(wanted, r.Name) {
			out = append(out, r.Name)
		}
	}
	return out
}

// lastOf is what stands at the path in the last event that has it.
func lastOf(got []Received, path string) string {
	if path == "" {
		path = "id"
	}
	for _, r := range slices.Backward(got) {
		if value, ok := find(r.Text, path); ok {
			return value
		}
	}
	return ""
}
