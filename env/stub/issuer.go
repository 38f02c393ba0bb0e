package stub

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"testrunner/env"
)

// The addresses of an issuer.
const (
	tokenPath     = "/token"
	jwksPath      = "/.well-known/jwks.json"
	discoveryPath = "/.well-known/openid-configuration"
)

const (
	tokenLifetime = 15 * time.Minute
	maxClaims     = 1 << 20 // bytes of a request for a token
	keyBits       = 2048
)

// issuer signs whatever claims it is asked for, with a key that is made at its start and that its JWKS shows.
type issuer struct {
	spec env.StubIssuer
	at   string // its own address
	key  *rsa.PrivateKey
	id   string // the key's: its thumbprint after RFC 7638
}

func readIssuer(spec env.StubIssuer) (*issuer, error) {
	if spec.Lifetime < 0 {
		return nil, fmt.Errorf("the lifetime %s is below 0: a token that has expired is asked for by its claim exp", spec.Lifetime)
	}
	if spec.Lifetime == 0 {
		spec.Lifetime = tokenLifetime
	}
	if u, err := url.Parse(spec.Issuer); err != nil || spec.Issuer != "" && u.Scheme == "" {
		return nil, fmt.Errorf("the issuer %q is no URL, such as https://auth.example.com", spec.Issuer)
	}
	return &issuer{spec: spec}, nil
}

// begin makes the key. Without a name of its own the issuer is its address.
func (s *issuer) begin(at string) error {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return fmt.Errorf("make the key of the issuer: %w", err)
	}
	s.at, s.key = at, key
	if s.spec.Issuer == "" {
		s.spec.Issuer = at
	}
	public := s.public()
	sum := sha256.Sum256(fmt.Appendf(nil, `{"e":%q,"kty":"RSA","n":%q}`, public["e"], public["n"]))
	s.id = base64.RawURLEncoding.EncodeToString(sum[:])
	return nil
}

// public is the key's public half as JWK writes it.
func (s *issuer) public() map[string]string {
	return map[string]string{
		"n": base64.RawURLEncoding.EncodeToString(s.key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(s.key.E)).Bytes()),
	}
}

// methods are those by which the path is known.
func (s *issuer) methods(path string) []string {
	switch path {
	case tokenPath:
		return []string{http.MethodPost}
	case jwksPath, discoveryPath:
		return []string{http.MethodGet}
	}
	return nil
}

// answer answers a request to one of the issuer's addresses, and says whether it was one.
func (s *issuer) answer(w http.ResponseWriter, r *http.Request) bool {
	get := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch path := r.URL.EscapedPath(); {
	case path == tokenPath && r.Method == http.MethodPost:
		s.token(w, r)
	case path == jwksPath && get:
		key := s.public()
		key["kty"], key["use"], key["alg"], key["kid"] = "RSA", "sig", "RS256", s.id
		writeJSON(w, http.StatusOK, map[string]any{"keys": []any{key}})
	case path == discoveryPath && get:
		writeJSON(w, http.StatusOK, map[string]any{
			"issuer": s.spec.Issuer, "jwks_uri": s.at + jwksPath, "token_endpoint": s.at + tokenPath,
			"id_token_signing_alg_values_supported": []string{"RS256"}, "response_types_supported": []string{"token"},
			"subject_types_supported": []string{"public"},
		})
	default:
		return false
	}
	return true
}

// token signs the claims of a request: the issuer's own, and over them the members of the JSON object that was sent. A member that is
// null takes a claim away.
func (s *issuer) token(w http.ResponseWriter, r *http.Request) {
	asked, err := readClaims(http.MaxBytesReader(w, r.Body, maxClaims))
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": err.Error()})
		return
	}
	now := time.Now()
	claims := jwt.MapClaims{"iss": s.spec.Issuer, "iat": now.Unix(), "exp": now.Add(s.spec.Lifetime).Unix()}
	if s.spec.Audience != "" {
		claims["aud"] = s.spec.Audience
	}
	for name, v := range asked {
		if v == nil {
			delete(claims, name)
			continue
		}
		claims[name] = v
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = s.id
	signed, err := token.SignedString(s.key)
	if err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]any{"error": "server_error", "error_description": err.Error()})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	answer := map[string]any{"access_token": signed, "token_type": "Bearer"}
	if in, ok := lifetime(claims["exp"], now); ok {
		answer["expires_in"] = in
	}
	writeJSON(w, http.StatusOK, answer)
}

// readClaims reads the members of a JSON object; nothing at all is an empty one. Numbers stay as they are written.
func readClaims(body io.Reader) (map[string]any, error) {
	d := json.NewDecoder(body)
	d.UseNumber()
	var claims map[string]any
	err := d.Decode(&claims)
	switch {
	case err == io.EOF:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the stub signs the members of a JSON object, such as {\"sub\": \"ada\"}: %w", err)
	case d.More():
		return nil, fmt.Errorf("the stub signs the members of one JSON object, and more was sent")
	}
	return claims, nil
}

// lifetime is how long a token is good for, in seconds: 0 where it has expired. A token without an end has none.
func lifetime(exp any, now time.Time) (int64, bool) {
	var at int64
	switch v := exp.(type) {
	case int64:
		at = v
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return 0, false
		}
		at = int64(f)
	default:
		return 0, false
	}
	return max(0, at-now.Unix()), true
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType(true))
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}
