package main

import (
	"os"
	"path/filepath"
	"testing"
)

// debianImages makes a tree for images from what Debian has installed here: PostgreSQL and Redis with what they load, and a shell.
// It is typed into sh in an empty folder.
const debianImages = `set -e
pg=$(ls -d /usr/lib/postgresql/*/ | sort -V | tail -n 1); version=$(basename "$pg")
mkdir -p root/tmp root/data root/etc
chmod 1777 root/tmp
take() { cp -rL --parents "$@" root; }
programs="/bin/sh $pg/bin/postgres $pg/bin/initdb $(readlink -f "$(command -v redis-server)")"
for each in /bin/cat /bin/chmod; do programs="$programs $each"; done
take $programs $pg/lib/plpgsql.so $pg/lib/dict_snowball.so /usr/share/postgresql/$version
for each in $programs; do ldd $each | grep -o '/[^ ]*'; done | sort -u | xargs cp -L --parents -t root
ln -s "$(readlink -f "$(command -v redis-server)")" root/redis-server
echo 'postgres:x:999:999::/data:/bin/sh' >root/etc/passwd
chown 999:999 root/data
cat >root/start-postgres <<END
#!/bin/sh
set -e
echo "\$POSTGRES_PASSWORD" >/tmp/password
$pg/bin/initdb -D /data/main -U postgres --no-sync --locale=C -E UTF8 -A scram-sha-256 --pwfile=/tmp/password >/tmp/initdb 2>&1 || { cat /tmp/initdb; exit 1; }
echo 'host all all all scram-sha-256' >>/data/main/pg_hba.conf
exec $pg/bin/postgres -D /data/main -c listen_addresses='*' -c unix_socket_directories=/tmp
END
chmod 755 root/start-postgres
tar -C root -c . >image.tar
rm -r root
docker import -c 'ENTRYPOINT ["/start-postgres"]' -c 'USER postgres' -c 'EXPOSE 5432' -c 'ENV TZ=UTC' image.tar postgres:latest
docker import -c 'ENTRYPOINT ["/redis-server"]' -c 'CMD ["--protected-mode", "no", "--save", ""]' -c 'EXPOSE 6379' image.tar redis:latest
rm image.tar
`

// putImages gives the workshop's engine images of PostgreSQL and Redis.
func putImages(t *testing.T, w modesTree) {
	t.Helper()
	dir := t.TempDir()
	maker := *w.workshop
	maker.dir = dir
	if err := os.WriteFile(filepath.Join(dir, "make"), []byte(debianImages), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, code := maker.shell(t, "sh ./make"); code != 0 {
		t.Fatalf("images: exit %d\n%s", code, out)
	}
}
