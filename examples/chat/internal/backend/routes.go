package backend

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"example.com/chat/internal/chat"
	"example.com/chat/internal/fault"
	"example.com/chat/internal/health"
	"example.com/chat/internal/live"
	"example.com/chat/internal/reply"
	"example.com/chat/internal/token"
)

// maxText is the longest message, in bytes.
const maxText = 16 << 10

func (s *Service) route(checks health.Checks) {
	s.mux = http.NewServeMux()
	s.mux.Handle("GET /healthz", checks.Handler())
	for pattern, handle := range map[string]func(http.ResponseWriter, *http.Request, token.Identity){
		"POST /threads": s.newThread, "GET /threads": s.threads, "GET /threads/{thread}/messages": s.messages, "POST /threads/{thread}/messages": s.post,
	} {
		s.mux.Handle(pattern, reply.Verified(s.verifier.Verify, handle))
	}
	state := live.NewState
	if s.config.Fault == fault.SharedState {
		shared := live.NewState()
		state = func() *live.State { return shared }
	}
	s.mux.Handle("GET /ws", &live.Endpoint{
		Verify: s.verifier.Verify, Hub: s.hub, Stream: s.stream, NewState: state, Ping: s.config.Ping,
		Router: live.Router{"open": s.open, "say": s.say},
	})
}

// text is a body with one text.
type text struct {
	Title string `json:"title"` // of a thread
	Text  string `json:"text"`  // of a message
}

func (s *Service) newThread(w http.ResponseWriter, r *http.Request, who token.Identity) {
	var body text
	if err := reply.Read(w, r, &body); err != nil {
		reply.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := goodTitle(body.Title); err != nil {
		reply.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	thread, err := s.store.NewThread(r.Context(), who.User, body.Title)
	answer(w, r, http.StatusCreated, thread, err)
}

func goodTitle(title string) error {
	if strings.TrimSpace(title) == "" || len(title) > 200 {
		return live.Refusal("a title of at most 200 bytes is needed")
	}
	return nil
}

func (s *Service) threads(w http.ResponseWriter, r *http.Request, who token.Identity) {
	threads, err := s.store.Threads(r.Context(), who.User)
	answer(w, r, http.StatusOK, threads, err)
}

func (s *Service) messages(w http.ResponseWriter, r *http.Request, who token.Identity) {
	messages, err := s.store.Messages(r.Context(), who.User, r.PathValue("thread"))
	answer(w, r, http.StatusOK, messages, err)
}

func (s *Service) post(w http.ResponseWriter, r *http.Request, who token.Identity) {
	var body text
	if err := reply.Read(w, r, &body); err != nil {
		reply.Error(w, http.StatusBadRequest, err.Error())
		return
	}
	run, err := s.begin(r.Context(), who, r.PathValue("thread"), body.Text)
	answer(w, r, http.StatusAccepted, map[string]any{"message": run.Message, "run": run.ID}, err)
}

// answer writes what was asked for, or why it can't be had.
func answer(w http.ResponseWriter, r *http.Request, status int, value any, err error) {
	refusal, refused := errors.AsType[live.Refusal](err)
	switch {
	case errors.Is(err, chat.ErrNoThread):
		reply.Error(w, http.StatusNotFound, err.Error())
	case refused:
		reply.Error(w, http.StatusBadRequest, refusal.Error())
	case err != nil:
		reply.Failure(w, r, err)
	default:
		reply.JSON(w, status, value)
	}
}

// begin keeps a message and sets the agent to work.
func (s *Service) begin(ctx context.Context, who token.Identity, thread, text string) (chat.Run, error) {
	if strings.TrimSpace(text) == "" || len(text) > maxText {
		return chat.Run{}, live.Refusal("a text of at most 16 kB is needed")
	}
	return s.agent.Admit(ctx, func() (chat.Run, error) { return s.store.Say(ctx, who.User, thread, text) })
}

// open is the message that chooses the thread which is talked in. Without a thread it begins a new one, whose title is the text.
func (s *Service) open(ctx context.Context, who token.Identity, state *live.State, m live.Message) (live.Event, error) {
	if m.Thread == "" {
		if err := goodTitle(m.Text); err != nil {
			return live.Event{}, err
		}
		thread, err := s.store.NewThread(ctx, who.User, m.Text)
		if err != nil {
			return live.Event{}, err
		}
		m.Thread = thread.ID
	}
	if err := s.store.Owns(ctx, who.User, m.Thread); err != nil {
		return live.Event{}, forClient(err)
	}
	state.Open(m.Thread)
	return live.Event{Type: "opened", Thread: m.Thread}, nil
}

// say is the message that says something in the open thread.
func (s *Service) say(ctx context.Context, who token.Identity, state *live.State, m live.Message) (live.Event, error) {
	thread := state.Thread()
	if thread == "" {
		return live.Event{}, live.Refusal("open a thread first")
	}
	run, err := s.begin(ctx, who, thread, m.Text)
	if err != nil {
		return live.Event{}, forClient(err)
	}
	return live.Event{Type: "accepted", Thread: thread, Run: run.ID, Data: live.Object(map[string]any{"message": run.Message})}, nil
}

func forClient(err error) error {
	if errors.Is(err, chat.ErrNoThread) {
		return live.Refusal(err.Error())
	}
	return err
}
