// Command prngdll writes the one library of Windows that every Go program loads and that Wine 8 has not: a bcryptprimitives.dll
// whose ProcessPrng is forwarded to RtlGenRandom of advapi32, which Wine has. It knows nothing of runner.
//
//	prngdll FILE
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
)

// The layout: headers in the first 512 bytes, and one section, at this address, with the export directory.
const (
	headers = 512
	section = 0x1000
	words   = 52 // of the export directory: its 40 bytes, one address, one name, one ordinal
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "prngdll FILE: writes a bcryptprimitives.dll for Wine")
		os.Exit(2)
	}
	if err := os.WriteFile(os.Args[1], library(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "prngdll:", err)
		os.Exit(1)
	}
}

// library is the file, by Microsoft's "PE Format": little-endian, PE32+ for x64, without code.
func library() []byte {
	const name, function, target = "bcryptprimitives.dll\x00", "ProcessPrng\x00", "advapi32.SystemFunction036\x00"
	const nameAt = uint32(section + words)
	const functionAt = nameAt + uint32(len(name))
	const targetAt = functionAt + uint32(len(function))
	const size = uint32(words + len(name) + len(function) + len(target))
	var b bytes.Buffer
	put := func(fields ...any) {
		for _, f := range fields {
			if err := binary.Write(&b, binary.LittleEndian, f); err != nil {
				panic(err) // of a field without a fixed size, which a constant layout has or has not
			}
		}
	}
	pad := func(n int) { b.Write(make([]byte, n-b.Len())) }
	b.WriteString("MZ")
	pad(60)
	put(uint32(64), []byte("PE\x00\x00"), []uint16{0x8664, 1}, [3]uint32{}, []uint16{240, 0x2022}) // x64, one section; a library
	put([]uint16{0x20b, 0}, []uint32{0, headers, 0, 0, section}, uint64(0x180000000), []uint32{section, headers}, []uint16{6, 0, 0, 0, 6, 0})
	put([]uint32{0, 2 * section, headers, 0}, []uint16{3, 0x160}, []uint64{1 << 20, 4 << 10, 1 << 20, 4 << 10}) // console; stack and heap
	put([]uint32{0, 16, section, size})                                                                         // 16 directories, the first is the exports
	b.Write(make([]byte, 15*8))
	put([]byte(".edata\x00\x00"), []uint32{size, section, headers, headers, 0, 0, 0, 0x40000040}) // data, readable
	pad(headers)
	put([]uint32{0, 0, 0, nameAt, 1, 1, 1, section + 40, section + 44, section + 48, targetAt, functionAt, 0}, []byte(name+function+target))
	pad(2 * headers)
	return b.Bytes()
}
