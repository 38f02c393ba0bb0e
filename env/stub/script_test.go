package stub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"testrunner/env"
	"testrunner/env/service"
)

func scripted(path string, steps ...env.StubMessage) service.Spec {
	return webSpec(env.StubSpec{Path: path, Messages: steps})
}

func wsURL(a service.Address, path string) string {
	return strings.Replace(a.URL, "http", "ws", 1) + path
}

func dial(t *testing.T, i *Instance, path string, options *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), wsURL(i.Address(), path), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// greeted opens /ws, reads its first message and leaves.
func greeted(ctx context.Context, a service.Address) error {
	c, _, err := websocket.Dial(ctx, wsURL(a, "/ws"), nil)
	if err != nil {
		return err
	}
	if _, _, err := c.Read(ctx); err != nil {
		return err
	}
	return c.Close(websocket.StatusNormalClosure, "")
}

func say(t *testing.T, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
		t.Errorf("send %s: %v", text, err)
	}
}

func hear(t *testing.T, c *websocket.Conn, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, got, err := c.Read(ctx); err != nil || string(got) != want {
		t.Errorf("heard %q (%v), want %q", got, err, want)
	}
}

// refusedWith reads until the stub ends the connection.
func refusedWith(t *testing.T, c *websocket.Conn, reason string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, text, err := c.Read(ctx)
	var end websocket.CloseError
	if !errors.As(err, &end) || end.Code != websocket.StatusPolicyViolation || end.Reason != reason {
		t.Errorf("heard %q, %v; want the end with 1008 and %q", text, err, reason)
	}
}

func TestScript(t *testing.T) {
	i := start(t, scripted("/ws",
		env.StubMessage{Send: `{"type": "welcome"}`},
		env.StubMessage{Expect: `{"type": "message", "meta": {"n": 1}}`, Send: `{"type": "agent_started"}`},
		env.StubMessage{Send: "agent_completed", After: 30 * time.Millisecond},
		env.StubMessage{Expect: "bye"},
	))
	c := dial(t, i, "/ws", nil)
	hear(t, c, `{"type": "welcome"}`)
	say(t, c, `{"meta": {"m": 2, "n": 1.0}, "text": "hi", "type": "message"}`)
	hear(t, c, `{"type": "agent_started"}`)
	begun := time.Now()
	hear(t, c, "agent_completed")
	if took := time.Since(begun); took < 20*time.Millisecond {
		t.Errorf("it came after %s, and should wait", took)
	}
	say(t, c, "bye")
	if err := c.Ping(c.CloseRead(t.Context())); err != nil {
		t.Errorf("it stays open after the script: %v", err)
	}
	if err := c.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("close: %v", err)
	}
	if got := i.Unknown(); len(got) != 0 {
		t.Errorf("unknown: %v", got)
	}
}

func TestScriptRefuses(t *testing.T) {
	i := start(t, scripted("/ws", env.StubMessage{Expect: `{"a": {"b": [1, {"c": 2}]}}`}, env.StubMessage{Expect: "text"}))
	good := `{"a": {"b": [1, {"c": 2, "d": 3}]}}`
	for _, c := range []struct {
		say    []string
		reason string
	}{
		{[]string{"hello"}, "step 1: expected JSON"},
		{[]string{"[]"}, `step 1: expected to be {"a":{"b":[1,{"c":2}]}}, not []`},
		{[]string{`{"a": {}}`}, "step 1: expected .a.b, which is missing"},
		{[]string{`{"a": {"b": [1]}}`}, `step 1: expected .a.b to be [1,{"c":2}], not [1]`},
		{[]string{`{"a": {"b": [1, {"c": "2"}]}}`}, `step 1: expected .a.b[1].c to be 2, not "2"`},
		{[]string{good, "tex"}, "step 2: expected text"},
		{[]string{good, "text", "more"}, "step 3: nothing is expected any more"},
	} {
		ws := dial(t, i, "/ws", nil)
		for _, text := range c.say {
			say(t, ws, text)
		}
		refusedWith(t, ws, c.reason)
	}
	ws := dial(t, i, "/ws", nil)
	if err := ws.Write(t.Context(), websocket.MessageBinary, []byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	refusedWith(t, ws, "step 1: expected a text")
	got := i.Unknown()
	if len(got) != 8 || got[0] != "the message hello (/ws, step 1 of 2: expected JSON)" ||
		got[6] != "the message more (/ws, after the last step: nothing is expected any more)" ||
		got[7] != "the message of 2 bytes (/ws, step 1 of 2: expected a text)" {
		t.Errorf("unknown:\n%s", strings.Join(got, "\n"))
	}
}

func TestScriptsOwnPath(t *testing.T) {
	s := scripted("/ws", env.StubMessage{Send: "hello"})
	s.StubSpec.Routes = []env.StubRoute{{Path: "/api", Body: "{}"}}
	i := start(t, s)
	at := i.Address().URL
	if got := ask(t, "GET", at+"/api"); got.body != "{}" {
		t.Errorf("a route beside the script: %+v", got)
	}
	if got := ask(t, "GET", at+"/ws"); got.status != 501 || !strings.Contains(got.body, "but a WebSocket there") {
		t.Errorf("a plain request: %+v", got)
	}
	if _, answer, err := websocket.Dial(t.Context(), wsURL(i.Address(), "/other"), nil); err == nil || answer.StatusCode != 501 {
		t.Errorf("another path: %v", err)
	}
	c := dial(t, i, "/ws?token=abc", &websocket.DialOptions{Subprotocols: []string{"graphql-ws", "other"}, HTTPHeader: map[string][]string{"Origin": {"https://elsewhere.example"}}})
	if c.Subprotocol() != "graphql-ws" {
		t.Errorf("the subprotocol is %q", c.Subprotocol())
	}
	hear(t, c, "hello")
	if got := joined(i.Unknown()); got != "GET /ws; GET /other" {
		t.Errorf("unknown: %s", got)
	}
}

// Pings are answered while the script waits: readiness is asked that way.
func TestPingWhileTheScriptWaits(t *testing.T) {
	i := start(t, scripted("/ws", env.StubMessage{Send: "late", After: time.Hour}))
	c := dial(t, i, "/ws", nil)
	ctx, cancel := context.WithTimeout(c.CloseRead(t.Context()), patience)
	defer cancel()
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
}

func TestManyScriptsAtOnce(t *testing.T) {
	i := start(t, scripted("/ws", env.StubMessage{Expect: `{"n": 1}`, Send: "one"}, env.StubMessage{Expect: `{"n": 2}`, Send: "two"}))
	var all sync.WaitGroup
	for n := range 100 {
		all.Go(func() {
			c, _, err := websocket.Dial(t.Context(), wsURL(i.Address(), "/ws"), nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.CloseNow()
			say(t, c, fmt.Sprintf(`{"n": 1, "from": %d}`, n))
			hear(t, c, "one")
			if n%10 == 0 {
				say(t, c, `{"n": 3}`)
				refusedWith(t, c, "step 2: expected .n to be 2, not 3")
				return
			}
			say(t, c, `{"n": 2}`)
			hear(t, c, "two")
		})
	}
	all.Wait()
	if got := i.Unknown(); len(got) != 1 || !strings.HasSuffix(got[0], "(10 times)") {
		t.Errorf("unknown: %v", got)
	}
}

// A stop tells the clients why, and does not wait for one that is silent.
func TestStopWhileAScriptRuns(t *testing.T) {
	i := start(t, scripted("/ws", env.StubMessage{Send: "hello"}, env.StubMessage{Send: "late", After: time.Hour}))
	polite, silent := dial(t, i, "/ws", nil), dial(t, i, "/ws", nil)
	hear(t, polite, "hello")
	hear(t, silent, "hello") // from now on it reads nothing, so that it never answers the close
	ended := make(chan error, 1)
	go func() {
		_, _, err := polite.Read(t.Context())
		ended <- err
	}()
	begun := time.Now()
	stop(t, i)
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("the stop took %s", took)
	}
	if err := <-ended; websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the client hears %v, want 1001", err)
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct{ value, want, why string }{
		{`{"a": 1, "b": 2}`, `{"a": 1}`, ""},
		{`{"a": 1}`, `{"a": 1, "b": 2}`, "expected .b, which is missing"},
		{`{"a": null}`, `{"a": null}`, ""},
		{`{}`, `{"a": null}`, "expected .a, which is missing"},
		{`[1, 2]`, `[1, 2]`, ""},
		{`[1, 2, 3]`, `[1, 2]`, "expected to be [1,2], not [1,2,3]"},
		{`1e2`, `100`, ""},
		{`1e-999999999`, `0`, ""},
		{`0.1`, `0.10000000000000000001`, "expected to be 0.10000000000000000001, not 0.1"},
		{`9007199254740993`, `9007199254740992`, "expected to be 9007199254740992, not 9007199254740993"},
		{`"a"`, `"b"`, `expected to be "b", not "a"`},
		{`true`, `"true"`, `expected to be "true", not true`},
		{`{"a": {}}`, `{"a": "x"}`, `expected .a to be "x", not {}`},
	} {
		value, ok := parseJSON([]byte(c.value))
		want, ok2 := parseJSON([]byte(c.want))
		if !ok || !ok2 {
			t.Fatalf("%v is no JSON", c)
		}
		if got := contains(value, want, ""); got != c.why {
			t.Errorf("%s contains %s: %q, want %q", c.value, c.want, got, c.why)
		}
	}
}

// Any value contains itself, and nothing panics.
func FuzzContains(f *testing.F) {
	f.Add(`{"a": [1, {"b": null}]}`, `{"a": []}`)
	f.Add(`1e400`, `-0`)
	f.Fuzz(func(t *testing.T, a, b string) {
		x, ok := parseJSON([]byte(a))
		if ok {
			if why := contains(x, x, ""); why != "" {
				t.Errorf("%s does not contain itself: %s", a, why)
			}
		}
		y, ok2 := parseJSON([]byte(b))
		if why := contains(x, y, ""); ok && ok2 && why == "" {
			if _, isObject := y.(map[string]any); !isObject {
				if _, err := json.Marshal(y); err != nil {
					t.Error(err)
				}
			}
		}
		newExpectation(a).differs(message{text: []byte(b)})
	})
}
