package store

import (
	"errors"
	"testing"
)

func TestAddRefusesAnEmptyNote(t *testing.T) {
	for _, text := range []string{"", "  ", "\n"} {
		t.Run(text, func(t *testing.T) {
			if err := new(Store).Add(text); !errors.Is(err, ErrEmpty) {
				t.Fatalf("Add(%q) = %v, want ErrEmpty", text, err)
			}
		})
	}
}

func TestFind(t *testing.T) {
	s := new(Store)
	for _, n := range []string{"buy milk", "call Ada", "milk the cow"} {
		if err := s.Add(n); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Find("milk"); len(got) != 2 {
		t.Fatalf("found %q", got)
	}
}
