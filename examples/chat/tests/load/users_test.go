package load

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"example.com/chat/internal/token"
	"example.com/chat/tests/client"
)

// issuer signs tokens as the auth service does, with its key: a thousand logins would measure the hashing of passwords, and nothing else.
func issuer(t *testing.T, database *pgx.Conn) *token.Issuer {
	t.Helper()
	var private []byte
	if err := database.QueryRow(t.Context(), "SELECT private FROM auth.signing_key").Scan(&private); err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS1PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return token.NewIssuer("chat-auth", key)
}

// newUsers are users with tokens, who have not connected yet.
func newUsers(t *testing.T, chat client.Chat, signs *token.Issuer, n int) []*user {
	t.Helper()
	out := make([]*user, n)
	for i := range out {
		who := token.Identity{User: rand.Text(), Name: fmt.Sprint("user", i), Session: rand.Text(), Expires: time.Now().Add(15 * time.Minute)}
		text, err := signs.Sign(who, "chat", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		out[i] = &user{User: &client.User{Chat: chat, ID: who.User, Name: who.Name, Token: text}}
	}
	return out
}

// user is one of many.
type user struct {
	*client.User
	thread string
	socket *client.Socket
}

// join begins a thread and connects.
func (u *user) join(t *testing.T) {
	u.thread = u.Thread(t, "A talk")
	u.socket = u.Join(t)
	u.socket.Open(u.thread)
	u.socket.Until("opened")
}

// say says something, and returns how long it took until the last event of the run had come. All of them must, in order, and none of another.
func (u *user) say(t *testing.T) time.Duration {
	begun := time.Now()
	u.socket.Say("mine alone")
	events := u.socket.Run(5)
	took := time.Since(begun)
	client.WantSteps(t, events)
	for _, e := range events {
		if e.Thread != u.thread {
			t.Errorf("an event of the thread %s came to the user of %s", e.Thread, u.thread)
		}
	}
	return took
}

// latencies are those of runs, from the message to the last event.
type latencies struct {
	mu  sync.Mutex
	all []time.Duration
}

func (l *latencies) add(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, d)
}

// at is a percentile.
func (l *latencies) at(percent int) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.all) == 0 {
		return 0
	}
	slices.Sort(l.all)
	return l.all[(len(l.all)-1)*percent/100]
}

func (l *latencies) String() string {
	return fmt.Sprintf("p50 %s, p95 %s, p99 %s, the slowest %s", l.at(50).Round(time.Millisecond), l.at(95).Round(time.Millisecond),
		l.at(99).Round(time.Millisecond), l.at(100).Round(time.Millisecond))
}

// wantKept checks what the database has of the users: each message that was said, its answer, and no run that is not finished.
func wantKept(ctx context.Context, t *testing.T, database *pgx.Conn, users []*user, messages int) {
	t.Helper()
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	var said, answered, unfinished int
	err := database.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE role = 'user'), count(*) FILTER (WHERE role = 'agent'), count(r.id) FILTER (WHERE finished_at IS NULL)
		FROM chat.threads t JOIN chat.messages m ON m.thread_id = t.id LEFT JOIN chat.runs r ON r.message_id = m.id WHERE user_id = ANY($1)`,
		ids).Scan(&said, &answered, &unfinished)
	if err != nil {
		t.Fatal(err)
	}
	if said != messages || answered != messages || unfinished != 0 {
		t.Errorf("%d messages and %d answers are kept, and %d runs are not finished; want %d, %[4]d and 0", said, answered, unfinished, messages)
	}
}
