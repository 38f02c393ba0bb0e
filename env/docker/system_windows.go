package docker

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"time"
	"unsafe"

	"github.com/Microsoft/go-winio"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"
)

// onePipe is how long one attempt waits for a free instance of a pipe; the look asks again, so that it can tell.
const onePipe = 200 * time.Millisecond

// dialPipe opens a named pipe. go-winio waits for nothing but a busy pipe, so a deadline of ours means just that: its own error
// can't be told from an engine that hangs.
func dialPipe(ctx context.Context, address string) (net.Conn, error) {
	short, cancel := context.WithTimeout(ctx, onePipe)
	defer cancel()
	conn, err := winio.DialPipeContext(short, address)
	if errors.Is(err, windows.ERROR_PIPE_BUSY) || err != nil && short.Err() != nil && ctx.Err() == nil {
		return nil, errPipeBusy
	}
	return conn, err
}

// queryService asks the service manager with the rights that every user has.
func queryService(name string) Service {
	scm, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return Service{}
	}
	defer windows.CloseServiceHandle(scm)
	wide, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return Service{}
	}
	handle, err := windows.OpenService(scm, wide, windows.SERVICE_QUERY_STATUS|windows.SERVICE_QUERY_CONFIG)
	if err != nil {
		return Service{}
	}
	s := &mgr.Service{Name: name, Handle: handle}
	defer s.Close()
	out := Service{Found: true}
	if status, err := s.Query(); err == nil {
		out.Running, out.Starting = status.State == svc.Running, status.State == svc.StartPending
	}
	out.Disabled = startType(handle) == windows.SERVICE_DISABLED
	return out
}

// startType asks for that alone: mgr's Config also asks for what older service managers don't know, and fails as a whole.
func startType(service windows.Handle) uint32 {
	var size uint32
	err := windows.QueryServiceConfig(service, nil, 0, &size)
	if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || size == 0 {
		return windows.SERVICE_NO_CHANGE
	}
	buffer := make([]uint64, (size+7)/8) // aligned as the structure at its start is
	config := (*windows.QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buffer[0]))
	if err := windows.QueryServiceConfig(service, config, size, &size); err != nil {
		return windows.SERVICE_NO_CHANGE
	}
	return config.StartType
}

func refused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }

func noRoute(err error) bool {
	return errors.Is(err, windows.WSAEHOSTUNREACH) || errors.Is(err, windows.WSAENETUNREACH)
}

// full is of unix sockets.
func full(error) bool { return false }

// statDisk has nothing to measure: an engine's data root lies in a virtual machine here.
func statDisk(string) (Disk, bool) { return Disk{}, false }

// groupID is of other systems: rights are lists here.
func groupID(fs.FileInfo) (string, bool) { return "", false }
