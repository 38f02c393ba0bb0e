package auth

import (
	"cmp"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"example.com/chat/internal/reply"
	"example.com/chat/internal/session"
	"example.com/chat/internal/token"
)

// credentials are what register and login take.
type credentials struct {
	Name     string `json:"name"`
	Password string `json:"password"`
	Audience string `json:"audience"` // whom the token is for; default: the first of TOKEN_AUDIENCES
	Lifetime int    `json:"lifetime"` // seconds that the access token lives; default, and at most: TOKEN_LIFETIME
}

// tokens are what register, login and refresh answer.
type tokens struct {
	ID      string `json:"id,omitempty"`   // register: of the new account
	Name    string `json:"name,omitempty"` // register: its name
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"` // seconds
	Refresh string `json:"refresh_token"`
}

var goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

func (s *Service) register(w http.ResponseWriter, r *http.Request) {
	var c credentials
	if err := reply.Read(w, r, &c); err != nil {
		reply.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	if !goodName.MatchString(c.Name) || len(c.Password) < 8 || len(c.Password) > 1024 {
		reply.Error(w, http.StatusBadRequest, "a name of small letters, digits and . _ - is needed, and a password of 8 characters or more")
		return
	}
	audience, lifetime, ok := s.wished(w, c)
	if !ok {
		return
	}
	stored, err := hash(c.Password, s.config.Rounds)
	if err != nil {
		reply.Failure(w, r, err)
		return
	}
	id, err := s.accounts.add(r.Context(), c.Name, stored)
	switch {
	case errors.Is(err, errTaken):
		reply.Error(w, http.StatusConflict, err.Error())
	case err != nil:
		reply.Failure(w, r, err)
	default: // who registers has signed in, too
		s.begin(w, r, account{id: id, name: c.Name}, audience, lifetime, http.StatusCreated)
	}
}

func (s *Service) login(w http.ResponseWriter, r *http.Request) {
	var c credentials
	if err := reply.Read(w, r, &c); err != nil {
		reply.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	audience, lifetime, ok := s.wished(w, c)
	if !ok {
		return
	}
	who, known, err := s.accounts.named(r.Context(), c.Name)
	if err != nil {
		reply.Failure(w, r, err)
		return
	}
	if !known { // hashed all the same, so that the time does not tell which names there are
		_, _ = hash(c.Password, s.config.Rounds)
		reply.Error(w, http.StatusUnauthorized, "the name or the password is wrong")
		return
	}
	right, err := matches(c.Password, who.password)
	if err != nil {
		reply.Failure(w, r, err)
		return
	}
	if !right {
		reply.Error(w, http.StatusUnauthorized, "the name or the password is wrong")
		return
	}
	s.begin(w, r, who, audience, lifetime, http.StatusOK)
}

// wished are the audience and the lifetime that a token is to have. Where that can't be, the answer is given.
func (s *Service) wished(w http.ResponseWriter, c credentials) (audience string, lifetime time.Duration, ok bool) {
	audience = cmp.Or(c.Audience, s.config.Audiences[0])
	lifetime = cmp.Or(time.Duration(c.Lifetime)*time.Second, s.config.Access)
	if !slices.Contains(s.config.Audiences, audience) || lifetime < 0 || lifetime > s.config.Access {
		reply.Error(w, http.StatusBadRequest, "there is no such audience, or the lifetime is too long")
		return "", 0, false
	}
	return audience, lifetime, true
}

// begin begins a session, and answers with its tokens.
func (s *Service) begin(w http.ResponseWriter, r *http.Request, who account, audience string, lifetime time.Duration, status int) {
	begun, refresh, err := s.sessions.Begin(r.Context(), who.id, who.name, audience)
	if err != nil {
		reply.Failure(w, r, err)
		return
	}
	s.give(w, r, begun, refresh, lifetime, status)
}

func (s *Service) refresh(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Refresh string `json:"refresh_token"`
	}
	if err := reply.Read(w, r, &body); err != nil {
		reply.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	again, refresh, err := s.sessions.Refresh(r.Context(), body.Refresh)
	switch {
	case errors.Is(err, session.ErrEnded):
		reply.Error(w, http.StatusUnauthorized, session.ErrEnded.Error())
	case err != nil:
		reply.Failure(w, r, err)
	default:
		s.give(w, r, again, refresh, s.config.Access, http.StatusOK)
	}
}

// give answers with an access token of a session.
func (s *Service) give(w http.ResponseWriter, r *http.Request, of session.Session, refresh string, lifetime time.Duration, status int) {
	now := time.Now()
	access, err := s.issuer.Sign(token.Identity{User: of.User, Name: of.Name, Session: of.ID, Expires: now.Add(lifetime)}, of.Audience, now)
	if err != nil {
		reply.Failure(w, r, err)
		return
	}
	t := tokens{Access: access, Type: "Bearer", Expires: int(lifetime.Seconds()), Refresh: refresh}
	if status == http.StatusCreated {
		t.ID, t.Name = of.User, of.Name
	}
	reply.JSON(w, status, t)
}

// revoke ends the session of the token that it is asked with.
func (s *Service) revoke(w http.ResponseWriter, r *http.Request) {
	who, err := s.verifier.Verify(r.Context(), token.FromRequest(r))
	if err == nil {
		err = s.sessions.Revoke(r.Context(), who.Session)
	}
	switch {
	case token.Refused(err):
		reply.Error(w, http.StatusUnauthorized, err.Error())
	case err != nil:
		reply.Failure(w, r, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
