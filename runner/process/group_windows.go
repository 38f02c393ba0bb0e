package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// killedCode is the exit status that TerminateJobObject gives.
const killedCode = 1

// group is a started program in a Job Object: no descendant can leave it, and all end when its last handle is closed, which the
// kernel does if runner dies.
type group struct {
	spec  Spec
	job   windows.Handle
	alive windows.Handle // of the leader: as long as it is open, its id is given to no other
	root  proc

	mu     sync.Mutex
	ended  bool // the leader
	killed bool // by us, before it ended
	asked  bool
	closed bool
}

func newGroup(cmd *exec.Cmd, s Spec) *group {
	flags := uint32(windows.CREATE_SUSPENDED)
	if !s.Terminal {
		flags |= windows.CREATE_NEW_PROCESS_GROUP // Ctrl-C is for runner alone, and CTRL_BREAK can be aimed
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: flags}
	return &group{spec: s}
}

// start makes the job, starts the program suspended, puts it into the job, and lets it go: so nothing is ever outside.
func (g *group) start(cmd *exec.Cmd) error {
	if g.spec.User != nil {
		return fmt.Errorf("run it as another user: this system has no user ids: %w", errors.ErrUnsupported)
	}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return fmt.Errorf("create a job object: %w", err)
	}
	g.job = job
	limits := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits))); err != nil {
		g.release()
		return fmt.Errorf("set up a job object: %w", err)
	}
	if err := cmd.Start(); err != nil {
		g.release()
		return err
	}
	if err := g.hold(cmd); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		g.release()
		return err
	}
	return nil
}

func (g *group) hold(cmd *exec.Cmd) error {
	var assignErr error
	if err := cmd.Process.WithHandle(func(h uintptr) {
		assignErr = windows.AssignProcessToJobObject(g.job, windows.Handle(h))
	}); err != nil {
		return fmt.Errorf("open process %d: %w", cmd.Process.Pid, err)
	}
	if assignErr != nil {
		return fmt.Errorf("put process %d into its job object: %w", cmd.Process.Pid, assignErr)
	}
	alive, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(cmd.Process.Pid))
	if err != nil {
		return fmt.Errorf("open process %d: %w", cmd.Process.Pid, err)
	}
	g.alive = alive
	g.root = proc{pid: cmd.Process.Pid}
	if p, err := look(cmd.Process.Pid); err == nil {
		g.root = p
	}
	if g.spec.Admit != nil {
		if err := g.spec.Admit(g.root.id()); err != nil {
			return err
		}
	}
	return letGo(cmd.Process.Pid)
}

// letGo resumes the only thread of a suspended process.
func letGo(pid int) error {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPTHREAD, 0)
	if err != nil {
		return fmt.Errorf("list threads: %w", err)
	}
	defer windows.CloseHandle(snapshot)
	entry := windows.ThreadEntry32{Size: uint32(unsafe.Sizeof(windows.ThreadEntry32{}))}
	for err = windows.Thread32First(snapshot, &entry); err == nil; err = windows.Thread32Next(snapshot, &entry) {
		if entry.OwnerProcessID != uint32(pid) {
			continue
		}
		thread, err := windows.OpenThread(windows.THREAD_SUSPEND_RESUME, false, entry.ThreadID)
		if err != nil {
			return fmt.Errorf("open the thread of process %d: %w", pid, err)
		}
		defer windows.CloseHandle(thread)
		if _, err := windows.ResumeThread(thread); err != nil {
			return fmt.Errorf("let process %d go: %w", pid, err)
		}
		return nil
	}
	return fmt.Errorf("let process %d go: it has no thread (%v)", pid, err)
}

func (g *group) leader() ID { return g.root.id() }

// await returns when the leader has ended.
func (g *group) await() {
	_, _ = windows.WaitForSingleObject(g.alive, windows.INFINITE)
	g.mu.Lock()
	g.ended = true
	g.mu.Unlock()
}

// track has nothing to do: the job knows its processes.
func (g *group) track() {}

// members returns all that runs in the job.
func (g *group) members() []proc {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	var ids struct {
		assigned, listed uint32
		pids             [4096]uintptr
	}
	err := windows.QueryInformationJobObject(g.job, windows.JobObjectBasicProcessIdList, uintptr(unsafe.Pointer(&ids)), uint32(unsafe.Sizeof(ids)), nil)
	if err != nil && !errors.Is(err, windows.ERROR_MORE_DATA) || ids.listed == 0 {
		return nil
	}
	all := byPid(table())
	var out []proc
	for _, pid := range ids.pids[:min(int(ids.listed), len(ids.pids))] {
		if p, ok := all[int(pid)]; ok {
			out = append(out, p)
		}
	}
	return family(out, byPid(out), nil, nil)
}

// survivors returns what runs in the job after the leader ended.
func (g *group) survivors() []proc { return g.members() }

// terminate sends CTRL_BREAK, which needs a console that both share. It is false where that can't be had.
func (g *group) terminate() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = true
	return !g.spec.Terminal && windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(g.root.pid)) == nil
}

// ask asks the rest once; where that can't be had, it ends.
func (g *group) ask([]proc) {
	g.mu.Lock()
	asked := g.asked
	g.mu.Unlock()
	if !asked && !g.terminate() {
		g.kill()
	}
}

func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.killed = g.killed || !g.ended
	_ = windows.TerminateJobObject(g.job, killedCode)
}

func (g *group) end([]proc) { g.kill() }

func (g *group) pause() error  { return unsupported("pause", g.root.pid) }
func (g *group) resume() error { return unsupported("resume", g.root.pid) }

func (g *group) dumpCommand(_, _ string) string { return "" }

func (g *group) dump(signal, _ string) error { return unsupported("send "+signal+" to", g.root.pid) }

func unsupported(what string, pid int) error {
	return fmt.Errorf("%s process %d: this system has no signals: %w", what, pid, errors.ErrUnsupported)
}

// holders is empty: whoever got a pipe is in the job.
func (g *group) holders([]*pipe) []proc { return nil }

// accounting is JOBOBJECT_BASIC_ACCOUNTING_INFORMATION of winnt.h; times in 100 ns.
type accounting struct {
	totalUser, totalKernel, periodUser, periodKernel int64
	faults, total, active, terminated                uint32
}

// reap takes the leader's status; times and memory are those of the whole job.
func (g *group) reap(cmd *exec.Cmd) Exit {
	_ = cmd.Wait() // an ordinary bad end is an error to os/exec; the state has it all
	g.mu.Lock()
	defer g.mu.Unlock()
	e := Exit{Code: -1}
	if cmd.ProcessState != nil {
		e.Code = cmd.ProcessState.ExitCode()
	}
	if g.killed {
		e.Code, e.Signal = -1, "SIGKILL"
	}
	var used accounting
	if windows.QueryInformationJobObject(g.job, windows.JobObjectBasicAccountingInformation, uintptr(unsafe.Pointer(&used)), uint32(unsafe.Sizeof(used)), nil) == nil {
		e.User, e.Sys = time.Duration(used.totalUser)*100, time.Duration(used.totalKernel)*100
	}
	_, e.MaxRSSKB = workingSet(g.alive) // the leader's alone: a job counts committed memory only
	return e
}

// release closes the job: whatever is still in it ends.
func (g *group) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.closed = true
	windows.CloseHandle(g.job)
	if g.alive != 0 {
		windows.CloseHandle(g.alive)
	}
}

func byPid(ps []proc) map[int]proc {
	out := make(map[int]proc, len(ps))
	for _, p := range ps {
		out[p.pid] = p
	}
	return out
}

// readRest reads nothing: pipes have no deadlines here.
func readRest(*os.File, []byte, func([]byte)) bool { return true }
