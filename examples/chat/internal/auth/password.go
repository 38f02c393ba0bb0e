package auth

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// errHash is that a stored password is not one of ours.
var errHash = errors.New("the stored password is damaged")

// hash is a password as it is stored: "pbkdf2-sha256$ROUNDS$SALT$KEY". The rounds are stored with it, so that they may grow.
func hash(password string, rounds int) (string, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	key, err := pbkdf2.Key(sha256.New, password, salt, rounds, 32)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", rounds, base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

// matches says whether a password is the stored one.
func matches(password, stored string) (bool, error) {
	part := strings.Split(stored, "$")
	if len(part) != 4 || part[0] != "pbkdf2-sha256" {
		return false, errHash
	}
	rounds, err := strconv.Atoi(part[1])
	salt, err1 := base64.RawStdEncoding.DecodeString(part[2])
	want, err2 := base64.RawStdEncoding.DecodeString(part[3])
	if err != nil || err1 != nil || err2 != nil || rounds < 1 || len(want) == 0 {
		return false, errHash
	}
	key, err := pbkdf2.Key(sha256.New, password, salt, rounds, len(want))
	if err != nil {
		return false, errHash
	}
	return subtle.ConstantTimeCompare(key, want) == 1, nil
}
