// Package e2e goes the way of a user through the whole chat: all services, as they run.
package e2e

import (
	"net/http"
	"testing"

	"example.com/chat/tests/client"
)

// throughThePage are the services as the page reaches them: behind the frontend's one address.
func throughThePage(t *testing.T) client.Chat {
	web := client.Address(t, "WEB_URL")
	return client.Chat{Auth: web + "/auth", API: web + "/api"}
}

func TestJourneyOfAUser(t *testing.T) {
	chat := client.Served(t)
	ada := chat.Register(t, "ada")
	thread := ada.Thread(t, "First talk")
	socket := ada.Join(t)
	socket.Open(thread)
	socket.Say("hello there")
	client.WantSteps(t, socket.Run(5))
	socket.Say("and again")
	events := socket.Run(5)
	client.WantSteps(t, events)
	if got := ada.Messages(t, thread); len(got) != 4 || got[3].Role != "agent" || got[3].Text != events[4].Data.Text {
		t.Errorf("the thread holds %+v", got)
	}
	// Signed out, the token is worth nothing; signed in again, all is there.
	ada.Revoke(t)
	client.Do(t, http.MethodGet, chat.API+"/threads", ada.Token, nil, http.StatusUnauthorized, nil)
	ada.SignIn(t, nil)
	if got := ada.Messages(t, thread); len(got) != 4 {
		t.Errorf("the thread holds %+v", got)
	}
}

func TestPageReachesAllServicesAtOneAddress(t *testing.T) {
	ada := throughThePage(t).Register(t, "ada")
	thread := ada.Thread(t, "From the page")
	ada.Chat.API = client.Address(t, "WEB_URL") // its WebSocket is at /ws, and not at /api/ws
	socket := ada.Join(t)
	socket.Open(thread)
	socket.Say("hello")
	client.WantSteps(t, socket.Run(5))
}
