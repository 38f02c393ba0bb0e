package service

import (
	"slices"
	"strings"
	"testing"

	"testrunner/env"
	"testrunner/report/event"
)

func TestRewrite(t *testing.T) {
	peers := map[string]Address{
		"postgres": {Host: "127.0.0.1", Port: 40001, Ports: map[int]int{5432: 40001}},
		"redis":    {Host: "127.0.0.1", Port: 40002, Inner: "redis:6379"},
		"auth":     {Host: "127.0.0.1", Port: 40003, Ports: map[int]int{8081: 40003, 80: 40004}},
		"kafka-1":  {Host: "127.0.0.1", Port: 40005, Ports: map[int]int{9092: 40005}},
		"mysql":    {Host: "::1", Port: 40006, Ports: map[int]int{3306: 40006}},
		"app.db":   {Host: "127.0.0.1", Port: 40007},
		"hidden":   {},
	}
	for _, c := range [][2]string{
		// A host and its port.
		{"A=postgres:5432", "A=127.0.0.1:40001"},
		{"A=redis:6379", "A=127.0.0.1:40002"},
		{"A=kafka-1:9092,kafka-2:9092, kafka-1:9092", "A=127.0.0.1:40005,kafka-2:9092, 127.0.0.1:40005"},
		{"A=app:pw@tcp(mysql:3306)/shop?x=mysql", "A=app:pw@tcp([::1]:40006)/shop?x=mysql"},
		{"A=app.db:1", "A=127.0.0.1:40007"},
		{`A={"addr":"auth:8081"}`, `A={"addr":"127.0.0.1:40003"}`},
		// URLs.
		{"A=http://auth:8081/v1?to=http://auth:8081/", "A=http://127.0.0.1:40003/v1?to=http://127.0.0.1:40003/"},
		{"A=http://auth/v1", "A=http://127.0.0.1:40004/v1"},
		{"A=http://auth", "A=http://127.0.0.1:40004"},
		{"A=postgres://postgres:postgres@postgres:5432/postgres?sslmode=disable", "A=postgres://postgres:postgres@127.0.0.1:40001/postgres?sslmode=disable"},
		{"A=postgres://postgres@postgres/postgres", "A=postgres://postgres@127.0.0.1:40001/postgres"},
		{"A=postgresql+asyncpg://u:p@postgres/db", "A=postgresql+asyncpg://u:p@127.0.0.1:40001/db"},
		{"A=jdbc:postgresql://postgres:5432/db", "A=jdbc:postgresql://127.0.0.1:40001/db"},
		{"A=redis://redis", "A=redis://127.0.0.1:40002"},
		{"A=redis://:redis@redis:6379/0", "A=redis://:redis@127.0.0.1:40002/0"},
		{"A=custom://auth/x", "A=custom://127.0.0.1:40003/x"},
		// Lists of words.
		{"A=host=postgres port=5432 user=postgres dbname=postgres", "A=host=127.0.0.1 port=40001 user=postgres dbname=postgres"},
		{"A=Server=postgres;Port=5432;Database=postgres", "A=Server=127.0.0.1;Port=40001;Database=postgres"},
		{"A=host=postgres user=postgres", "A=host=127.0.0.1 port=40001 user=postgres"},
		// Not a host, or not this one.
		{"A=mypostgres:5432", "A=mypostgres:5432"},
		{"A=postgres-2:5432", "A=postgres-2:5432"},
		{"A=my.postgres:5432", "A=my.postgres:5432"},
		{"A=postgres.svc:5432", "A=postgres.svc:5432"},
		{"A=postgres:5433", "A=postgres:5433"},
		{"A=redis:7000", "A=redis:7000"},
		{"IMAGE=postgres:15", "IMAGE=postgres:15"},
		{"IMAGE=redis:6379-alpine", "IMAGE=redis:6379-alpine"},
		{"A=postgres://postgres:5432@db:5432/x", "A=postgres://postgres:5432@db:5432/x"},
		{"A=/var/lib/postgres", "A=/var/lib/postgres"},
		{"A=/redis:6379/x", "A=/redis:6379/x"},
		{"A=https://auth/v1", "A=https://auth/v1"},
		{"A=someone@auth", "A=someone@auth"},
		{"POSTGRES_USER=postgres", "POSTGRES_USER=postgres"},
		{"POSTGRES_DB=postgres", "POSTGRES_DB=postgres"},
		{"A=the postgres server", "A=the postgres server"},
		{"A=hidden:80", "A=hidden:80"},
		{"DB_HOST=hidden", "DB_HOST=hidden"},
		{"EMPTY=", "EMPTY="},
		{"NONE", "NONE"},
		// A name alone.
		{"DB_HOST=postgres", "DB_HOST=127.0.0.1|DB_PORT=40001"},
		{"DB_HOST=postgres|DB_PORT=5432", "DB_HOST=127.0.0.1|DB_PORT=40001"},
		{"DB_PORT=5432|DB_HOST=postgres", "DB_PORT=40001|DB_HOST=127.0.0.1"},
		{"PGHOST=postgres|PGPORT=5432|PGUSER=postgres", "PGHOST=127.0.0.1|PGPORT=40001|PGUSER=postgres"},
		{"DB_PORT=6000|DB_HOST=postgres", "DB_PORT=6000|DB_HOST=127.0.0.1"},
		{"db_host=postgres", "db_host=127.0.0.1|db_port=40001"},
		{"REDIS_ADDR=redis", "REDIS_ADDR=127.0.0.1:40002"},
		{"KAFKA_BROKERS=kafka-1", "KAFKA_BROKERS=127.0.0.1:40005"},
		{"MYSQL_ENDPOINT=mysql", "MYSQL_ENDPOINT=[::1]:40006"},
	} {
		in := strings.Split(c[0], "|")
		kept := slices.Clone(in)
		if got := strings.Join(Rewrite(in, peers), "|"); got != c[1] {
			t.Errorf("%s\nis   %s\nwant %s", c[0], got, c[1])
		}
		if !slices.Equal(in, kept) {
			t.Errorf("%s was changed in place", c[0])
		}
	}
}

// Who enters a peer, and what for, follows the server that is there: that of the compose file, Redis without its file, somebody else's.
func TestRewriteLogins(t *testing.T) {
	peers := map[string]Address{
		"postgres": {Host: "127.0.0.1", Port: 40001, Ports: map[int]int{5432: 40001}, URL: "postgres://app:right@127.0.0.1:40001"},
		"redis":    {Host: "127.0.0.1", Port: 40002, Ports: map[int]int{6379: 40002}, URL: "redis://127.0.0.1:40002"},
		"cache":    {Host: "127.0.0.1", Port: 40003, Ports: map[int]int{6379: 40003}, URL: "redis://:p%40ss@127.0.0.1:40003"},
		"db":       {Host: "db.example.com", Port: 6432, Ports: map[int]int{5432: 6432}, URL: "postgres://me:own%2Fword@db.example.com:6432/shop?sslmode=require", Foreign: true},
		"fast":     {Host: "fast.example.com", Port: 6380, Ports: map[int]int{6379: 6380}, URL: "rediss://u:pw@fast.example.com:6380", Foreign: true},
		"auth":     {Host: "auth.example.com", Port: 443, Ports: map[int]int{8081: 443}, URL: "https://auth.example.com/base/", Foreign: true},
	}
	for _, c := range [][2]string{
		// A server that was made from the compose file: its first user's password is right here, and other users are its scripts'.
		{"A=postgres://app:right@postgres:5432/x", "A=postgres://app:right@127.0.0.1:40001/x"},
		{"A=postgres://app:old@postgres:5432/x?a=1", "A=postgres://app:right@127.0.0.1:40001/x?a=1"},
		{"A=postgres://reader:r@postgres:5432/x", "A=postgres://reader:r@127.0.0.1:40001/x"},
		{"A=postgres://postgres:5432/x", "A=postgres://127.0.0.1:40001/x"},
		{"PGHOST=postgres|PGUSER=reader|PGPASSWORD=r", "PGHOST=127.0.0.1|PGUSER=reader|PGPASSWORD=r|PGPORT=40001"},
		{"PGHOST=postgres|PGUSER=app|PGPASSWORD=old", "PGHOST=127.0.0.1|PGUSER=app|PGPASSWORD=right|PGPORT=40001"},
		// Redis has the password that its address tells, or none.
		{"A=redis://:of-a-file@redis:6379/1", "A=redis://127.0.0.1:40002/1"},
		{"REDIS_HOST=redis|REDIS_PORT=6379|REDIS_PASSWORD=of-a-file", "REDIS_HOST=127.0.0.1|REDIS_PORT=40002|REDIS_PASSWORD="},
		{"A=redis://cache", "A=redis://:p%40ss@127.0.0.1:40003"},
		{"A=redis://:p%40ss@cache:6379", "A=redis://:p%40ss@127.0.0.1:40003"},
		{"REDIS_ADDR=cache|REDIS_PASSWORD=x", "REDIS_ADDR=127.0.0.1:40003|REDIS_PASSWORD=p@ss"},
		// Somebody else's: its own credentials, database, settings, and the safe scheme.
		{"A=postgres://app:right@db:5432/app?sslmode=disable", "A=postgres://me:own%2Fword@db.example.com:6432/shop?sslmode=require"},
		{"A=postgresql+asyncpg://app:right@db/app", "A=postgresql+asyncpg://me:own%2Fword@db.example.com:6432/shop?sslmode=require"},
		{"A=host=db user=app password=right dbname=app sslmode=disable", "A=host=db.example.com port=6432 user=me password=own/word dbname=shop sslmode=require"},
		{"DB_HOST=db|DB_PORT=5432|DB_USER=app|DB_PASSWORD=right|DB_NAME=app|DB_POOL=3", "DB_HOST=db.example.com|DB_PORT=6432|DB_USER=me|DB_PASSWORD=own/word|DB_NAME=shop|DB_POOL=3"},
		{"A=redis://fast:6379/0", "A=rediss://u:pw@fast.example.com:6380/0"},
		{"A=http://auth:8081/v1?x=1", "A=https://auth.example.com:443/base/v1?x=1"},
		{"A=ws://auth:8081/ws", "A=wss://auth.example.com:443/base/ws"},
		// Another host's stay as they are.
		{"A=postgres://app:right@other:5432/app", "A=postgres://app:right@other:5432/app"},
		{"DB_HOST=other|DB_USER=app", "DB_HOST=other|DB_USER=app"},
	} {
		if got := strings.Join(Rewrite(strings.Split(c[0], "|"), peers), "|"); got != c[1] {
			t.Errorf("%s\nis   %s\nwant %s", c[0], got, c[1])
		}
	}
}

func TestVariables(t *testing.T) {
	all := []Served{
		{Service: env.Service{Name: "postgres", Image: "postgres:15", Env: []string{"DATABASE_URL={url}/{database}?sslmode=disable"}}, By: event.ByDocker, Address: Address{Host: "127.0.0.1", Port: 40001}, Container: &Container{Env: []string{"POSTGRES_USER=app", "POSTGRES_PASSWORD=a b", "POSTGRES_DB=shop"}}},
		{Service: env.Service{Name: "auth-api.2", Env: []string{"AUTH={url}", "WS_URL=ws://{host}:{port}/ws", "FIXED=1"}}, By: event.ByStub, Address: Address{Host: "127.0.0.1", Port: 40003}},
		{Service: env.Service{Name: "cache", Image: "redis:7", Env: []string{"REDIS_URL={url}/{database}"}}, By: event.ByLocal, Address: Address{Host: "127.0.0.1", Port: 40002}, Database: "7"},
		{Service: env.Service{Name: "worker", Env: []string{"W={host}", "KIND=worker"}}, By: event.ByDocker},
		{Service: env.Service{Name: "1st"}, By: event.ByStaging, Address: Address{URL: "https://user:pw@first.example.com/base/"}},
		{Service: env.Service{Name: "theirs", Env: []string{"D={url}/{database}"}}, By: event.ByAddress, Address: Address{URL: "postgres://me:pw@db.example.com/app?sslmode=require"}},
	}
	want := `AUTH=http://127.0.0.1:40003
AUTH_API_2_HOST=127.0.0.1
AUTH_API_2_PORT=40003
AUTH_API_2_URL=http://127.0.0.1:40003
CACHE_HOST=127.0.0.1
CACHE_PORT=40002
CACHE_URL=redis://127.0.0.1:40002
D=postgres://me:pw@db.example.com/app
DATABASE_URL=postgres://app:a%20b@127.0.0.1:40001/shop?sslmode=disable
FIXED=1
KIND=worker
POSTGRES_HOST=127.0.0.1
POSTGRES_PORT=40001
POSTGRES_URL=postgres://app:a%20b@127.0.0.1:40001
REDIS_URL=redis://127.0.0.1:40002/7
RUNNER_MODE=docker
RUNNER_SERVICES=[{"name":"1st","mode":"docker","provider":"staging","fidelity":"real","address":"https://first.example.com/base"},{"name":"auth-api.2","mode":"docker","provider":"stub","fidelity":"stub","address":"http://127.0.0.1:40003"},{"name":"cache","mode":"docker","provider":"local","fidelity":"real","address":"redis://127.0.0.1:40002"},{"name":"postgres","mode":"docker","provider":"docker","fidelity":"real","address":"postgres://127.0.0.1:40001"},{"name":"theirs","mode":"docker","provider":"address","fidelity":"real","address":"postgres://db.example.com"},{"name":"worker","mode":"docker","provider":"docker","fidelity":"real","address":""}]
THEIRS_HOST=db.example.com
THEIRS_PORT=5432
THEIRS_URL=postgres://me:pw@db.example.com
WS_URL=ws://127.0.0.1:40003/ws
_1ST_HOST=first.example.com
_1ST_PORT=443
_1ST_URL=https://user:pw@first.example.com/base`
	if got := strings.Join(Variables(all, event.Docker), "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
