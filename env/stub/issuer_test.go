package stub

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"testrunner/env"
)

func fetch(t *testing.T, url string, into any) {
	t.Helper()
	got := ask(t, "GET", url)
	if got.status != 200 || got.kind != "application/json" {
		t.Fatalf("%s: %d %s %s", url, got.status, got.kind, got.body)
	}
	if err := json.Unmarshal([]byte(got.body), into); err != nil {
		t.Fatal(err)
	}
}

// keysOf reads a JWKS as a client does.
func keysOf(t *testing.T, url string) jwt.Keyfunc {
	t.Helper()
	var set struct {
		Keys []struct{ Kty, Use, Alg, Kid, N, E string }
	}
	fetch(t, url, &set)
	return func(token *jwt.Token) (any, error) {
		for _, k := range set.Keys {
			if k.Kid != token.Header["kid"] || k.Kty != "RSA" || k.Use != "sig" || k.Alg != "RS256" {
				continue
			}
			n, err := base64.RawURLEncoding.DecodeString(k.N)
			if err != nil {
				return nil, err
			}
			e, err := base64.RawURLEncoding.DecodeString(k.E)
			if err != nil {
				return nil, err
			}
			return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
		}
		return nil, errors.New("no such key")
	}
}

// grant asks for a token.
func grant(t *testing.T, url, claims string) (token string, expiresIn *int64) {
	t.Helper()
	got := askWith(t, "POST", url, claims, "Content-Type", "application/json")
	var answer struct {
		Token     string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn *int64 `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != 200 || answer.Type != "Bearer" {
		t.Fatalf("a token for %s: %d %s (%v)", claims, got.status, got.body, err)
	}
	return answer.Token, answer.ExpiresIn
}

func TestIssuer(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{JWT: &env.StubIssuer{Audience: "chat", Lifetime: time.Hour}}))
	var about struct {
		Issuer string
		JWKS   string `json:"jwks_uri"`
		Token  string `json:"token_endpoint"`
	}
	fetch(t, i.Address().URL+"/.well-known/openid-configuration", &about)
	if about.Issuer != i.Address().URL {
		t.Errorf("the issuer is %q", about.Issuer)
	}
	keys := keysOf(t, about.JWKS)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(about.Issuer), jwt.WithAudience("chat"), jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithJSONNumber())

	token, in := grant(t, about.Token, `{"sub": "ada", "roles": ["admin"], "big": 12345678901234567890}`)
	parsed, err := parser.Parse(token, keys)
	if err != nil {
		t.Fatal(err)
	}
	claims, _ := json.Marshal(parsed.Claims)
	if text := string(claims); !strings.Contains(text, `"sub":"ada"`) || !strings.Contains(text, `"roles":["admin"]`) || !strings.Contains(text, `"big":12345678901234567890`) {
		t.Errorf("the claims are %s", text)
	}
	if in == nil || *in != 3600 {
		t.Errorf("it expires in %v", in)
	}

	for _, c := range []struct {
		name, claims string
		want         error
	}{
		{"nothing", "", nil},
		{"its own audience", `{"aud": ["chat", "other"]}`, nil},
		{"expired", `{"exp": 1}`, jwt.ErrTokenExpired},
		{"another audience", `{"aud": "other"}`, jwt.ErrTokenInvalidAudience},
		{"another issuer", `{"iss": "https://evil.example"}`, jwt.ErrTokenInvalidIssuer},
		{"not yet", `{"nbf": 99999999999}`, jwt.ErrTokenNotValidYet},
		{"no end", `{"exp": null}`, jwt.ErrTokenRequiredClaimMissing},
	} {
		token, _ := grant(t, about.Token, c.claims)
		if _, err := parser.Parse(token, keys); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, in := grant(t, about.Token, `{"exp": 1}`); in == nil || *in != 0 {
		t.Errorf("an expired token expires in %v", in)
	}
	if _, in := grant(t, about.Token, `{"exp": null}`); in != nil {
		t.Errorf("a token without an end expires in %v", *in)
	}
	forged := token[:len(token)-4] + map[bool]string{true: "AAAA", false: "BBBB"}[token[len(token)-4:] != "AAAA"]
	if _, err := parser.Parse(forged, keys); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		t.Errorf("a forged token: %v", err)
	}
	other := start(t, webSpec(env.StubSpec{JWT: &env.StubIssuer{}}))
	strange, _ := grant(t, other.Address().URL+"/token", "{}")
	if _, err := parser.Parse(strange, keys); !errors.Is(err, jwt.ErrTokenUnverifiable) {
		t.Errorf("a token of another issuer: %v", err)
	}
	if got := i.Unknown(); len(got) != 0 {
		t.Errorf("unknown: %v", got)
	}
}

func TestIssuerRefuses(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{JWT: &env.StubIssuer{Issuer: "https://auth.example.com"}}))
	at := i.Address().URL
	for _, body := range []string{"grant_type=password", "[]", `"x"`, "{} {}", "{"} {
		if got := askWith(t, "POST", at+"/token", body); got.status != 400 || !strings.Contains(got.body, "invalid_request") {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if got := askWith(t, "POST", at+"/token", `{"x": "`+strings.Repeat("y", maxClaims)+`"}`); got.status != 400 {
		t.Errorf("a request without end: %d", got.status)
	}
	if got := ask(t, "GET", at+"/token"); got.status != 501 || !strings.Contains(got.body, "but POST of that path") {
		t.Errorf("GET /token: %d %s", got.status, got.body)
	}
	var about struct{ Issuer string }
	fetch(t, at+discoveryPath, &about)
	if about.Issuer != "https://auth.example.com" {
		t.Errorf("the issuer is %q", about.Issuer)
	}
	if got := joined(i.Unknown()); got != "GET /token" {
		t.Errorf("unknown: %s", got)
	}
}

// An auth service has more than tokens: routes of its own stand beside the issuer's addresses, and before them.
func TestIssuerWithRoutes(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{JWT: &env.StubIssuer{}, Routes: []env.StubRoute{
		{Path: "/users/me", Body: `{"id": 1}`}, {Path: discoveryPath, Status: 404},
	}}))
	at := i.Address().URL
	if got := ask(t, "GET", at+"/users/me"); got.body != `{"id": 1}` {
		t.Errorf("the route: %+v", got)
	}
	if got := ask(t, "GET", at+discoveryPath); got.status != 404 {
		t.Errorf("a route at the issuer's address: %d", got.status)
	}
	grant(t, at+"/token", "{}")
	keysOf(t, at+jwksPath)
}

func TestManyTokensAtOnce(t *testing.T) {
	i := start(t, webSpec(env.StubSpec{JWT: &env.StubIssuer{}}))
	keys := keysOf(t, i.Address().URL+jwksPath)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			got := askWith(t, "POST", i.Address().URL+"/token", `{"sub": "x"}`)
			var answer map[string]any
			if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
				t.Error(err)
				return
			}
			token, _ := answer["access_token"].(string)
			if _, err := jwt.Parse(token, keys); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
