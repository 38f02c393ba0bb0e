package live_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"example.com/chat/internal/live"
)

func TestEventsComeInOrderOnAllConnectionsOfAUser(t *testing.T) {
	r := newRoom(t, time.Hour)
	phone, desk := r.join(t, "ada", ""), r.join(t, "ada", "")
	phone.until(live.Ready)
	desk.until(live.Ready)
	for i := range 10 {
		phone.send(fmt.Sprintf(`{"type":"say","text":"%d"}`, i))
	}
	for _, c := range []*client{phone, desk} {
		for i := range 10 {
			if e := c.until("said"); string(e.Data) != fmt.Sprintf(`{"text":"%d"}`, i) || e.ID != fmt.Sprintf("%d-0", i+1) {
				t.Fatalf("event %d is %+v", i, e)
			}
		}
	}
}

func TestNobodyGetsTheEventsOfAnother(t *testing.T) {
	r := newRoom(t, time.Hour)
	ada, bob := r.join(t, "ada", ""), r.join(t, "bob", "")
	ada.until(live.Ready)
	bob.until(live.Ready)
	ada.send(`{"type":"say","text":"for ada"}`)
	ada.until("said")
	bob.send(`{"type":"say","text":"for bob"}`)
	if e := bob.until("said"); string(e.Data) != `{"text":"for bob"}` {
		t.Errorf("bob got %s", e.Data)
	}
}

func TestEachConnectionHasAStateOfItsOwn(t *testing.T) {
	r := newRoom(t, time.Hour)
	ada, bob := r.join(t, "ada", ""), r.join(t, "bob", "")
	ada.send(`{"type":"open","thread":"A"}`)
	ada.until("opened")
	bob.send(`{"type":"open","thread":"B"}`)
	bob.until("opened")
	ada.send(`{"type":"say","text":"where am I?"}`)
	if e := ada.until("said"); e.Thread != "A" {
		t.Errorf("ada talks in %q", e.Thread)
	}
}

func TestWhatWasMissedComesAfterAReconnect(t *testing.T) {
	r := newRoom(t, time.Hour)
	ada := r.join(t, "ada", "")
	ada.send(`{"type":"say","text":"1"}`)
	seen := ada.until("said").ID
	if err := ada.socket.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	for range 5 {
		if err := r.stream.Append(t.Context(), "ada", live.Event{Type: "said"}); err != nil {
			t.Fatal(err)
		}
	}
	again := r.join(t, "ada", "?last_event_id="+seen)
	if e := again.next(); e.Type != live.Ready || e.ID != seen {
		t.Errorf("it begins with %+v", e)
	}
	for i := range 5 {
		if e := again.next(); e.ID != fmt.Sprintf("%d-0", i+2) {
			t.Errorf("event %d has the id %s", i, e.ID)
		}
	}
	// Who names no event gets what comes from now on.
	if e := r.join(t, "ada", "").next(); e.Type != live.Ready || e.ID != "6-0" {
		t.Errorf("a new connection begins with %+v", e)
	}
}

func TestRefusedConnects(t *testing.T) {
	r := newRoom(t, time.Hour)
	for _, c := range []struct {
		name, user, query string
		want              int
	}{
		{"no token", "", "", http.StatusUnauthorized},
		{"expired", "late", "", http.StatusUnauthorized},
		{"can't be checked", "nobody knows", "", http.StatusServiceUnavailable},
		{"no event's id", "ada", "?last_event_id=1", http.StatusBadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{}
			if c.user != "" {
				header.Set("Authorization", "Bearer "+c.user)
			}
			_, response, err := websocket.Dial(t.Context(), r.url+c.query, &websocket.DialOptions{HTTPHeader: header})
			if err == nil || response.StatusCode != c.want {
				t.Errorf("%v, %+v; want the status %d", err, response, c.want)
			}
		})
	}
	if users := r.hub.Users(); len(users) > 0 {
		t.Errorf("connected: %s", users)
	}
}

func TestAnswersOfMessagesThatCantBeDone(t *testing.T) {
	r := newRoom(t, time.Hour)
	ada := r.join(t, "ada", "")
	for _, c := range []struct{ message, want string }{
		{`hello`, "not the JSON"},
		{`{"type":"dance","ref":"7"}`, `no messages of type "dance", but fail, open, say`},
		{`{"type":"fail","ref":"7"}`, "internal error"},
	} {
		ada.send(c.message)
		e := ada.until(live.Failed)
		if got := errorOf(t, e); !strings.Contains(got, c.want) || strings.Contains(got, "secret") {
			t.Errorf("%s: %q, want %q", c.message, got, c.want)
		}
		if strings.Contains(c.message, "ref") && e.Ref != "7" {
			t.Errorf("%s: answered as %q", c.message, e.Ref)
		}
	}
	if err := ada.socket.Write(t.Context(), websocket.MessageBinary, []byte{1}); err != nil {
		t.Fatal(err)
	}
	if got := errorOf(t, ada.until(live.Failed)); got != "messages are texts" {
		t.Error(got)
	}
}

func TestWhyAConnectionEnds(t *testing.T) {
	for name, c := range map[string]struct {
		user string
		act  func(*room)
		want websocket.StatusCode
	}{
		"the token was revoked":    {"ada", func(r *room) { r.hub.End("of ada") }, live.StatusTokenEnded},
		"the token has expired":    {"brief", func(*room) {}, live.StatusTokenEnded},
		"the service ends":         {"ada", func(r *room) { go r.hub.Close(context.Background()) }, websocket.StatusGoingAway},
		"the stream can't be read": {"ada", func(r *room) { r.stream.fail(errors.New("gone")); r.hub.WakeAll() }, websocket.StatusInternalError},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, time.Hour)
			client := r.join(t, c.user, "")
			client.until(live.Ready)
			c.act(r)
			if got := client.end(); got != c.want {
				t.Errorf("closed with %d, want %d", got, c.want)
			}
		})
	}
}

func TestHubThatWasClosedTakesNobody(t *testing.T) {
	r := newRoom(t, time.Hour)
	if err := r.hub.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.join(t, "ada", "").end(); got != websocket.StatusGoingAway {
		t.Errorf("closed with %d", got)
	}
}

func TestWhoIsGoneIsForgotten(t *testing.T) {
	r := newRoom(t, 10*time.Millisecond)
	ada := r.join(t, "ada", "")
	ada.until(live.Ready)
	ada.send(`{"type":"say","text":"I read, so I answer pings"}`)
	ada.until("said")
	if err := ada.socket.CloseNow(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); len(r.hub.Users()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("connected still: %s", r.hub.Users())
		}
	}
}
