package tool

import (
	"bytes"
	"go/build"
	"go/build/constraint"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// goMaxHeader bounds what is read of a file to find its package clause: go/build reads a header of any length, and the
// longest licence text seen is a tenth of this.
const goMaxHeader = 256 << 10

// goHeader reads a Go file up to its package clause and returns that part where it holds a build constraint, else nil:
// most files have none, and then the file's name alone decides.
func goHeader(r io.Reader) ([]byte, error) {
	buf := make([]byte, 0, 1<<10)
	for len(buf) < goMaxHeader {
		buf = slices.Grow(buf, 512)
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if end, whole := goHeaderEnd(buf); whole || err != nil {
			header := buf[:end]
			if bytes.Contains(header, []byte("go:build")) || bytes.Contains(header, []byte("+build")) {
				return header, nil
			}
			if err == io.EOF {
				err = nil
			}
			if whole {
				return nil, nil
			}
			return nil, err
		}
	}
	return nil, nil
}

// goHeaderEnd returns where the comments and blanks at the top end; whole is false where more of the file may belong to them.
func goHeaderEnd(b []byte) (end int, whole bool) {
	i := 0
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		i = 3
	}
	for i < len(b) {
		switch {
		case b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n':
			i++
		case bytes.HasPrefix(b[i:], []byte("//")):
			n := bytes.IndexByte(b[i:], '\n')
			if n < 0 {
				return i, false
			}
			i += n + 1
		case bytes.HasPrefix(b[i:], []byte("/*")):
			n := bytes.Index(b[i:], []byte("*/"))
			if n < 0 {
				return i, false
			}
			i += n + 2
		case b[i] == '/' && i == len(b)-1:
			return i, false
		default:
			return i, true
		}
	}
	return i, false
}

// goContext decides which files a build takes.
type goContext struct{ build.Context }

// goBuild is the default context of this machine. A program from another release than the one that built runner has
// its own release tags (go1.27), so its version is asked where it is known: "go1.26.8", or "".
func goBuild(version string) goContext {
	c := goContext{build.Default}
	c.BuildTags = nil
	minor, _, _ := strings.Cut(strings.TrimPrefix(version, "go1."), ".")
	if n, err := strconv.Atoi(minor); err == nil && strings.HasPrefix(version, "go1.") {
		c.ReleaseTags = nil
		for i := 1; i <= n; i++ {
			c.ReleaseTags = append(c.ReleaseTags, "go1."+strconv.Itoa(i))
		}
	}
	c.CgoEnabled = c.CgoEnabled && goCompiler()
	return c
}

// goCompiler tells whether go finds a C compiler: since Go 1.20 cgo is off by default without one.
func goCompiler() bool {
	if os.Getenv("CGO_ENABLED") == "1" || os.Getenv("CC") != "" || runtime.GOOS == "darwin" {
		return true
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		for _, name := range []string{"gcc", "clang", "gcc.exe", "clang.exe"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				return true
			}
		}
	}
	return false
}

// takes tells whether a build with these tags takes the file. The header stands for the file's content, so that
// go/build has neither to read nor to parse the rest of it.
func (c goContext) takes(name string, header []byte, tags ...string) bool {
	name = path.Base(name)
	if header == nil && name[0] != '_' && name[0] != '.' && !strings.Contains(strings.TrimSuffix(name, "_test.go"), "_") {
		return true // neither a constraint nor a platform in its name: nearly all files
	}
	c.BuildTags = tags
	c.OpenFile = func(string) (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(bytes.NewReader(header), strings.NewReader("\npackage p\n"))), nil
	}
	ok, err := c.MatchFile("", name)
	return ok && err == nil
}

// needs names the tags without which the file is not taken: "slow", "linux_only && slow"; "" where no tag helps, since
// the file is for another platform.
func (c goContext) needs(name string, header []byte) string {
	custom := goCustomTags(header)
	for _, tag := range custom {
		if c.takes(name, header, tag) {
			return tag
		}
	}
	if len(custom) > 0 && c.takes(name, header, custom...) {
		return strings.Join(custom, " && ")
	}
	return ""
}

// goCustomTags lists the tags of a header that are not the platform's or the toolchain's own, sorted.
func goCustomTags(header []byte) []string {
	var tags []string
	for line := range strings.Lines(string(header)) {
		expr, err := constraint.Parse(strings.TrimSpace(line))
		if err != nil {
			continue
		}
		expr.Eval(func(tag string) bool {
			if !goOwnTag(tag) {
				tags = append(tags, tag)
			}
			return false
		})
	}
	return sortedSet(tags)
}

// goOwnTag tells whether go itself sets or leaves the tag, by platform, compiler or release.
// Source: internal/syslist of Go 1.26 and `go help buildconstraint`.
func goOwnTag(tag string) bool {
	return strings.HasPrefix(tag, "go1.") || strings.HasPrefix(tag, "goexperiment.") || strings.Contains(tag, ".v") ||
		slices.Contains(goPlatformTags(), tag)
}

func goPlatformTags() []string {
	return []string{
		"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
		"openbsd", "plan9", "solaris", "unix", "wasip1", "windows", "zos",
		"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64",
		"mips64le", "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x",
		"sparc", "sparc64", "wasm",
		"cgo", "gc", "gccgo",
	}
}
