package integration

import (
	"net/http"
	"slices"
	"testing"

	"example.com/chat/tests/client"
)

func TestRunIsSentAndItsAnswerKept(t *testing.T) {
	ada := newChat(t).Register(t, "ada")
	thread := ada.Thread(t, "A talk")
	socket := ada.Join(t)
	socket.Open(thread)
	socket.Say("how are you")
	events := socket.Run(5)
	client.WantSteps(t, events)
	const answer = "That was 3 words. Messages before it in this thread: 0."
	if got := events[4].Data.Text; got != answer {
		t.Errorf("answered %q", got)
	}
	if got := ada.Messages(t, thread); !slices.Equal(got, []client.Said{{Role: "user", Text: "how are you"}, {Role: "agent", Text: answer}}) {
		t.Errorf("kept: %+v", got)
	}
}

func TestMessageOverHTTPSetsOffARunToo(t *testing.T) {
	ada := newChat(t).Register(t, "ada")
	thread := ada.Thread(t, "A talk")
	socket := ada.Join(t)
	client.Post(t, ada.Chat.API+"/threads/"+thread+"/messages", ada.Token, map[string]any{"text": "hello"}, http.StatusAccepted, nil)
	client.WantSteps(t, socket.Run(5))
}

func TestThreadOfAnotherIsNotThere(t *testing.T) {
	chat := newChat(t)
	ada, bob := chat.Register(t, "ada"), chat.Register(t, "bob")
	thread := ada.Thread(t, "Mine")
	client.Do(t, http.MethodGet, chat.API+"/threads/"+thread+"/messages", bob.Token, nil, http.StatusNotFound, nil)
	client.Post(t, chat.API+"/threads/"+thread+"/messages", bob.Token, map[string]any{"text": "hello"}, http.StatusNotFound, nil)
	if got := ada.Messages(t, thread); len(got) > 0 {
		t.Errorf("there is %+v", got)
	}
}

// What is said at one instance comes to the connections of that user at the other, and to nobody else's.
func TestFanOutBetweenTwoInstances(t *testing.T) {
	authURL := newAuth(t)
	here := client.Chat{Auth: authURL, API: newBackend(t, authURL, nil)}
	there := client.Chat{Auth: authURL, API: newBackend(t, authURL, nil)}
	ada, bob := here.Register(t, "ada"), here.Register(t, "bob")
	thread := ada.Thread(t, "A talk")
	adaHere, bobHere := ada.Join(t), bob.Join(t)
	ada.Chat, bob.Chat = there, there
	adaThere, bobThere := ada.Join(t), bob.Join(t)
	adaHere.Open(thread)
	adaHere.Say("hello, both")
	for _, socket := range []*client.Socket{adaHere, adaThere} {
		client.WantSteps(t, socket.Run(5))
	}
	// Had anything been on its way to bob, it would come before his own.
	own := bob.Thread(t, "Another talk")
	bobHere.Open(own)
	bobHere.Say("and me?")
	for _, socket := range []*client.Socket{bobHere, bobThere} {
		if events := socket.Run(5); events[0].Thread != own {
			t.Errorf("bob got %+v", events)
		} else {
			client.WantSteps(t, events)
		}
	}
}

func TestConnectionsShareNoState(t *testing.T) {
	ada := newChat(t).Register(t, "ada")
	one, two := ada.Thread(t, "One"), ada.Thread(t, "Two")
	first, second := ada.Join(t), ada.Join(t)
	first.Open(one)
	first.Until("opened")
	second.Open(two)
	second.Until("opened")
	first.Say("in one")
	if e := first.Run(5)[4]; e.Thread != one {
		t.Errorf("said in %s, want %s", e.Thread, one)
	}
}

func TestRevocationEndsConnectionsThatAreOpen(t *testing.T) {
	ada := newChat(t).Register(t, "ada")
	socket := ada.Join(t)
	ada.Revoke(t)
	if code := socket.End(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
}
