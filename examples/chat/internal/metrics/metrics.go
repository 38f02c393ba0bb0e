// Package metrics tells how much a service uses, to those who are on the same machine.
package metrics

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
)

// Gauges are values by name, of this moment.
type Gauges map[string]float64

// Listen listens at an address of this machine alone: what is told here is nobody else's business.
func Listen(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("METRICS_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("METRICS_ADDR=%s: an address such as 127.0.0.1:6060 is expected, which only this machine reaches", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("METRICS_ADDR: %w", err)
	}
	return listener, nil
}

// Handler serves /metrics, one "name value" a line (the text format of Prometheus), and Go's profiles below /debug/pprof/. With /metrics?gc=1
// memory that is not used any more is given back first: what is told then is what the service holds.
func Handler(own func() Gauges) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("gc") == "1" {
			debug.FreeOSMemory()
		}
		all := process()
		maps.Copy(all, own())
		var out bytes.Buffer
		for _, name := range slices.Sorted(maps.Keys(all)) {
			fmt.Fprintf(&out, "%s %s\n", name, strconv.FormatFloat(all[name], 'f', -1, 64))
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = w.Write(out.Bytes())
	})
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// process is what any Go program can tell of itself. resident_bytes is there where the system has /proc.
func process() Gauges {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	out := Gauges{
		"goroutines":      float64(runtime.NumGoroutine()),
		"heap_bytes":      float64(m.HeapInuse),
		"obtained_bytes":  float64(m.Sys - m.HeapReleased), // from the system, and not given back
		"gc_cycles_total": float64(m.NumGC),
	}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := bytes.Fields(text); len(fields) > 1 {
			if pages, err := strconv.ParseFloat(string(fields[1]), 64); err == nil {
				out["resident_bytes"] = pages * float64(os.Getpagesize())
			}
		}
	}
	return out
}
