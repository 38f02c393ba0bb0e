package report_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"testrunner/report"
)

func TestSecrets(t *testing.T) {
	tests := []struct {
		name     string
		environ  []string
		declared []string
		in, out  string
	}{
		{"named like a token", []string{"GITHUB_TOKEN=ghp_0123456789"}, nil, "with ghp_0123456789!", "with ***!"},
		{"named like a password", []string{"DB_PASSWORD=swordfish99"}, nil, "swordfish99", "***"},
		{"named like a secret", []string{"jwt_secret_v2=swordfish99"}, nil, "swordfish99", "***"},
		{"named like a key", []string{"STRIPE_APIKEY=swordfish99"}, nil, "swordfish99", "***"},
		{"MYSQL_PWD", []string{"MYSQL_PWD=swordfish99"}, nil, "swordfish99", "***"},
		{"PWD is the folder", []string{"PWD=/home/someone/project"}, nil, "in /home/someone/project", "in /home/someone/project"},
		{"the path of a key file", []string{"TLS_KEY_FILE=certs/server.pem"}, nil, "certs/server.pem", "certs/server.pem"},
		{"a declared path", []string{"TLS_KEY_FILE=certs/server.pem"}, []string{"TLS_KEY_FILE"}, "certs/server.pem", "***"},
		{"declared by name", []string{"STAGING=swordfish99"}, []string{"STAGING"}, "swordfish99", "***"},
		{"not declared", []string{"STAGING=swordfish99"}, nil, "swordfish99", "swordfish99"},
		{"under 8 characters", []string{"TOKEN=1234567"}, nil, "1234567", "1234567"},
		{"8 characters", []string{"TOKEN=äöü45678"}, nil, "äöü45678", "***"},
		{"longest first", []string{"A_TOKEN=swordfish", "B_TOKEN=swordfish-and-more"}, nil, "swordfish-and-more swordfish", "*** ***"},
		{"each line", []string{"SSH_KEY=-----BEGIN-----\nabcdefghij\nshort\n-----END KEY-----"}, nil, "x abcdefghij short", "x *** short"},
		{"the whole of several lines", []string{"SSH_KEY=abcdefghij\nshort"}, nil, "<abcdefghij\nshort>", "<***>"},
		{"percent-encoded", []string{"API_TOKEN=sword/fish+99"}, nil, "?t=sword%2Ffish%2B99", "?t=***"},
		{"as in an ID", []string{`API_TOKEN=sword\fish99`}, nil, `a.py::t[sword\\fish99]`, `a.py::t[***]`},
		{"a URL in a variable", []string{"DATABASE_URL=postgres://u:sword%2Ffish99@h/db"}, nil, "pw sword/fish99 or sword%2Ffish99", "pw *** or ***"},
		{"a URL in a variable, badly escaped", []string{"DATABASE_URL=postgres://u:100%sure-thing@h/db"}, nil, "pw 100%sure-thing", "pw ***"},
		{"a URL anywhere", nil, nil, "to postgres://user:swordfish99@host:5432/db?x=1 and redis://:swordfish99@h", "to postgres://user:***@host:5432/db?x=1 and redis://:***@h"},
		{"a URL with @ in its password", nil, nil, "amqp://u:p@ss@word@h/", "amqp://u:***@h/"},
		{"a URL with a short password", nil, nil, "http://user:pass@host/", "http://user:pass@host/"},
		{"a URL without one", nil, nil, "http://host:8080/a@b http://user@host ://x", "http://host:8080/a@b http://user@host ://x"},
		{"nothing", []string{"HOME=/root", "EMPTY_TOKEN=", "broken"}, nil, "all of it", "all of it"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			if got := report.Secrets(c.environ, c.declared)(c.in); got != c.out {
				t.Errorf("got %q, want %q", got, c.out)
			}
		})
	}
}

func TestNoSecretSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secrets := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9:/@%]{8,20}`), 1, 5).Draw(t, "secrets")
		var environ []string
		for i, s := range secrets {
			environ = append(environ, strings.Repeat("X", i)+"_TOKEN="+s)
		}
		mask := report.Secrets(environ, nil)
		text := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(secrets), rapid.String()), 0, 8).Draw(t, "text")
		in := strings.Join(text, " ")
		out := mask(in)
		for _, s := range secrets {
			if strings.Contains(out, s) {
				t.Fatalf("%q survives in %q", s, out)
			}
		}
		if again := report.Secrets(environ, nil)(in); again != out {
			t.Fatalf("not the same twice: %q and %q", out, again)
		}
	})
}
