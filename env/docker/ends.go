package docker

import (
	"context"
	"time"

	"testrunner/env/service"
)

// here is a time of the engine's in this machine's: only of an engine that has the same clock, or nearly so. Zero is unknown.
func (p *Provider) here(written string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, written)
	if age := time.Since(at); err != nil || !p.s.Host.Local() || age < 0 || age > settleClock {
		return time.Time{}
	}
	return at
}

// oomLate is how long after a death the engine may still tell that memory ran out: it hears of both by ways of their own, and the
// container's state then keeps silent about it (seen with Engine 20.10).
const oomLate = 300 * time.Millisecond

func (i *instance) ranOut(ctx context.Context) bool {
	select {
	case <-i.starved:
		return true
	case <-time.After(oomLate):
	case <-ctx.Done():
	}
	return false
}

// endOf words how a container ended.
func endOf(c Inspection) service.End {
	end := service.End{Code: c.Code}
	if c.Code > 128 && c.Code < 128+32 {
		end.Signal = signalName(c.Code - 128)
	}
	if c.OOM {
		end.Why = "out of memory"
	}
	return end
}

// signalName is Linux's name of a signal that ends processes; "" of others.
func signalName(number int) string {
	return map[int]string{
		1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1",
		11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
	}[number]
}
