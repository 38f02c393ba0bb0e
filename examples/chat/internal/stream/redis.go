// Package stream keeps the events of each user in Redis, so that all instances of the backend bring them to whoever is connected where.
package stream

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"example.com/chat/internal/live"
	"example.com/chat/internal/session"
)

// What is kept for those who were away.
const (
	keptEvents = 1000 // of each user, about
	keptTime   = time.Hour
	batch      = 100 // events at a time
)

// Redis has a stream for each user, and one channel for the nudges.
type Redis struct{ Client *redis.Client }

var _ live.Stream = Redis{}

func streamKey(user string) string { return "events:" + user }

// nudges is the channel for the ids of users who have something new. Channels are not divided by database, so its number is part of the name.
func (s Redis) nudges() string { return fmt.Sprintf("chat:%d:events", s.Client.Options().DB) }

// Append adds an event and nudges all instances, in one transaction.
func (s Redis) Append(ctx context.Context, user string, e live.Event) error {
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = s.Client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.XAdd(ctx, &redis.XAddArgs{Stream: streamKey(user), MaxLen: keptEvents, Approx: true, Values: []any{"event", text}})
		p.Expire(ctx, streamKey(user), keptTime)
		p.Publish(ctx, s.nudges(), user)
		return nil
	})
	if err != nil {
		return fmt.Errorf("append an event: %w", err)
	}
	return nil
}

// After are the next events behind an id.
func (s Redis) After(ctx context.Context, user, id string) ([]live.Event, error) {
	entries, err := s.Client.XRangeN(ctx, streamKey(user), "("+id, "+", batch).Result()
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]live.Event, 0, len(entries))
	for _, entry := range entries {
		text, _ := entry.Values["event"].(string)
		var e live.Event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			return nil, fmt.Errorf("read the event %s: %w", entry.ID, err)
		}
		e.ID = entry.ID
		out = append(out, e)
	}
	return out, nil
}

// Last is the id of the newest event.
func (s Redis) Last(ctx context.Context, user string) (string, error) {
	entries, err := s.Client.XRevRangeN(ctx, streamKey(user), "+", "-", 1).Result()
	if err != nil {
		return "", fmt.Errorf("find the newest event: %w", err)
	}
	if len(entries) == 0 {
		return live.First, nil
	}
	return entries[0].ID, nil
}

// Listen passes nudges and revocations on to a hub until the context ends. Whenever it has (again) begun to listen, all connections look for
// themselves, since something may have come meanwhile.
func (s Redis) Listen(ctx context.Context, hub *live.Hub) {
	ended := session.Ended(s.Client)
	subscription := s.Client.Subscribe(ctx, s.nudges(), ended)
	defer subscription.Close()
	incoming := subscription.ChannelWithSubscriptions()
	for {
		select {
		case <-ctx.Done():
			return
		case m, open := <-incoming:
			switch m := m.(type) {
			case *redis.Subscription:
				hub.WakeAll()
			case *redis.Message:
				if m.Channel == ended {
					hub.End(m.Payload)
				} else {
					hub.Wake(m.Payload)
				}
			}
			if !open {
				return
			}
		}
	}
}
