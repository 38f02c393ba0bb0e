package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
)

// answersFile has what a real engine answered to the questions that doctor and a run's preflight ask: -record-engine of
// TestEngineAnswers writes it.
const answersFile = "testdata/engine/answers.json"

// answer is one recorded answer: the headers and the fields that runner reads.
type answer struct {
	Path   string            `json:"path"` // without the version in front
	Header map[string]string `json:"header"`
	Body   json.RawMessage   `json:"body"` // a string is plain text
}

func readAnswers() ([]answer, error) {
	text, err := os.ReadFile(answersFile)
	if err != nil {
		return nil, err
	}
	var all []answer
	return all, json.Unmarshal(text, &all)
}

// replay gives the recorded answers; whatever else it is asked for or told to do is not found.
func replay(all []answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, a := range all {
			if r.Method == http.MethodPost || !strings.HasSuffix(r.URL.Path, a.Path) {
				continue
			}
			for name, value := range a.Header {
				w.Header().Set(name, value)
			}
			body := []byte(a.Body)
			var plain string
			if json.Unmarshal(a.Body, &plain) == nil {
				body = []byte(plain)
			}
			_, _ = w.Write(body) // a client that hangs up is its own affair
			return
		}
		http.NotFound(w, r)
	})
}
