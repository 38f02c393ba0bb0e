package categories

import (
	"slices"
	"strings"
	"testing"

	"testrunner/env"
)

// contracted is a configuration with one contract.
func contracted(contract string) string {
	return "version: 1\nsuites:\n  chat: { tool: websocket, websocket: " + contract + " }\n"
}

// contractKeys are the cases of keyCases for the keys of a contract.
var contractKeys = map[string]struct{ without, with string }{
	"suites.websocket":                       {contracted("{ url: x }"), contracted("{ url: y }")},
	"suites.websocket.url":                   {contracted("{ url: x }"), contracted("{ url: y }")},
	"suites.websocket.headers":               {contracted("{ url: x }"), contracted("{ url: x, headers: { A: 1 } }")},
	"suites.websocket.protocols":             {contracted("{ url: x }"), contracted("{ url: x, protocols: [chat] }")},
	"suites.websocket.token":                 {contracted("{ url: x }"), contracted("{ url: x, token: { variables: [T] } }")},
	"suites.websocket.users":                 {contracted("{ url: x }"), contracted("{ url: x, users: 2 }")},
	"suites.websocket.connections":           {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], connections: 2 }")},
	"suites.websocket.ramp":                  {contracted("{ url: x, users: 2 }"), contracted("{ url: x, users: 2, ramp: 3s }")},
	"suites.websocket.send":                  {contracted("{ url: x }"), contracted("{ url: x, send: [hi] }")},
	"suites.websocket.expect":                {contracted("{ url: x }"), contracted("{ url: x, expect: [a] }")},
	"suites.websocket.name":                  {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], name: kind }")},
	"suites.websocket.owner":                 {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], owner: { path: user } }")},
	"suites.websocket.owner.path":            {contracted("{ url: x, expect: [a], owner: { path: to } }"), contracted("{ url: x, expect: [a], owner: { path: user } }")},
	"suites.websocket.owner.is":              {contracted("{ url: x, expect: [a], owner: { path: user } }"), contracted("{ url: x, expect: [a], owner: { path: user, is: \"{sub}\" } }")},
	"suites.websocket.order":                 {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], order: any }")},
	"suites.websocket.never":                 {contracted("{ url: x }"), contracted("{ url: x, never: [b] }")},
	"suites.websocket.shared":                {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], shared: true }")},
	"suites.websocket.within":                {contracted("{ url: x }"), contracted("{ url: x, within: 3s }")},
	"suites.websocket.quiet":                 {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], quiet: 3s }")},
	"suites.websocket.ping":                  {contracted("{ url: x }"), contracted("{ url: x, ping: true }")},
	"suites.websocket.latency":               {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], latency: { warn: 1s } }")},
	"suites.websocket.latency.warn":          {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], latency: { warn: 1s } }")},
	"suites.websocket.latency.fail":          {contracted("{ url: x, expect: [a] }"), contracted("{ url: x, expect: [a], latency: { fail: 1s } }")},
	"suites.websocket.reconnect":             {contracted("{ url: x }"), contracted("{ url: x, reconnect: {} }")},
	"suites.websocket.reconnect.after":       {contracted("{ url: x, expect: [a], reconnect: {} }"), contracted("{ url: x, expect: [a], reconnect: { after: a } }")},
	"suites.websocket.reconnect.last":        {contracted("{ url: \"x?{last}\", expect: [a], reconnect: { after: a } }"), contracted("{ url: \"x?{last}\", expect: [a], reconnect: { after: a, last: seq } }")},
	"suites.websocket.refuse":                {contracted("{ url: x }"), contracted("{ url: x, refuse: [{ name: n, status: 401 }] }")},
	"suites.websocket.refuse.name":           {contracted("{ url: x, refuse: [{ name: n, status: 401 }] }"), contracted("{ url: x, refuse: [{ name: m, status: 401 }] }")},
	"suites.websocket.refuse.token":          {contracted("{ url: x, refuse: [{ name: n, status: 401 }] }"), contracted("{ url: x, refuse: [{ name: n, status: 401, token: none }] }")},
	"suites.websocket.refuse.claims":         {contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401 }] }"), contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, claims: '{\"exp\": 1}' }] }")},
	"suites.websocket.refuse.revoke":         {contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401 }] }"), contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r } }] }")},
	"suites.websocket.refuse.revoke.url":     {contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r } }] }"), contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: s } }] }")},
	"suites.websocket.refuse.revoke.method":  {contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r } }] }"), contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r, method: DELETE } }] }")},
	"suites.websocket.refuse.revoke.headers": {contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r } }] }"), contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r, headers: { A: 1 } } }] }")},
	"suites.websocket.refuse.revoke.body":    {contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r } }] }"), contracted("{ url: x, token: { issuer: i }, refuse: [{ name: n, status: 401, revoke: { url: r, body: b } }] }")},
	"suites.websocket.refuse.headers":        {contracted("{ url: x, refuse: [{ name: n, status: 401 }] }"), contracted("{ url: x, refuse: [{ name: n, status: 401, headers: { A: 1 } }] }")},
	"suites.websocket.refuse.status":         {contracted("{ url: x, refuse: [{ name: n, status: 401 }] }"), contracted("{ url: x, refuse: [{ name: n, status: 403 }] }")},
	"suites.websocket.refuse.close":          {contracted("{ url: x, refuse: [{ name: n, status: 401 }] }"), contracted("{ url: x, refuse: [{ name: n, status: 401, close: 4401 }] }")},
	"suites.websocket.expect.name":           {contracted("{ url: x, expect: [{ name: b }] }"), contracted("{ url: x, expect: [{ name: a }] }")},
	"suites.websocket.expect.count":          {contracted("{ url: x, expect: [{ name: a }] }"), contracted("{ url: x, expect: [{ name: a, count: 2 }] }")},
	"suites.websocket.token.login":           {contracted("{ url: x, token: { issuer: i } }"), contracted("{ url: x, token: { login: { url: l } } }")},
	"suites.websocket.token.path":            {contracted("{ url: x, token: { login: { url: l } } }"), contracted("{ url: x, token: { login: { url: l }, path: p } }")},
	"suites.websocket.token.issuer":          {contracted("{ url: x, token: { issuer: j } }"), contracted("{ url: x, token: { issuer: i } }")},
	"suites.websocket.token.claims":          {contracted("{ url: x, token: { issuer: i } }"), contracted("{ url: x, token: { issuer: i, claims: '{}' } }")},
	"suites.websocket.token.variables":       {contracted("{ url: x, token: { variables: [B] } }"), contracted("{ url: x, token: { variables: [A] } }")},
	"suites.websocket.token.login.url":       {contracted("{ url: x, token: { login: { url: l } } }"), contracted("{ url: x, token: { login: { url: m } } }")},
	"suites.websocket.token.login.method":    {contracted("{ url: x, token: { login: { url: l } } }"), contracted("{ url: x, token: { login: { url: l, method: GET } } }")},
	"suites.websocket.token.login.headers":   {contracted("{ url: x, token: { login: { url: l } } }"), contracted("{ url: x, token: { login: { url: l, headers: { A: 1 } } } }")},
	"suites.websocket.token.login.body":      {contracted("{ url: x, token: { login: { url: l } } }"), contracted("{ url: x, token: { login: { url: l, body: b } } }")},
}

func TestContractRefused(t *testing.T) {
	for _, each := range []struct{ contract, want string }{
		{"{}", "runner.yaml:3:28: the contract has no url"},
		{"{ url: x, users: 0 }", "0 is too few"},
		{"{ url: x, connections: -1 }", "-1 is too few"},
		{"{ url: x, expect: [{ name: a, count: 0 }] }", "what must not come under never"},
		{"{ url: x, expect: [{ count: 2 }] }", "the event has no name"},
		{"{ url: x, expect: [a], never: [a] }", "it can't be both"},
		{"{ url: x, expect: [a], order: some }", "write strict or any"},
		{"{ url: x, order: any }", "\"order\" does nothing without expect"},
		{"{ url: x, shared: true }", "\"shared\" does nothing without expect"},
		{"{ url: x, owner: { path: a } }", "\"owner\" does nothing without expect"},
		{"{ url: x, latency: { fail: 1s } }", "\"latency\" does nothing without expect"},
		{"{ url: x, quiet: 1s }", "\"quiet\" does nothing without expect or never"},
		{"{ url: x, ramp: 1s }", "\"ramp\" does nothing for one user"},
		{"{ url: x, within: 10 }", "expected"},
		{"{ url: x, expect: [a], reconnect: { after: b } }", "none of the expected events"},
		{"{ url: x, expect: [a], reconnect: { after: a, last: seq } }", "\"last\" does nothing"},
		{"{ url: x, token: {} }", "a token comes from one of"},
		{"{ url: x, token: { issuer: i, variables: [a] } }", "a token comes from one of"},
		{"{ url: x, token: { issuer: i, path: p } }", "\"path\" does nothing without login"},
		{"{ url: x, token: { variables: [a], claims: '{}' } }", "\"claims\" does nothing without issuer"},
		{"{ url: x, token: { issuer: i, claims: sub } }", "is no JSON object"},
		{"{ url: x, token: { variables: [a, b] } }", "2 tokens for 1 user"},
		{"{ url: x, token: { variables: [\"${a}\"] } }", "can't be the name of a variable"},
		{"{ url: x, token: { login: {} } }", "the request has no url"},
		{"{ url: x, token: { login: { url: l, method: \"GE T\" } } }", "is no method"},
		{"{ url: x, refuse: [{ status: 401 }] }", "needs a name"},
		{"{ url: x, refuse: [{ name: \"a::b\", status: 401 }] }", "needs a name"},
		{"{ url: x, refuse: [{ name: a }] }", "say how it must be refused"},
		{"{ url: x, refuse: [{ name: a, status: 200 }] }", "no status of a refusal"},
		{"{ url: x, refuse: [{ name: a, close: 7 }] }", "no close code"},
		{"{ url: x, refuse: [{ name: a, close: 4401 }, { name: a, status: 401 }] }", "stands here twice"},
		{"{ url: x, refuse: [{ name: a, status: 401, claims: '{}' }] }", "does nothing without token's issuer"},
		{"{ url: x, refuse: [{ name: a, status: 401, revoke: { url: r } }] }", "no token to revoke"},
	} {
		_, err := load(tree(), contracted(each.contract))
		if err == nil || !strings.Contains(err.Error(), each.want) {
			t.Errorf("%s: %v, want %q", each.contract, err, each.want)
		}
	}
	for config, want := range map[string]string{
		"version: 1\nsuites:\n  chat: { tool: websocket }\n":                                        "needs the key websocket",
		"version: 1\nsuites:\n  chat: { tool: go, websocket: { url: x } }\n":                        "\"websocket\" does nothing for the tool go",
		"version: 1\nsuites:\n  chat: { tool: websocket, dir: tests, websocket: { url: x } }\n":     "\"dir\" does nothing for the tool websocket",
		"version: 1\nsuites:\n  chat: { tool: websocket, args: [a], websocket: { url: x } }\n":      "\"args\" does nothing for the tool websocket",
		"version: 1\nsuites:\n  chat: { tool: websocket, paths: [tests], websocket: { url: x } }\n": "\"paths\" does nothing for the tool websocket",
	} {
		if _, err := load(tree(), config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", config, err, want)
		}
	}
}

// A contract's suite is of e2e, is picked by its name and a case's, and by the root's folder; and by nothing else.
func TestContractSelected(t *testing.T) {
	c := mustLoad(t, tree(), contracted("{ url: x, expect: [a], refuse: [{ name: no token, token: none, status: 401 }] }"))
	for _, each := range []struct {
		path  string
		suite bool
		tests []string
	}{
		{"chat::refused: no token", true, []string{"chat::refused: no token"}},
		{"chat::order", true, []string{"chat::order"}},
		{"tests/", false, nil},
	} {
		sel, err := c.Select(env.Asked{Paths: []string{each.path}})
		if err != nil {
			t.Fatalf("%s: %v", each.path, err)
		}
		var tests []string
		found := false
		for _, category := range sel.Categories {
			for _, s := range category.Suites {
				if s.Name == "chat" {
					found, tests = true, s.Target.Tests
					if category.Name != E2E || s.Target.ContractFile != ConfigFile || s.Target.ContractLine != 3 {
						t.Errorf("%s: %s %+v", each.path, category.Name, s.Target)
					}
				}
			}
		}
		if found != each.suite || !slices.Equal(tests, each.tests) {
			t.Errorf("%s: found %v, tests %q", each.path, found, tests)
		}
	}
	if _, err := c.Select(env.Asked{Paths: []string{"chatt::order"}}); err == nil {
		t.Error("a suite that is not there was taken")
	}
}

func TestClaimsOfARefusal(t *testing.T) {
	for _, each := range []struct{ own, over, want string }{
		{"", `{"exp": 1}`, `{"exp":1,"sub":"{user}"}`},
		{`{"sub": "a", "aud": "x"}`, `{"aud": null}`, `{"aud":null,"sub":"a"}`},
	} {
		got := loginOf(TokenConfig{Issuer: "http://i/", Claims: each.own}, each.over)
		if got.Body != each.want || got.URL != "http://i/token" {
			t.Errorf("%+v, want %s", got, each.want)
		}
	}
}
