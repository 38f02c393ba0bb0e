package auth

import (
	"errors"
	"strings"
	"time"

	"example.com/chat/internal/fault"
	"example.com/chat/internal/service"
)

// FromVariables reads the configuration: DATABASE_URL and REDIS_URL are required.
func FromVariables(v service.Variables) (Config, error) {
	c := Config{
		DatabaseURL: v.Text("DATABASE_URL", ""), RedisURL: v.Text("REDIS_URL", ""), Issuer: v.Text("TOKEN_ISSUER", "chat-auth"),
		Audiences: strings.Split(v.Text("TOKEN_AUDIENCES", "chat,reports"), ","),
	}
	if c.DatabaseURL == "" || c.RedisURL == "" {
		return Config{}, errors.New("DATABASE_URL and REDIS_URL are needed")
	}
	var errs [6]error
	c.Database.Most, errs[0] = v.Number("DATABASE_MAX_CONNECTIONS", 10)
	c.Access, errs[1] = v.Duration("TOKEN_LIFETIME", 15*time.Minute)
	c.Refresh, errs[2] = v.Duration("SESSION_LIFETIME", 30*24*time.Hour)
	c.Rounds, errs[3] = v.Number("PASSWORD_ROUNDS", 600_000)
	c.Database.Idle, errs[5] = v.Duration("DATABASE_IDLE", 10*time.Second)
	c.Fault, errs[4] = fault.Parse(v("CHAT_FAULT"))
	return c, errors.Join(errs[:]...)
}
