// Package reply writes and reads the JSON of the HTTP interfaces.
package reply

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
)

// maxBody is the largest request that is read.
const maxBody = 1 << 20

// JSON writes a value.
func JSON(w http.ResponseWriter, status int, value any) {
	text, err := json.Marshal(value)
	if err != nil {
		slog.Error("write a reply", "error", err)
		http.Error(w, `{"error":"internal error"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}

// Error writes {"error": text}.
func Error(w http.ResponseWriter, status int, text string) {
	JSON(w, status, map[string]string{"error": text})
}

// Failure writes an error of ours: the log gets it, the client only that there was one.
func Failure(w http.ResponseWriter, r *http.Request, err error) {
	slog.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	Error(w, http.StatusInternalServerError, "internal error")
}

// Read reads the request's JSON object; a member that is not known is an error. The error is fit for the client.
func Read(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the request's body is not the JSON that is expected: %w", err)
	}
	if d.More() {
		return errors.New("the request's body goes on behind its JSON")
	}
	return nil
}
