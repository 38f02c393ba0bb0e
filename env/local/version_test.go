//go:build unix

package local

import (
	"strings"
	"testing"

	"testrunner/env/service"
)

func TestVersion_that_is_not_the_image_s(t *testing.T) {
	pl := newPlace(t)
	for _, s := range []service.Spec{postgresSpec("postgres:9.6-alpine"), func() service.Spec { s := redisSpec(); s.Image = "redis:3"; return s }()} {
		strict, _ := pl.provider(t, func(s *Settings) { s.Real = true })
		if err := strict.Prepare(t.Context(), s, nil); err == nil || !strings.Contains(err.Error(), "any_version") {
			t.Errorf("%s with real services: %v", s.Image, err)
		}
		anyVersion := s
		anyVersion.AnyVersion = true
		if err := strict.Prepare(t.Context(), anyVersion, nil); err != nil {
			t.Error(err)
		}
		var w told
		easy, _ := pl.provider(t)
		if err := easy.Prepare(t.Context(), s, w.tell); err != nil || !w.has("and the compose file's "+s.Image) {
			t.Errorf("%v, told %q", err, w.lines)
		}
		for _, p := range []*Provider{strict, easy} {
			closed(t, pl, p)
		}
	}
}

func TestImageMajor(t *testing.T) {
	for image, want := range map[string]string{
		"postgres:16.2-alpine": "16", "postgres": "", "postgres:latest": "", "postgres:9.6": "9.6", "postgres:9.6.24-alpine": "9.6",
		"docker.io/library/postgres:15@sha256:0123": "15", "pgvector/pgvector:pg17": "17", "pgvector/pgvector:0.8.0-pg16": "16",
		"timescale/timescaledb:2.14.2-pg15": "15", "postgis/postgis:16-3.4": "16", "localhost:5000/postgres": "", "redis:7.2-alpine": "7",
		"valkey/valkey:v8": "8", "postgres:alpine3.19": "",
	} {
		if got := imageMajor(image); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}
