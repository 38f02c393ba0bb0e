package stub

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"testrunner/env"
	"testrunner/env/service"
)

// web answers HTTP: routes, an issuer's addresses, a WebSocket's script, and the operations of an OpenAPI file, in that order.
type web struct {
	ready  string // the path that is answered with 200 where nothing else answers it; "" is none
	routes *table[env.StubRoute]
	api    *openAPI // nil: none, as the two below
	issuer *issuer
	script *script
	ports  []int
	server *http.Server
	served chan struct{} // closed when the server has ended
	inside gate
}

// readWeb reads what the configuration says of a stub. The error says what is wrong with it.
func readWeb(apis *documents, s service.Spec) (*web, error) {
	spec := s.StubSpec
	ready, _, _ := strings.Cut(s.Ready, "?")
	w := &web{ready: ready, ports: ownPorts(s)}
	if len(spec.Routes) == 0 && spec.OpenAPI == "" && spec.JWT == nil && len(spec.Messages) == 0 {
		return nil, errors.New("it says nothing that could be answered: give it routes, openapi, jwt or websocket")
	}
	var err error
	if w.routes, err = readRoutes(spec.Routes); err != nil {
		return nil, err
	}
	if spec.OpenAPI != "" {
		if w.api, err = apis.read(spec.OpenAPI); err != nil {
			return nil, fmt.Errorf("openapi: %w", err)
		}
	}
	if spec.JWT != nil {
		if w.issuer, err = readIssuer(*spec.JWT); err != nil {
			return nil, fmt.Errorf("jwt: %w", err)
		}
	}
	if len(spec.Messages) > 0 || spec.Path != "" {
		if w.script, err = readScript(spec.Path, spec.Messages); err != nil {
			return nil, fmt.Errorf("websocket: %w", err)
		}
	}
	return w, nil
}

func (w *web) notes() []string {
	if w.api == nil {
		return nil
	}
	return w.api.notes()
}

func (w *web) serve(ctx context.Context, l net.Listener, i *Instance) (string, []int, error) {
	at := "http://" + l.Addr().String()
	if w.issuer != nil {
		if err := w.issuer.begin(at); err != nil {
			return "", nil, err
		}
	}
	w.served = make(chan struct{})
	w.server = &http.Server{
		Handler:           w.logged(i),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(i.out, "", 0),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	go func() {
		defer close(w.served)
		err := w.server.Serve(l)
		if !errors.Is(err, http.ErrServerClosed) {
			i.broke(fmt.Sprintf("the stub of %s ended: %v", i.name, err), func() { _ = w.server.Close() })
		}
	}()
	return at, w.ports, nil
}

// close ends the server, and waits for all that still answer: a WebSocket ends with the instance's context.
func (w *web) close() error {
	err := w.server.Close()
	<-w.served
	w.inside.shut()
	return err
}

// gate counts who is inside, and can be shut.
type gate struct {
	mu     sync.Mutex
	inside sync.WaitGroup
	closed bool
}

// enter says whether the gate is open; who entered must leave.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.inside.Add(1)
	}
	return !g.closed
}

func (g *gate) leave() { g.inside.Done() }

// shut lets nobody in any more, and waits for those inside.
func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
}

// logged writes a line for each request that was answered.
func (w *web) logged(i *Instance) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !w.inside.enter() {
			return
		}
		defer w.inside.leave()
		seen := &statusWriter{ResponseWriter: rw, status: http.StatusOK}
		w.answer(seen, r, i)
		i.out.add(fmt.Sprintf("%s %s %d", printable(r.Method), printable(r.URL.EscapedPath()), seen.status))
	})
}

func (w *web) answer(rw http.ResponseWriter, r *http.Request, i *Instance) {
	path := r.URL.EscapedPath()
	if w.script != nil && path == w.script.path && upgrades(r) {
		w.script.serve(rw, r, i)
		return
	}
	if route, values, ok := w.routes.find(r.Method, path); ok {
		writeRoute(rw, route, values)
		return
	}
	if w.issuer != nil && w.issuer.answer(rw, r) {
		return
	}
	why := ""
	if w.api != nil {
		var done bool
		if why, done = w.api.answer(rw, r); done {
			return
		}
	}
	if w.ready != "" && path == w.ready && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		rw.Header().Set("Content-Type", contentType(false))
		_, _ = rw.Write([]byte("ready\n"))
		return
	}
	if why == "" {
		why = w.otherwise(path)
	}
	w.refuse(rw, r, i, why)
}

// refuse tells the client that the stub does not know its request, and notes it. 501 is what no service answers by itself.
func (w *web) refuse(rw http.ResponseWriter, r *http.Request, i *Instance, why string) {
	asked := printable(r.Method) + " " + printable(r.URL.EscapedPath())
	i.missed(asked)
	text, err := json.Marshal(map[string]string{
		"error": fmt.Sprintf("the stub of %s does not know %s%s; runner.yaml says what it answers: services, %s, stub", i.name, asked, why, i.name),
	})
	if err != nil {
		text = []byte(`{"error":"not known"}`)
	}
	rw.Header().Set("Content-Type", contentType(true))
	rw.WriteHeader(http.StatusNotImplemented)
	_, _ = rw.Write(append(text, '\n'))
}

// otherwise says by which other methods the path is known.
func (w *web) otherwise(path string) string {
	methods := w.routes.methods(path)
	if w.api != nil {
		methods = append(methods, w.api.operations.methods(path)...)
	}
	if w.issuer != nil {
		methods = append(methods, w.issuer.methods(path)...)
	}
	switch {
	case len(methods) > 0:
		slices.Sort(methods)
		return ", but " + strings.Join(slices.Compact(methods), ", ") + " of that path"
	case w.script != nil && path == w.script.path:
		return ", but a WebSocket there"
	}
	return ""
}

// statusWriter notes the status. The connection of a WebSocket is taken over through it.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController see what is below.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// Hijack is for the WebSocket.
func (s *statusWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(s.ResponseWriter).Hijack()
}
