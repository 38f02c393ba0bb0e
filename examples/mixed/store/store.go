// Package store keeps notes in memory.
package store

import (
	"errors"
	"strings"
	"sync"
)

// ErrEmpty is the error of a note without text.
var ErrEmpty = errors.New("a note needs text")

// Store keeps notes in the order in which they were added.
type Store struct {
	mu    sync.Mutex
	notes []string
}

// Add keeps a note.
func (s *Store) Add(text string) error {
	if strings.TrimSpace(text) == "" {
		return ErrEmpty
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, text)
	return nil
}

// Find returns the notes that hold the word.
func (s *Store) Find(word string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, n := range s.notes {
		if strings.Contains(n, word) {
			found = append(found, n)
		}
	}
	return found
}
