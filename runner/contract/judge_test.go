package contract

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestMisplaced(t *testing.T) {
	for _, each := range []struct{ want, got, bad string }{
		{"a b c", "a b c", ""},
		{"a b c", "a c", ""},
		{"a b c", "a b b c", ""},
		{"a b c", "a c b", "b"},
		{"a b c", "c a b", "a"},
		{"a a b", "a b", ""},
		{"a a b", "a b a", "a"},
		{"a b a", "b a", ""},
		{"a b a", "a b a", ""},
		{"a b a", "a a b", "b"},
		{"a", "", ""},
	} {
		if bad := misplaced(strings.Fields(each.want), strings.Fields(each.got)); bad != each.bad {
			t.Errorf("of %s came %s: %q is misplaced, want %q", each.want, each.got, bad, each.bad)
		}
	}
}

// said is a talk of user n, of events "name@ms" or "name@ms/whose number".
func said(n int, words string) Talk {
	t := Talk{User: User{Number: n, Run: "r"}}
	for _, word := range strings.Fields(words) {
		event, whose, _ := strings.Cut(word, "/")
		name, at, _ := strings.Cut(event, "@")
		ms, err := time.ParseDuration(at + "ms")
		if err != nil {
			panic(err)
		}
		if whose == "" {
			whose = fmt.Sprint(n)
		}
		text := fmt.Sprintf(`{"type": %q, "to": {"name": "user-r-%s"}}`, name, whose)
		t.Got = append(t.Got, Received{Name: name, Text: []byte(text), At: ms})
	}
	return t
}

func TestJudge(t *testing.T) {
	two := Contract{Users: 2, Expect: []Event{{Name: "a"}, {Name: "b", Count: 2}}, Never: []string{"x"}}
	path, room, loose, one, slow, tight := two, two, two, two, two, two
	path.Owner = Owner{Path: "to.name"}
	room.Shared = true
	loose.Loose = true
	one.Token.Values = []string{"t"}
	slow.Latency = Latency{Warn: 5 * time.Millisecond, Fail: 50 * time.Millisecond}
	tight.Latency = Latency{Fail: 5 * time.Millisecond}
	for _, each := range []struct {
		name  string
		c     Contract
		talks []Talk
		red   string
		note  string // holds in one of the notes and warnings
	}{
		{"all is well", two, []Talk{said(1, "a@1 b@2 b@3"), said(2, "a@1 b@2 b@4")}, "", "p50 3ms, p95 4ms, p99 4ms, max 4ms (2 measured)"},
		{"others count for nothing", two, []Talk{said(1, "hi@1 a@1 b@2 b@3 bye@9"), said(2, "a@1 b@2 b@3")}, "", "6 of 6 events came (100 %)"},
		{"one is lost", two, []Talk{said(1, "a@1 b@3"), said(2, "a@1 b@2 b@3")}, "delivery", "5 of 6 events came (83.33 %)"},
		{"one too many", two, []Talk{said(1, "a@1 b@2 b@3 b@4"), said(2, "a@1 b@2 b@3")}, "delivery", ""},
		{"swapped", two, []Talk{said(1, "b@1 a@2 b@3"), said(2, "a@1 b@2 b@3")}, "order", ""},
		{"in any order", loose, []Talk{said(1, "b@1 a@2 b@3"), said(2, "a@1 b@2 b@3")}, "", ""},
		{"another's", two, []Talk{said(1, "a@1 b@2 b@3"), said(2, "a@1 b@2 b@3 b@4/1")}, "isolation", ""},
		{"another's by path", path, []Talk{said(1, "a@1 b@2 b@3"), said(2, "a@1 b@2 b@3 b@4/1")}, "isolation", ""},
		{"a stranger's by path", path, []Talk{said(1, "a@1 b@2 b@3"), said(2, "a@1 b@2 b@3 b@4/77")}, "isolation", ""},
		{"a room", room, []Talk{said(1, "a@1 b@2 a@2/2 b@2/2 b@3"), said(2, "a@1 b@2 b@3 b@4/1")}, "", ""},
		{"a room loses one", room, []Talk{said(1, "a@1 b@2"), said(2, "a@1 b@2 b@3 b@4/1")}, "delivery", ""},
		{"a room swaps", room, []Talk{said(1, "b@1 b@2 a@3"), said(2, "a@1 b@2 b@3")}, "order", ""},
		{"one token of all", one, []Talk{said(1, "a@1 b@2 b@3 a@3/2 b@4/2 b@5/2"), said(2, "a@1 b@2 b@3")}, "", ""},
		{"what must not come", two, []Talk{said(1, "a@1 b@2 x@2 b@3"), said(2, "a@1 b@2 b@3")}, "never", ""},
		{"nobody got all", two, []Talk{said(1, "a@1"), said(2, "b@1")}, "delivery latency?", ""},
		{"slow enough for a word", slow, []Talk{said(1, "a@1 b@2 b@9"), said(2, "a@1 b@2 b@3")}, "", "above the warning of 5ms"},
		{"too slow", tight, []Talk{said(1, "a@1 b@2 b@9"), said(2, "a@1 b@2 b@3")}, "latency", ""},
	} {
		var red []string
		notes := ""
		for _, v := range Judge(each.c, each.talks) {
			if len(v.Broken) > 0 {
				red = append(red, v.Case)
			}
			if v.Wrong != "" {
				red = append(red, v.Case+"?")
			}
			notes += v.Note + "\n" + v.Warn + "\n"
		}
		if strings.Join(red, " ") != each.red || !strings.Contains(notes, each.note) {
			t.Errorf("%s: red %q, want %q; %s", each.name, red, each.red, notes)
		}
	}
}

// The user who sends nothing must get nothing of what is expected, whoever it names.
func TestJudgeBystander(t *testing.T) {
	c := Contract{Expect: []Event{{Name: "a"}}, Send: []string{"x"}, Token: Token{Login: &Login{Request: Request{Body: "{user}"}}}}
	silent := said(2, "a@1 hello@1")
	silent.User.Silent = true
	for _, v := range Judge(c, []Talk{said(1, "a@1"), silent}) {
		if got := len(v.Broken); got != map[string]int{CaseIsolation: 1}[v.Case] {
			t.Errorf("%+v", v)
		}
	}
}

func TestPercentNeverRoundsUp(t *testing.T) {
	for _, each := range []struct {
		part, whole int
		want        string
	}{{1, 1, "100"}, {0, 0, "100"}, {99999, 100000, "99.99"}, {0, 5, "0.00"}} {
		if got := percent(each.part, each.whole); got != each.want {
			t.Errorf("%d of %d: %s, want %s", each.part, each.whole, got, each.want)
		}
	}
}

func TestFind(t *testing.T) {
	text := []byte(`{"type": "a", "data": {"id": 12345678901234567890, "list": [{"ok": true}]}, "none": null}`)
	for path, want := range map[string]string{
		"type": "a", "$.type": "a", "data.id": "12345678901234567890", "data.list.0.ok": "true",
		"none": "?", "data": "?", "data.list.1": "?", "data.list.x": "?", "type.x": "?", "": "?",
	} {
		got, ok := find(text, path)
		if !ok {
			got = "?"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if _, ok := find([]byte("no JSON"), "type"); ok {
		t.Error("found something in what is no JSON")
	}
}

func TestMentioned(t *testing.T) {
	if got := fmt.Sprint(mentioned("user-r-1 and user-r-12, user-r-, user-s-3", "r")); got != "[1 12]" {
		t.Error(got)
	}
}

func TestExpand(t *testing.T) {
	vars := map[string]string{"WS_URL": "ws://here/ws", "AUTH": "http://auth"}
	get := func(name string) string { return vars[name] }
	c := Contract{
		URL: "${WS_URL}?token={token}", Headers: map[string]string{"X": "${AUTH}"}, Token: Token{Login: &Login{Request: Request{URL: "${AUTH}/login"}}},
		Refuse: []Refusal{{Name: "r", Revoke: &Request{URL: "${AUTH}/revoke"}}},
	}
	got, err := c.Expand(get)
	if err != nil || got.URL != "ws://here/ws?token={token}" || got.Headers["X"] != "http://auth" || got.Token.Login.URL != "http://auth/login" || got.Refuse[0].Revoke.URL != "http://auth/revoke" {
		t.Errorf("%v %+v", err, got)
	}
	if c.Refuse[0].Revoke.URL != "${AUTH}/revoke" {
		t.Error("the contract itself was changed")
	}
	c.Send = []string{"${NOBODY}"}
	if _, err = c.Expand(get); err == nil || !strings.Contains(err.Error(), "NOBODY") {
		t.Error(err)
	}
}
