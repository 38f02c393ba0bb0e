package contract

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Received is one event.
type Received struct {
	Connection int // of the user, from 0
	Name       string
	Text       []byte
	At         time.Duration // on the run's clock
}

// Talk is what one user sent and got.
type Talk struct {
	User   User
	Sent   time.Duration // when the first message went off
	Got    []Received    // in the order in which they came, of all connections
	Broken []string      // what became of connections that ended by themselves
}

// Verdict is what became of one case.
type Verdict struct {
	Case   string
	Broken []string // what does not hold, a line each; none: it holds
	Note   string   // what was measured
	Warn   string   // it holds, and is worth a look
	Wrong  string   // why it could not be judged; Broken is empty then
}

// judged is the material of a judgement.
type judged struct {
	Contract
	talks  []Talk
	owners owners
}

// Judge decides the cases of what was exchanged: delivery, order, latency, isolation and never, as far as the contract has them.
// It is pure.
func Judge(c Contract, talks []Talk) []Verdict {
	j := judged{Contract: c, talks: talks}
	var users []User
	for _, t := range talks {
		users = append(users, t.User)
	}
	j.owners = newOwners(c.Owner, users)
	var out []Verdict
	for _, each := range c.Cases() {
		switch each {
		case CaseDelivery:
			out = append(out, j.delivery())
		case CaseOrder:
			out = append(out, j.order())
		case CaseLatency:
			out = append(out, j.latency())
		case CaseIsolation:
			out = append(out, j.isolation())
		case CaseNever:
			out = append(out, j.never())
		}
	}
	return out
}

// foreign says whose an event is that is not the user's own, "" where it may be.
func (j judged) foreign(u User, r Received) string { return j.owners.foreign(u, r.Text) }

// own are the names of the user's own expected events on one connection, as they came.
func (j judged) own(t Talk, connection int) []string {
	var out []string
	for _, r := range t.Got {
		if r.Connection == connection && j.wanted(r.Name) && j.foreign(t.User, r) == "" {
			out = append(out, r.Name)
		}
	}
	return out
}

func (c Contract) wanted(name string) bool {
	return slices.ContainsFunc(c.Expect, func(e Event) bool { return e.Name == name })
}

// lines calls do for each connection of the users who sent something.
func (j judged) lines(do func(t Talk, connection int, who string)) {
	for _, t := range j.talks {
		if t.User.Silent {
			continue
		}
		for i := range j.connections() {
			who := t.User.String()
			if j.connections() > 1 {
				who += fmt.Sprintf(", connection %d", i+1)
			}
			do(t, i, who)
		}
	}
}

func tally(names []string) map[string]int {
	out := map[string]int{}
	for _, n := range names {
		out[n]++
	}
	return out
}

// delivery: every event came, as often as it must.
func (j judged) delivery() Verdict {
	v := Verdict{Case: CaseDelivery}
	want := tally(j.expected())
	all, came := 0, 0
	j.lines(func(t Talk, i int, who string) {
		got := tally(j.own(t, i))
		told := map[string]bool{}
		for _, e := range j.Expect {
			if told[e.Name] {
				continue
			}
			told[e.Name] = true
			n, w := got[e.Name], want[e.Name]
			all, came = all+w, came+min(n, w)
			switch {
			case n < w && w == 1:
				v.Broken = append(v.Broken, fmt.Sprintf("%s: %s did not come within %s%s", who, e.Name, j.within(), ended(t)))
			case n < w:
				v.Broken = append(v.Broken, fmt.Sprintf("%s: %s came %s within %s, expected %d%s", who, e.Name, times(n), j.within(), w, ended(t)))
			case n > w && !j.shared():
				v.Broken = append(v.Broken, fmt.Sprintf("%s: %s came %s, expected %d", who, e.Name, times(n), w))
			}
		}
	})
	v.Note = fmt.Sprintf("%d of %d events came (%s %%)", came, all, percent(came, all))
	return v
}

// percent never rounds up to what it is not.
func percent(part, whole int) string {
	if whole == 0 || part == whole {
		return "100"
	}
	return fmt.Sprintf("%.2f", math.Floor(float64(part)*10000/float64(whole))/100)
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func ended(t Talk) string {
	if len(t.Broken) == 0 {
		return ""
	}
	return " (" + strings.Join(t.Broken, "; ") + ")"
}

// order: what came, came in the expected order. What is missing or there once more is delivery's affair.
func (j judged) order() Verdict {
	v := Verdict{Case: CaseOrder}
	want := j.expected()
	j.lines(func(t Talk, i int, who string) {
		got := j.own(t, i)
		if j.shared() {
			if missing := unmet(want, got); missing == "" || !covers(got, want) {
				return
			}
		} else if bad := misplaced(want, got); bad == "" {
			return
		}
		v.Broken = append(v.Broken, fmt.Sprintf("%s: came %s; expected %s", who, strings.Join(got, ", "), strings.Join(want, ", ")))
	})
	return v
}

// misplaced is the first event that came after one that it should have come before, "" is none. Events of one name are told apart
// by their number alone.
func misplaced(want, got []string) string {
	places := map[string][]int{}
	for i, name := range want {
		places[name] = append(places[name], i)
	}
	last := -1
	for _, name := range got {
		free := places[name]
		if len(free) == 0 {
			continue // once more than it should: delivery says it
		}
		at := free[0]
		for len(free) > 1 && at < last { // one that was lost before may be meant
			free = free[1:]
			at = free[0]
		}
		places[name] = free[1:]
		if at < last {
			return name
		}
		last = at
	}
	return ""
}

// unmet is the first of the wanted names that is not found behind the ones before it, "" where all are.
func unmet(want, got []string) string {
	i := 0
	for _, name := range want {
		for i < len(got) && got[i] != name {
			i++
		}
		if i == len(got) {
			return name
		}
		i++
	}
	return ""
}

// covers says whether every wanted name came as often as it must, in whatever order.
func covers(got, want []string) bool {
	have := tally(got)
	for name, n := range tally(want) {
		if have[name] < n {
			return false
		}
	}
	return true
}

// isolation: nobody got what is another's.
func (j judged) isolation() Verdict {
	v := Verdict{Case: CaseIsolation}
	for _, t := range j.talks {
		for _, r := range t.Got {
			owner := j.foreign(t.User, r)
			if owner == "" && t.User.Silent && j.wanted(r.Name) {
				owner = "somebody else"
			}
			if owner != "" {
				v.Broken = append(v.Broken, fmt.Sprintf("%s got %s of %s: %s", t.User, r.Name, owner, quoted(r.Text)))
			}
		}
	}
	v.Note = fmt.Sprintf("%d users", len(j.talks))
	return v
}

// never: no event came that must not.
func (j judged) never() Verdict {
	v := Verdict{Case: CaseNever}
	for _, t := range j.talks {
		for _, r := range t.Got {
			if slices.Contains(j.Never, r.Name) {
				v.Broken = append(v.Broken, fmt.Sprintf("%s got %s: %s", t.User, r.Name, quoted(r.Text)))
			}
		}
	}
	return v
}
