package stub

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"testrunner/env/service"
)

func TestRedisSettings(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "redis.conf"), []byte("# requirepass no\r\nrequirepass \"fr$om file\"\ndatabases 4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bind := []service.Mount{{Kind: "bind", Source: filepath.Join(dir, "redis.conf"), Target: "/etc/redis.conf", ReadOnly: true}}
	folder := []service.Mount{{Kind: "bind", Source: dir, Target: "/conf/"}}
	for name, c := range map[string]struct {
		image     string
		container service.Container
		want      redisSettings
		fails     string
	}{
		"nothing":        {want: redisSettings{"", 16, 6379}},
		"a list":         {container: service.Container{Command: []string{"redis-server", "--requirepass", "pw", "--databases", "32", "--save", "60", "1"}}, want: redisSettings{"pw", 32, 6379}},
		"only flags":     {container: service.Container{Command: []string{"--requirepass", "$pw"}}, want: redisSettings{"$pw", 16, 6379}},
		"a shell":        {container: service.Container{Command: []string{"sh", "-c", `exec redis-server --requirepass "$PW-x" --port ${PORT:-7000}`}, Env: []string{"PW=a b"}}, want: redisSettings{"a b-x", 16, 7000}},
		"single quotes":  {container: service.Container{Command: []string{"/bin/sh", "-ec", `redis-server --requirepass '$PW'`}, Env: []string{"PW=a"}}, want: redisSettings{"$PW", 16, 6379}},
		"entrypoint":     {container: service.Container{Entrypoint: []string{"redis-server", "--requirepass", "pw"}}, want: redisSettings{"pw", 16, 6379}},
		"bitnami":        {image: "bitnami/redis:7", container: service.Container{Env: []string{"REDIS_PASSWORD=pw"}}, want: redisSettings{"pw", 16, 6379}},
		"the official":   {image: "redis:7", container: service.Container{Env: []string{"REDIS_PASSWORD=pw"}}, want: redisSettings{"", 16, 6379}},
		"redis-stack":    {image: "redis/redis-stack-server", container: service.Container{Env: []string{"REDIS_ARGS=--requirepass pw"}}, want: redisSettings{"pw", 16, 6379}},
		"valkey":         {image: "valkey/valkey:8", container: service.Container{Env: []string{"VALKEY_EXTRA_FLAGS=--requirepass pw --port 6400"}}, want: redisSettings{"pw", 16, 6400}},
		"a file":         {container: service.Container{Command: []string{"redis-server", "/etc/redis.conf"}, Mounts: bind}, want: redisSettings{"fr$om file", 4, 6379}},
		"a folder":       {container: service.Container{Command: []string{"redis-server", "/conf/redis.conf", "--databases", "5"}, Mounts: folder}, want: redisSettings{"fr$om file", 5, 6379}},
		"a config":       {container: service.Container{Command: []string{"redis-server", "/c.conf"}, Mounts: []service.Mount{{Kind: "bind", Target: "/c.conf", Content: []byte("port 7001")}}}, want: redisSettings{"", 16, 7001}},
		"a missing file": {container: service.Container{Command: []string{"redis-server", "/conf/other.conf"}, Mounts: folder}, fails: "read the configuration of Redis"},
		"a command's":    {container: service.Container{Command: []string{"sh", "-c", "redis-server --requirepass \"$(cat /run/secrets/pw)\""}}, fails: "not known here"},
		"a cluster":      {container: service.Container{Command: []string{"redis-server", "--cluster-enabled", "yes"}}, fails: "is no cluster"},
		"a module":       {container: service.Container{Command: []string{"redis-server", "--loadmodule", "/x.so"}}, fails: "has none"},
		"no number":      {container: service.Container{Command: []string{"redis-server", "--databases", "many"}}, fails: "needs a number above 0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := redisSpec()
			s.Container = &c.container
			if c.image != "" {
				s.Image = c.image
			}
			got, err := readRedisSettings(s)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("%v, want %q", err, c.fails)
				}
				return
			}
			if err != nil || got != c.want {
				t.Errorf("%+v (%v), want %+v", got, err, c.want)
			}
		})
	}
}
