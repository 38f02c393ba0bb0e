package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/chat/internal/metrics"
)

func TestOnlyThisMachineIsTold(t *testing.T) {
	for _, addr := range []string{":6060", "0.0.0.0:6060", "192.0.2.1:6060", "localhost.example.com:6060", "6060"} {
		if l, err := metrics.Listen(addr); err == nil {
			l.Close()
			t.Errorf("it listens at %s", addr)
		}
	}
	l, err := metrics.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

func TestWhatIsTold(t *testing.T) {
	handler := metrics.Handler(func() metrics.Gauges { return metrics.Gauges{"websocket_connections": 3} })
	for _, path := range []string{"/metrics", "/metrics?gc=1"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		for _, want := range []string{"websocket_connections 3\n", "goroutines ", "heap_bytes "} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s has no %q: %s", path, want, w.Body)
			}
		}
	}
}
