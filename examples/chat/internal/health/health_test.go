package health_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"example.com/chat/internal/health"
)

func well(context.Context) error { return nil }

func ask(t *testing.T, c health.Checks) (int, health.Report) {
	t.Helper()
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
	var report health.Report
	if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return w.Code, report
}

func TestHealthyWhenAllDependenciesAnswer(t *testing.T) {
	code, report := ask(t, health.Checks{"postgres": well, "redis": well})
	if code != http.StatusOK || report.Status != "ok" || len(report.Checks) != 2 {
		t.Errorf("%d %+v", code, report)
	}
}

func TestOneDependencyThatIsDownIsNamed(t *testing.T) {
	down := func(context.Context) error { return errors.New("connection refused") }
	code, report := ask(t, health.Checks{"postgres": well, "redis": down})
	if code != http.StatusServiceUnavailable || report.Status != "unavailable" {
		t.Errorf("%d %+v", code, report)
	}
	if report.Checks["redis"] != "connection refused" || report.Checks["postgres"] != "ok" {
		t.Errorf("%+v", report.Checks)
	}
}

func TestAddressThatAnswersAnErrorIsUnhealthy(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if code, report := ask(t, health.Checks{"auth": health.URL(server.Client(), server.URL)}); code != http.StatusServiceUnavailable {
		t.Errorf("%d %+v", code, report)
	}
}
