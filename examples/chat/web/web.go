// Package web is the page, and the one address behind which it finds all services.
package web

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"

	"example.com/chat/internal/health"
	"example.com/chat/internal/metrics"
	"example.com/chat/internal/service"
)

//go:embed static
var static embed.FS

// Service serves the page, and passes /auth/, /api/ and /ws on: so the page needs no address but its own.
type Service struct{ mux *http.ServeMux }

// FromVariables makes it; AUTH_URL and API_URL say where the services are.
func FromVariables(v service.Variables) (*Service, error) {
	auth, err1 := url.Parse(v.Text("AUTH_URL", ""))
	api, err2 := url.Parse(v.Text("API_URL", ""))
	if err1 != nil || err2 != nil || auth.Host == "" || api.Host == "" {
		return nil, errors.New("AUTH_URL and API_URL are needed")
	}
	files, err := fs.Sub(static, "static")
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: 5 * time.Second}
	checks := health.Checks{"auth": health.URL(client, auth.JoinPath("healthz").String()), "backend": health.URL(client, api.JoinPath("healthz").String())}
	s := &Service{mux: http.NewServeMux()}
	s.mux.Handle("/auth/", http.StripPrefix("/auth", to(auth)))
	s.mux.Handle("/api/", http.StripPrefix("/api", to(api)))
	s.mux.Handle("/ws", to(api))
	s.mux.Handle("GET /healthz", checks.Handler())
	s.mux.Handle("/", secured(http.FileServerFS(files)))
	return s, nil
}

// to passes requests on, WebSockets too. The host stays the page's: by it the backend knows that the page is not somebody else's.
func to(target *url.URL) http.Handler {
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
	}}
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// ServeHTTP answers requests.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Gauges has nothing to tell.
func (s *Service) Gauges() metrics.Gauges { return nil }

// Close has nothing to give back.
func (s *Service) Close(context.Context) error { return nil }
