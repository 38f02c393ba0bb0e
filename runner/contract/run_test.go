package contract_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"testrunner/runner/contract"
	"testrunner/runner/contract/contracttest"
)

// chat is the contract that a server of contracttest keeps.
func chat(s *contracttest.Server) contract.Contract {
	mint := func(claims string) *contract.Login {
		return &contract.Login{Request: contract.Request{URL: s.URL + "/token", Body: claims}}
	}
	c := contract.Contract{
		URL: s.Sockets() + "?last={last}", Token: contract.Token{Login: mint(`{"sub": "{user}"}`)},
		Users: 3, Connections: 2, Send: []string{"hello from {user}"}, Ping: true, Never: []string{"agent_error"},
		Within: 20 * time.Second, Latency: contract.Latency{Fail: 20 * time.Second},
		Reconnect: &contract.Reconnect{After: "agent_thinking"},
		Refuse: []contract.Refusal{
			{Name: "no token", Bare: true, Status: 401},
			{Name: "expired", Login: mint(`{"sub": "{user}", "exp": 1}`), Close: contracttest.CloseExpired},
			{Name: "revoked", Revoke: &contract.Request{URL: s.URL + "/revoke", Headers: map[string]string{"Authorization": "Bearer {token}"}}, Status: 401},
		},
	}
	for _, name := range contracttest.Events() {
		c.Expect = append(c.Expect, contract.Event{Name: name})
	}
	return c
}

type outcome struct {
	red, wrong, started []string
	by                  map[string]contract.Verdict
}

func try(ctx context.Context, c contract.Contract, cases ...string) (outcome, error) {
	out := outcome{by: map[string]contract.Verdict{}}
	_, err := contract.Run(ctx, c, contract.Options{
		Cases:   cases,
		Started: func(name string) { out.started = append(out.started, name) },
		Ended: func(v contract.Verdict, _ contract.Micros) {
			out.by[v.Case] = v
			switch {
			case v.Wrong != "":
				out.wrong = append(out.wrong, v.Case)
			case len(v.Broken) > 0:
				out.red = append(out.red, v.Case)
			}
		},
	})
	return out, err
}

func mustTry(t *testing.T, c contract.Contract, cases ...string) outcome {
	t.Helper()
	out, err := try(t.Context(), c, cases...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// A request for a token may be good once, as one that registers is: three users and who keeps silent ask once each, and so does the one
// whose token has expired. Who breaks off and who was revoked is one of them.
func TestEachUserLogsInOnce(t *testing.T) {
	t.Parallel()
	s := contracttest.New(contracttest.None)
	defer s.Close()
	out := mustTry(t, chat(s))
	if s.Asked() != 5 || len(out.red)+len(out.wrong) > 0 {
		t.Errorf("%d tokens were asked for; red: %q, not judged: %q", s.Asked(), out.red, out.wrong)
	}
}

// Each fault turns exactly its own cases red.
func TestEachFaultTurnsItsCasesRed(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup // they mostly wait: side by side they take as long as one, however few cores there are
	defer all.Wait()
	for _, each := range []struct {
		fault contracttest.Fault
		red   []string
		with  func(*contract.Contract)
	}{
		{fault: contracttest.None},
		{fault: contracttest.Lost, red: []string{contract.CaseDelivery}, with: soon},
		{fault: contracttest.Twice, red: []string{contract.CaseDelivery}},
		{fault: contracttest.Swapped, red: []string{contract.CaseOrder}, with: noReconnect},
		{fault: contracttest.WrongUser, red: []string{contract.CaseDelivery, contract.CaseIsolation}, with: soon},
		{fault: contracttest.Shared, red: []string{contract.CaseDelivery, contract.CaseIsolation}, with: soon},
		{fault: contracttest.Revoked, red: []string{"refused: revoked"}},
		{fault: contracttest.CloseCode, red: []string{"refused: expired"}},
		{fault: contracttest.NoToken, red: []string{"refused: no token"}},
		{fault: contracttest.Slow, red: []string{contract.CaseLatency}, with: func(c *contract.Contract) { c.Latency.Fail = 100 * time.Millisecond }},
		{fault: contracttest.Forgetful, red: []string{contract.CaseReconnect}, with: soon},
		{fault: contracttest.SecondDumb, red: []string{contract.CaseDelivery}, with: soon},
		{fault: contracttest.Alarm, red: []string{contract.CaseNever}},
	} {
		all.Go(func() {
			s := contracttest.New(each.fault)
			defer s.Close()
			c := chat(s)
			if each.with != nil {
				each.with(&c)
			}
			got, err := try(t.Context(), c)
			if !slices.Equal(got.red, each.red) || got.wrong != nil || err != nil {
				t.Errorf("fault %s: %v, red %q, not judged %q; want red %q\n%+v", each.fault, err, got.red, got.wrong, each.red, got.by)
			}
			if !slices.Equal(got.started, c.Cases()) || len(got.by) != len(got.started) {
				t.Errorf("fault %s: started %q, of %q; ended %d", each.fault, got.started, c.Cases(), len(got.by))
			}
		})
	}
}

// soon is for a server that will never say it: nothing is gained by waiting longer.
func soon(c *contract.Contract) { c.Within = 4 * time.Second }

// noReconnect leaves out a case that a fault in the order of events breaks as well.
func noReconnect(c *contract.Contract) { c.Reconnect = nil }

func TestOnlyTheCasesThatAreAskedFor(t *testing.T) {
	t.Parallel()
	s := contracttest.New(contracttest.None)
	defer s.Close()
	got := mustTry(t, chat(s), "refused: no token")
	if !slices.Equal(got.started, []string{"refused: no token"}) || s.Asked() != 0 {
		t.Errorf("started %q, %d tokens asked for", got.started, s.Asked())
	}
	if got = mustTry(t, chat(s), contract.CaseOrder); !slices.Equal(got.started, []string{contract.CaseOrder}) || len(got.red)+len(got.wrong) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestNothingIsThere(t *testing.T) {
	s := contracttest.New(contracttest.None)
	c := chat(s)
	s.Close()
	got := mustTry(t, c)
	if !slices.Equal(got.red, []string{contract.CaseConnect}) || len(got.wrong) != len(c.Cases())-1 {
		t.Errorf("red %q, not judged %q", got.red, got.wrong)
	}
	if v := got.by[contract.CaseConnect]; !strings.Contains(v.Broken[0], "got no token") {
		t.Errorf("%+v", v)
	}
}

// A server that reads nothing is found out within the contract's time, and every case is named.
func TestDeafServer(t *testing.T) {
	t.Parallel()
	s := contracttest.New(contracttest.Deaf)
	defer s.Close()
	c := chat(s)
	c.Within, c.Reconnect, c.Refuse = 2*time.Second, nil, nil
	got := mustTry(t, c)
	if !slices.Equal(got.red, []string{contract.CasePing, contract.CaseDelivery}) || !slices.Equal(got.wrong, []string{contract.CaseLatency}) {
		t.Errorf("red %q, not judged %q", got.red, got.wrong)
	}
}

// Whoever ends the run early gets no verdicts that were not reached, and no wait.
func TestEndedEarly(t *testing.T) {
	s := contracttest.New(contracttest.Lost)
	defer s.Close()
	ctx, end := context.WithCancel(t.Context())
	c := chat(s)
	c.Within = time.Hour
	_, err := contract.Run(ctx, c, contract.Options{
		Started: func(name string) {
			if name == contract.CaseOrder {
				time.AfterFunc(100*time.Millisecond, end)
			}
		},
		Ended: func(v contract.Verdict, _ contract.Micros) {
			if v.Case != contract.CaseConnect && v.Case != contract.CasePing {
				t.Errorf("%+v", v)
			}
		},
	})
	if err == nil {
		t.Error("no error")
	}
}

// A token that stands in the address or in an event stands in no text.
func TestTokensAreMasked(t *testing.T) {
	t.Parallel()
	s := contracttest.New(contracttest.WrongUser)
	defer s.Close()
	c := chat(s)
	c.URL = s.Sockets() + "?token={token}&last={last}"
	c.Send = []string{"{user} has {token}"}
	soon(&c)
	got := mustTry(t, c)
	broken := strings.Join(got.by[contract.CaseIsolation].Broken, "\n")
	if !strings.Contains(broken, "***") || strings.Contains(broken, "e30.") {
		t.Error(broken)
	}
	s.Close()
	c.Token = contract.Token{Values: []string{"swordfish-1234"}}
	v := mustTry(t, c, contract.CaseConnect).by[contract.CaseConnect]
	if text := strings.Join(v.Broken, "\n"); !strings.Contains(text, "token=***") || strings.Contains(text, "swordfish") {
		t.Error(text)
	}
}
