package token_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"example.com/chat/internal/token"
)

const (
	issuerName = "https://auth.example.com"
	audience   = "chat"
)

// noon is the time of these tests.
var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// parties are an issuer, and a verifier that asks it for its keys over HTTP.
func parties(t *testing.T) (*token.Issuer, token.Verifier, *atomic.Int32) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	issuer, asked := token.NewIssuer(issuerName, key), new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_ = json.NewEncoder(w).Encode(issuer.Keys())
	}))
	t.Cleanup(server.Close)
	keys := &token.RemoteKeys{URL: server.URL, Client: server.Client()}
	return issuer, token.Verifier{
		Issuer: issuerName, Audience: audience, Key: keys.Key, Now: func() time.Time { return noon },
		Revoked: func(_ context.Context, session string) (bool, error) { return session == "revoked", nil },
	}, asked
}

func ada() token.Identity {
	return token.Identity{User: "u1", Name: "ada", Session: "s1", Expires: noon.Add(time.Minute)}
}

func TestTokenSaysWhoItWasGivenTo(t *testing.T) {
	issuer, verifier, asked := parties(t)
	for range 3 {
		text, err := issuer.Sign(ada(), audience, noon)
		if err != nil {
			t.Fatal(err)
		}
		who, err := verifier.Verify(t.Context(), text)
		if err != nil || who.User != "u1" || who.Name != "ada" || who.Session != "s1" || !who.Expires.Equal(noon.Add(time.Minute)) {
			t.Errorf("%+v, %v", who, err)
		}
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestRefusedTokens(t *testing.T) {
	issuer, verifier, _ := parties(t)
	stranger, _, _ := parties(t)
	sign := func(by *token.Issuer, audience string, change func(*token.Identity)) string {
		who := ada()
		change(&who)
		text, err := by.Sign(who, audience, noon)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	same := func(*token.Identity) {}
	good := sign(issuer, audience, same)
	tampered := good[:len(good)-8] + strings.Map(func(r rune) rune {
		if r == 'A' {
			return 'B'
		}
		return 'A'
	}, good[len(good)-8:])
	unsigned := "eyJhbGciOiJub25lIn0." + strings.Split(good, ".")[1] + "."
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"none":             {"", token.ErrMissing},
		"no token at all":  {"hello", token.ErrInvalid},
		"expired":          {sign(issuer, audience, func(i *token.Identity) { i.Expires = noon.Add(-time.Second) }), token.ErrExpired},
		"revoked":          {sign(issuer, audience, func(i *token.Identity) { i.Session = "revoked" }), token.ErrRevoked},
		"another audience": {sign(issuer, "reports", same), token.ErrAudience},
		"another issuer":   {sign(stranger, audience, same), token.ErrInvalid},
		"changed":          {tampered, token.ErrInvalid},
		"not signed":       {unsigned, token.ErrInvalid},
		"nobody's":         {sign(issuer, audience, func(i *token.Identity) { i.User = "" }), token.ErrInvalid},
		"of no session":    {sign(issuer, audience, func(i *token.Identity) { i.Session = "" }), token.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			who, err := verifier.Verify(t.Context(), c.text)
			if !errors.Is(err, c.want) || !token.Refused(err) {
				t.Errorf("%+v, %v; want %v", who, err, c.want)
			}
		})
	}
}

// What can't be asked is no verdict about the token: the client may come again.
func TestTroubleOfOursIsNoRefusal(t *testing.T) {
	issuer, verifier, _ := parties(t)
	text, err := issuer.Sign(ada(), audience, noon)
	if err != nil {
		t.Fatal(err)
	}
	deaf := verifier
	deaf.Revoked = func(context.Context, string) (bool, error) { return false, errors.New("connection refused") }
	blind := verifier
	blind.Key = (&token.RemoteKeys{URL: "http://127.0.0.1:1", Client: http.DefaultClient}).Key
	for name, v := range map[string]token.Verifier{"Redis is down": deaf, "auth is down": blind} {
		if _, err := v.Verify(t.Context(), text); err == nil || token.Refused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhereTheTokenOfARequestStands(t *testing.T) {
	for _, c := range []struct{ header, value, want string }{
		{"Authorization", "Bearer abc", "abc"},
		{"Authorization", "bearer abc", "abc"},
		{"Authorization", "Basic abc", ""},
		{"Sec-WebSocket-Protocol", "chat, token.abc", "abc"},
		{"Sec-WebSocket-Protocol", "chat", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/ws?token=xyz", nil)
		r.Header.Set(c.header, c.value)
		if got := token.FromRequest(r); got != c.want {
			t.Errorf("%s: %s gives %q, want %q", c.header, c.value, got, c.want)
		}
	}
}
