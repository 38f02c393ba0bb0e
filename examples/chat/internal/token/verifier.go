package token

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Why a token is refused. All else that goes wrong is an error of ours, and says nothing about the token.
var (
	ErrMissing  = errors.New("a token is needed")
	ErrExpired  = errors.New("the token has expired")
	ErrRevoked  = errors.New("the token was revoked")
	ErrAudience = errors.New("the token is for another audience")
	ErrInvalid  = errors.New("the token is not valid")
)

// Refused says whether an error is a verdict about the token.
func Refused(err error) bool {
	for _, e := range []error{ErrMissing, ErrExpired, ErrRevoked, ErrAudience, ErrInvalid} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// Verifier checks tokens.
type Verifier struct {
	Issuer   string
	Audience string
	Key      func(ctx context.Context, id string) (*rsa.PublicKey, error) // ErrInvalid: there is no such key
	Revoked  func(ctx context.Context, session string) (bool, error)
	Now      func() time.Time // nil is time.Now
}

// Verify says who a token was given to, or why it is refused (one of the errors above).
func (v Verifier) Verify(ctx context.Context, text string) (Identity, error) {
	if text == "" {
		return Identity{}, ErrMissing
	}
	var claims Claims
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithIssuer(v.Issuer), jwt.WithAudience(v.Audience), jwt.WithExpirationRequired(),
	}
	if v.Now != nil {
		options = append(options, jwt.WithTimeFunc(v.Now))
	}
	_, err := jwt.ParseWithClaims(text, &claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		return v.Key(ctx, id)
	}, options...)
	if err != nil {
		return Identity{}, reason(err)
	}
	if claims.Subject == "" || claims.Session == "" {
		return Identity{}, fmt.Errorf("%w: it names no user, or no session", ErrInvalid)
	}
	revoked, err := v.Revoked(ctx, claims.Session)
	if err != nil {
		return Identity{}, fmt.Errorf("ask whether the session was revoked: %w", err)
	}
	if revoked {
		return Identity{}, ErrRevoked
	}
	return Identity{User: claims.Subject, Name: claims.Name, Session: claims.Session, Expires: claims.ExpiresAt.Time}, nil
}

// reason is the library's error in our words. Keys that can't be had say nothing about the token.
func reason(err error) error {
	switch {
	case errors.Is(err, ErrKeys):
		return err
	case errors.Is(err, jwt.ErrTokenExpired):
		return ErrExpired
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return ErrAudience
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}

// subprotocol is how a browser sends its token: it can't set headers of a WebSocket, but it can offer protocols.
const subprotocol = "token."

// FromRequest is the token of a request: "Authorization: Bearer TOKEN", or a WebSocket's protocol "token.TOKEN". It is never taken from the
// address, since addresses end up in logs. "" is none.
func FromRequest(r *http.Request) string {
	if scheme, text, found := strings.Cut(r.Header.Get("Authorization"), " "); found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(text)
	}
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for word := range strings.SplitSeq(line, ",") {
			if text, found := strings.CutPrefix(strings.TrimSpace(word), subprotocol); found {
				return text
			}
		}
	}
	return ""
}
