//go:build unix

package local

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"testrunner/env/service"
)

// A command whose port somebody took in the last moment is started again with another one. Where it tells that late it is said of its end
// that this was a chance.
func TestACommandWhosePortWasTaken(t *testing.T) {
	pl := newPlace(t)
	p, _ := pl.provider(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	web := service.Spec{Container: &service.Container{Env: []string{roleVar + "=web"}}}
	web.Name, web.Local = "web", []string{self, "{host}:{port}"}
	var thief net.Listener
	p.took = func(port int) {
		if thief != nil {
			return
		}
		if thief, err = net.Listen("tcp", fmt.Sprintf("%s:%d", host, port)); err != nil {
			t.Error(err)
		}
	}
	var w told
	in, err := p.Start(t.Context(), web, nil, w.tell)
	if err != nil {
		t.Fatal(err)
	}
	if theirs := thief.Addr().(*net.TCPAddr).Port; in.Address().Port == theirs {
		<-in.Done()
		if end := in.End(); !end.Chance || !strings.Contains(end.Why, fmt.Sprintf("port %d was taken", theirs)) {
			t.Errorf("%+v", end)
		}
	} else if !w.has("in the last moment") {
		t.Errorf("told %q", w.lines)
	}
	stop(t, in)
	closed(t, pl, p)
	thief.Close()
}
