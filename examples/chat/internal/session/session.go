// Package session keeps logins in Redis. A session begins at a login, goes on by refreshing, and ends by being revoked; its tokens end with it.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrEnded is that a refresh token was used before, was revoked, or is too old.
var ErrEnded = errors.New("the session has ended")

// Session is a login.
type Session struct {
	ID       string `json:"id"`
	User     string `json:"user"`
	Name     string `json:"name"`
	Audience string `json:"audience"`
}

// Store keeps sessions.
type Store struct {
	Redis    *redis.Client
	Lifetime time.Duration // of a session that is not refreshed
	Access   time.Duration // the longest life of an access token: that long a revocation is remembered
}

func refreshKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "refresh:" + hex.EncodeToString(sum[:])
}

func sessionKey(id string) string { return "session:" + id }
func revokedKey(id string) string { return "revoked:" + id }

// Begin begins a session, and returns its refresh token.
func (s Store) Begin(ctx context.Context, user, name, audience string) (Session, string, error) {
	session := Session{ID: rand.Text(), User: user, Name: name, Audience: audience}
	secret := rand.Text()
	text, err := json.Marshal(session)
	if err != nil {
		return Session{}, "", err
	}
	_, err = s.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, refreshKey(secret), text, s.Lifetime)
		p.Set(ctx, sessionKey(session.ID), refreshKey(secret), s.Lifetime)
		return nil
	})
	if err != nil {
		return Session{}, "", fmt.Errorf("begin a session: %w", err)
	}
	return session, secret, nil
}

// Refresh takes a refresh token, which is good for one time, and returns the next one. ErrEnded if it is none.
func (s Store) Refresh(ctx context.Context, secret string) (Session, string, error) {
	text, err := s.Redis.GetDel(ctx, refreshKey(secret)).Bytes()
	if errors.Is(err, redis.Nil) {
		return Session{}, "", ErrEnded
	}
	if err != nil {
		return Session{}, "", fmt.Errorf("refresh a session: %w", err)
	}
	var session Session
	if err := json.Unmarshal(text, &session); err != nil {
		return Session{}, "", fmt.Errorf("refresh a session: %w", err)
	}
	next := rand.Text()
	if err := s.Redis.Set(ctx, refreshKey(next), text, s.Lifetime).Err(); err != nil {
		return Session{}, "", fmt.Errorf("refresh a session: %w", err)
	}
	// Only while it is there: whoever revoked it meanwhile is right.
	err = s.Redis.SetArgs(ctx, sessionKey(session.ID), refreshKey(next), redis.SetArgs{Mode: "XX", TTL: s.Lifetime}).Err()
	if errors.Is(err, redis.Nil) {
		return Session{}, "", errors.Join(ErrEnded, s.Redis.Del(ctx, refreshKey(next)).Err())
	}
	if err != nil {
		return Session{}, "", fmt.Errorf("refresh a session: %w", err)
	}
	return session, next, nil
}

// Revoke ends a session: its refresh token and its access tokens are refused from now on, and whoever listens (Ended) is told.
func (s Store) Revoke(ctx context.Context, id string) error {
	refresh, err := s.Redis.GetDel(ctx, sessionKey(id)).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("revoke a session: %w", err)
	}
	_, err = s.Redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, revokedKey(id), "", s.Access)
		if refresh != "" {
			p.Del(ctx, refresh)
		}
		p.Publish(ctx, Ended(s.Redis), id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("revoke a session: %w", err)
	}
	return nil
}

// Revoked says whether a session was revoked.
func (s Store) Revoked(ctx context.Context, id string) (bool, error) {
	n, err := s.Redis.Exists(ctx, revokedKey(id)).Result()
	return n > 0, err
}

// Ended is the channel to which the ids of revoked sessions are published. Channels, unlike keys, are not divided by database, so its number
// is part of the name.
func Ended(r *redis.Client) string { return fmt.Sprintf("chat:%d:revoked", r.Options().DB) }
