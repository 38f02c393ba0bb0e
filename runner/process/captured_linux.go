package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// capturedMax bounds what is read of one captured stream, in bytes from its end.
const capturedMax = 16 << 10

// Captured is the end of what the program and its descendants have written to nameless files in place of our pipes: a test
// tool (pytest) so captures what a test prints, and hands it over when the test has ended, which a hanging one has not.
func (p *Process) Captured() string {
	var all strings.Builder
	seen := map[string]bool{}
	for _, m := range p.group.members() {
		for fd := 1; fd <= 2; fd++ {
			path := "/proc/" + strconv.Itoa(m.pid) + "/fd/" + strconv.Itoa(fd)
			name, err := os.Readlink(path)
			if err != nil || !strings.HasPrefix(name, "/") || !strings.HasSuffix(name, " (deleted)") {
				continue
			}
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			if id := fileID(info); !seen[id] {
				seen[id] = true
				all.WriteString(lastBytes(path, capturedMax))
			}
		}
	}
	return all.String()
}

// fileID tells one nameless file from another.
func fileID(info os.FileInfo) string {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return info.Name()
	}
	return fmt.Sprint(st.Dev, " ", st.Ino)
}

// lastBytes reads the end of a file that may be growing, from the start of a line where there is one. What can't be read is "".
func lastBytes(path string, most int64) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	from := max(0, info.Size()-most)
	b := make([]byte, min(info.Size(), most))
	n, _ := f.ReadAt(b, from) // cut short by a truncation, it is what there is
	text := string(b[:n])
	if _, rest, ok := strings.Cut(text, "\n"); from > 0 && ok {
		return rest
	}
	return text
}
