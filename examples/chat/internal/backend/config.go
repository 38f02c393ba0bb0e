package backend

import (
	"errors"
	"time"

	"example.com/chat/internal/database"
	"example.com/chat/internal/fault"
	"example.com/chat/internal/service"
)

// Config is what the service is told.
type Config struct {
	DatabaseURL string
	Database    database.Limits
	RedisURL    string
	AuthURL     string
	Issuer      string        // whose tokens are taken
	Audience    string        // for whom they must be
	Pace        time.Duration // of the agent, between two steps
	Lease       time.Duration // after which a run that nobody works on is taken over
	MostRuns    int           // that are worked on at once
	Ping        time.Duration // how often a client is asked whether it is still there
	Fault       fault.Fault
}

// FromVariables reads the configuration: DATABASE_URL, REDIS_URL and AUTH_URL are required.
func FromVariables(v service.Variables) (Config, error) {
	c := Config{
		DatabaseURL: v.Text("DATABASE_URL", ""), RedisURL: v.Text("REDIS_URL", ""), AuthURL: v.Text("AUTH_URL", ""),
		Issuer: v.Text("TOKEN_ISSUER", "chat-auth"), Audience: v.Text("TOKEN_AUDIENCE", "chat"),
	}
	if c.DatabaseURL == "" || c.RedisURL == "" || c.AuthURL == "" {
		return Config{}, errors.New("DATABASE_URL, REDIS_URL and AUTH_URL are needed")
	}
	var errs [7]error
	c.Database.Most, errs[0] = v.Number("DATABASE_MAX_CONNECTIONS", 10)
	c.Pace, errs[1] = v.Duration("AGENT_PACE", 20*time.Millisecond)
	c.Lease, errs[2] = v.Duration("AGENT_LEASE", 5*time.Second)
	c.Ping, errs[3] = v.Duration("PING_INTERVAL", 20*time.Second)
	c.Database.Idle, errs[5] = v.Duration("DATABASE_IDLE", 10*time.Second)
	c.MostRuns, errs[6] = v.Number("AGENT_MAX_RUNS", 1000)
	c.Fault, errs[4] = fault.Parse(v("CHAT_FAULT"))
	if c.Lease < time.Second || c.Ping < time.Second {
		return Config{}, errors.New("AGENT_LEASE and PING_INTERVAL must be 1s or more")
	}
	return c, errors.Join(errs[:]...)
}
