package reply

import (
	"context"
	"log/slog"
	"net/http"

	"example.com/chat/internal/token"
)

// Unverified refuses a request whose token did not pass: 401 with the reason, or 503 where it could not be checked.
func Unverified(w http.ResponseWriter, r *http.Request, err error) {
	if token.Refused(err) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		Error(w, http.StatusUnauthorized, err.Error())
		return
	}
	slog.Error("check a token", "path", r.URL.Path, "error", err)
	Error(w, http.StatusServiceUnavailable, "tokens can't be checked now")
}

// Verified lets those requests through whose token passes.
func Verified(verify func(context.Context, string) (token.Identity, error), next func(http.ResponseWriter, *http.Request, token.Identity)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := verify(r.Context(), token.FromRequest(r))
		if err != nil {
			Unverified(w, r, err)
			return
		}
		next(w, r, who)
	})
}
