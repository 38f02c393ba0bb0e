// Package token signs and checks the tokens by which users are known: JWTs (RS256) with the public keys at an address of the issuer.
package token

import (
	"context"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Identity is who a token was given to.
type Identity struct {
	User    string    // the account's id
	Name    string    // the account's name
	Session string    // the login that the token belongs to; revoked with it
	Expires time.Time // when the token ends
}

// Claims are what stands in a token.
type Claims struct {
	jwt.RegisteredClaims
	Name    string `json:"name,omitempty"`
	Session string `json:"sid"`
}

// Key is a public key, as JWKS writes it.
type Key struct {
	Type      string `json:"kty"`
	ID        string `json:"kid"`
	Use       string `json:"use,omitempty"`
	Algorithm string `json:"alg,omitempty"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// KeySet is a JWKS document.
type KeySet struct {
	Keys []Key `json:"keys"`
}

// Issuer signs tokens.
type Issuer struct {
	name string
	id   string
	key  *rsa.PrivateKey
}

// NewIssuer signs as name with a key. The key's id is made from the key, so that all who sign with it agree.
func NewIssuer(name string, key *rsa.PrivateKey) *Issuer {
	sum := sha256.Sum256(key.N.Bytes())
	return &Issuer{name: name, id: base64.RawURLEncoding.EncodeToString(sum[:9]), key: key}
}

// Sign makes a token for an audience. It ends when the identity says.
func (i *Issuer) Sign(who Identity, audience string, now time.Time) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, Claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: i.name, Subject: who.User, Audience: jwt.ClaimStrings{audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(who.Expires),
		},
		Name: who.Name, Session: who.Session,
	})
	t.Header["kid"] = i.id
	text, err := t.SignedString(i.key)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return text, nil
}

// Keys are the public keys for those who check the tokens.
func (i *Issuer) Keys() KeySet {
	return KeySet{Keys: []Key{{
		Type: "RSA", ID: i.id, Use: "sig", Algorithm: "RS256",
		Modulus:  base64.RawURLEncoding.EncodeToString(i.key.N.Bytes()),
		Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(i.key.E)).Bytes()),
	}}}
}

// Public is the key that can check signatures.
func (k Key) Public() (*rsa.PublicKey, error) {
	if k.Type != "RSA" {
		return nil, fmt.Errorf("the key %q is of type %q, and RSA is expected", k.ID, k.Type)
	}
	n, err := base64.RawURLEncoding.DecodeString(k.Modulus)
	if err != nil {
		return nil, fmt.Errorf("the key %q: %w", k.ID, err)
	}
	e, err := base64.RawURLEncoding.DecodeString(k.Exponent)
	if err != nil {
		return nil, fmt.Errorf("the key %q: %w", k.ID, err)
	}
	exponent := new(big.Int).SetBytes(e)
	if !exponent.IsInt64() || exponent.Int64() < 3 || exponent.Int64() > 1<<31-1 {
		return nil, fmt.Errorf("the key %q has no sound exponent", k.ID)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}, nil
}

// Local gives a verifier the issuer's own key.
func Local(i *Issuer) func(context.Context, string) (*rsa.PublicKey, error) {
	return func(_ context.Context, id string) (*rsa.PublicKey, error) {
		if id != i.id {
			return nil, fmt.Errorf("%w: it was not signed with the key %q", ErrInvalid, i.id)
		}
		return &i.key.PublicKey, nil
	}
}
