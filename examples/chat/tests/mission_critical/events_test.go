// Package missioncritical tests what must never break: each user gets the five events of each run, in order, and nobody else does.
package missioncritical

import (
	"fmt"
	"testing"

	"example.com/chat/tests/client"
)

func TestFiveEventsInOrder(t *testing.T) {
	ada := client.Served(t).Register(t, "ada")
	socket := ada.Join(t)
	socket.Open(ada.Thread(t, "A talk"))
	for i := range 3 {
		socket.Say(fmt.Sprint("message ", i))
		client.WantSteps(t, socket.Run(5))
	}
}

func TestEventsComeOnAllConnectionsOfTheUser(t *testing.T) {
	ada := client.Served(t).Register(t, "ada")
	sockets := []*client.Socket{ada.Join(t), ada.Join(t), ada.Join(t)}
	sockets[0].Open(ada.Thread(t, "A talk"))
	sockets[0].Say("hello")
	first := sockets[0].Run(5)
	client.WantSteps(t, first)
	for _, socket := range sockets[1:] {
		for i, e := range socket.Run(5) {
			if e != first[i] {
				t.Errorf("one connection got %+v, another %+v", first[i], e)
			}
		}
	}
}

// The client sends before it has heard anything from the service: nothing of it may be lost.
func TestMessageRightAfterTheUpgradeIsNotLost(t *testing.T) {
	ada := client.Served(t).Register(t, "ada")
	thread := ada.Thread(t, "A talk")
	for range 20 {
		socket := ada.Connect(t, "")
		socket.Open(thread)
		socket.Say("am I early?")
		client.WantSteps(t, socket.Run(5))
		socket.Break()
	}
}

func TestWhatWasMissedInMidRunComesAfterAReconnect(t *testing.T) {
	ada := client.Served(t).Register(t, "ada")
	thread := ada.Thread(t, "A talk")
	for seen := 1; seen < 5; seen++ {
		socket := ada.Join(t)
		socket.Open(thread)
		socket.Say("wait for me")
		before := socket.Run(seen)
		socket.Break()
		again := ada.Connect(t, socket.Last)
		client.WantSteps(t, append(before, again.Run(5-seen)...))
		again.Break()
	}
}

// Many users at once, each with a thread of its own: all get their own runs, whole and in order, and nothing else.
func TestUsersAtOnceAreIsolated(t *testing.T) {
	const users, messages = 20, 3
	chat := client.Served(t)
	type talk struct {
		socket *client.Socket
		thread string
	}
	talks := make([]talk, users)
	for i := range talks {
		u := chat.Register(t, fmt.Sprint("user", i))
		talks[i] = talk{u.Join(t), u.Thread(t, "A talk")}
	}
	for _, k := range talks { // all have opened theirs before anybody speaks: a state that is shared shows
		k.socket.Open(k.thread)
		k.socket.Until("opened")
	}
	for range messages {
		for _, k := range talks { // nobody waits for anybody else's answer
			k.socket.Say("mine alone")
		}
		for _, k := range talks {
			events := k.socket.Run(5)
			client.WantSteps(t, events)
			for _, e := range events {
				if e.Thread != k.thread {
					t.Errorf("an event of the thread %s came to the user of %s", e.Thread, k.thread)
				}
			}
		}
	}
}
