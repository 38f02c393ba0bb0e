package process

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// epoch is empty: start times are of the calendar here.
func epoch() string { return "" }

// look returns one running process.
func look(pid int) (proc, error) { return inTable(table(), pid) }

// table returns every process; the start time of one that may not be opened is 0, and it is nobody's descendant then.
func table() []proc {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer windows.CloseHandle(snapshot)
	var out []proc
	entry := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &entry); err == nil; err = windows.Process32Next(snapshot, &entry) {
		p := proc{pid: int(entry.ProcessID), ppid: int(entry.ParentProcessID), name: windows.UTF16ToString(entry.ExeFile[:])}
		if p.measure() {
			out = append(out, p)
		}
	}
	return out
}

// measure fills in times and memory. It is false for a process that has ended and that only open handles keep in the list.
func (p *proc) measure() bool {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION|windows.SYNCHRONIZE, false, uint32(p.pid))
	if err != nil {
		return true
	}
	defer windows.CloseHandle(h)
	if state, err := windows.WaitForSingleObject(h, 0); err == nil && state == windows.WAIT_OBJECT_0 {
		return false
	}
	var born, ended, kernel, user windows.Filetime
	if windows.GetProcessTimes(h, &born, &ended, &kernel, &user) == nil {
		p.start = ticks(born)
		p.cpu = time.Duration(ticks(kernel)+ticks(user)) * 100
	}
	p.rssKB, _ = workingSet(h)
	return true
}

func ticks(f windows.Filetime) uint64 { return uint64(f.HighDateTime)<<32 | uint64(f.LowDateTime) }

// memoryCounters is PROCESS_MEMORY_COUNTERS of psapi.h.
type memoryCounters struct {
	size, faults                             uint32
	peakSet, set                             uintptr
	peakPaged, paged, peakNonPaged, nonPaged uintptr
	pagefile, peakPagefile                   uintptr
}

// workingSet is the resident memory of a process, now and at its peak, in KiB.
func workingSet(h windows.Handle) (now, peak int64) {
	c := memoryCounters{size: uint32(unsafe.Sizeof(memoryCounters{}))}
	call := windows.NewLazySystemDLL("kernel32.dll").NewProc("K32GetProcessMemoryInfo")
	if call.Find() != nil {
		return 0, 0
	}
	if ok, _, _ := call.Call(uintptr(h), uintptr(unsafe.Pointer(&c)), uintptr(c.size)); ok == 0 {
		return 0, 0
	}
	return int64(c.set / 1024), int64(c.peakSet / 1024)
}

// commandLine is the program's path: the arguments of another process are not to be had without reading its memory.
func commandLine(pid int) string {
	h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(pid))
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(h)
	buf := make([]uint16, 32<<10)
	n := uint32(len(buf))
	if windows.QueryFullProcessImageName(h, 0, &buf[0], &n) != nil {
		return ""
	}
	return windows.UTF16ToString(buf[:n])
}
