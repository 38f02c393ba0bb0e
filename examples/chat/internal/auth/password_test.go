package auth

import (
	"errors"
	"strings"
	"testing"
)

func TestPasswordMatchesItsHashAlone(t *testing.T) {
	stored, err := hash("correct horse", 10)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := matches("correct horse", stored); !ok || err != nil {
		t.Errorf("the right password: %t, %v", ok, err)
	}
	if ok, err := matches("correct horse ", stored); ok || err != nil {
		t.Errorf("another password: %t, %v", ok, err)
	}
	if again, _ := hash("correct horse", 10); again == stored || strings.Contains(stored, "horse") {
		t.Errorf("no salt, or the password itself: %s", stored)
	}
}

func TestDamagedHashIsAnErrorAndNoRefusal(t *testing.T) {
	for _, stored := range []string{"", "plain", "pbkdf2-sha256$x$AAAA$AAAA", "pbkdf2-sha256$10$AAAA$", "md5$10$AAAA$AAAA"} {
		if _, err := matches("anything", stored); !errors.Is(err, errHash) {
			t.Errorf("%q: %v", stored, err)
		}
	}
}
