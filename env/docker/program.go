package docker

import "encoding/binary"

// The probe's programs are a few system calls in a row, without a libc, a shell or a registry: a container that runs them proves
// that the engine creates, starts, connects and ends containers. They are written as tables (script) and translated here into the
// machine code and the ELF header of the engine's architecture; the sources are the tables.
//
// Sources: System V ABI, ELF-64 header and program header; syscall numbers and register use of Linux in
// arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h (arm64) and man 2 syscall.

// call is one system call of a script.
type call struct {
	name string // as in numbers
	args []operand
	save int  // the slot that takes the result, from 1; 0 drops it
	any  bool // a negative result is no failure
	back int  // go on at this step afterwards, from 1; 0 is the next one
}

// Two steps are no system calls: store writes a number of 32 bits to an address, and expect fails unless there is a number of 16
// bits at an address.
const (
	store  = "store"
	expect = "expect"
)

// operand is an argument.
type operand struct {
	kind  byte // 'n' number; 'd' address of data; 's' content of a slot; 'b' address of data and content of a slot, added
	value int  // number, or index of data
	slot  int
	plus  int // added to an address
}

func num(n int) operand                { return operand{kind: 'n', value: n} }
func at(data, plus int) operand        { return operand{kind: 'd', value: data, plus: plus} }
func slot(n int) operand               { return operand{kind: 's', slot: n} }
func behind(data, n, plus int) operand { return operand{kind: 'b', value: data, slot: n, plus: plus} }

// script is a program: it makes its calls, and exits with the number of the step that failed, from 1.
type script struct {
	calls []call
	data  [][]byte // each aligned to 8
}

// architecture translates.
type architecture struct {
	machine uint16 // e_machine
	numbers map[string]int
	emit    func(*code, call, int)
}

// architectureOf knows the machines that engines run on; an engine says its own as the kernel names it.
func architectureOf(name string) (architecture, bool) {
	switch name {
	case "x86_64", "amd64":
		return architecture{62, map[string]int{ // EM_X86_64
			"write": 1, "socket": 41, "connect": 42, "accept4": 288, "sendto": 44, "recvfrom": 45, "bind": 49, "listen": 50, "setsockopt": 54, "close": 3, "exit": 60, "read": 0,
		}, emitAMD64}, true
	case "aarch64", "arm64":
		return architecture{183, map[string]int{ // EM_AARCH64
			"write": 64, "socket": 198, "connect": 203, "accept4": 242, "sendto": 206, "recvfrom": 207, "bind": 200, "listen": 201, "setsockopt": 208, "close": 57, "exit": 93, "read": 63,
		}, emitARM64}, true
	}
	return architecture{}, false
}

// The program is loaded as one segment that may be read, written and run, at a fixed address.
const (
	loadAt     = 0x400000
	headerSize = 64 + 56
	slots      = 8 // of 8 bytes, at the start of the data
)

// code is a program that is being translated.
type code struct {
	arch  architecture
	text  []byte
	steps []int // offset of each step
	data  []int // address of each data
	base  int   // address of the slots
}

// program translates a script into an ELF file.
func program(a architecture, s script) []byte {
	// Two rounds: the addresses of the data depend on the length of the text.
	c := &code{arch: a, data: make([]int, len(s.data)), steps: make([]int, len(s.calls)+1)}
	for range 2 {
		c.text = c.text[:0]
		for i, call := range s.calls {
			c.steps[i] = len(c.text)
			a.emit(c, call, i+1)
		}
		next := align(loadAt + headerSize + len(c.text))
		c.base = next
		next += slots * 8
		for i, d := range s.data {
			c.data[i] = next
			next = align(next + len(d))
		}
	}
	out := make([]byte, 0, 1024)
	out = append(out, header(a.machine)...)
	out = append(out, c.text...)
	for loadAt+len(out) < c.base+slots*8 {
		out = append(out, 0)
	}
	for i, d := range s.data {
		for loadAt+len(out) < c.data[i] {
			out = append(out, 0)
		}
		out = append(out, d...)
	}
	binary.LittleEndian.PutUint64(out[64+32:], uint64(len(out))) // p_filesz
	binary.LittleEndian.PutUint64(out[64+40:], uint64(len(out))) // p_memsz
	return out
}

func align(n int) int { return (n + 7) &^ 7 }

// header is the ELF header and its one program header.
func header(machine uint16) []byte {
	h := make([]byte, headerSize)
	copy(h, "\x7fELF\x02\x01\x01") // 64 bits, little endian, version 1, System V
	le := binary.LittleEndian
	le.PutUint16(h[16:], 2) // e_type: ET_EXEC
	le.PutUint16(h[18:], machine)
	le.PutUint32(h[20:], 1)
	le.PutUint64(h[24:], loadAt+headerSize) // e_entry
	le.PutUint64(h[32:], 64)                // e_phoff
	le.PutUint16(h[52:], 64)                // e_ehsize
	le.PutUint16(h[54:], 56)                // e_phentsize
	le.PutUint16(h[56:], 1)                 // e_phnum
	p := h[64:]
	le.PutUint32(p[0:], 1) // PT_LOAD
	le.PutUint32(p[4:], 7) // read, write, execute
	le.PutUint64(p[16:], loadAt)
	le.PutUint64(p[24:], loadAt)
	le.PutUint64(p[48:], 0x10000) // p_align: the largest page of both
	return h
}

// address is what an operand comes to, without the content of a slot.
func (c *code) address(o operand) int {
	switch o.kind {
	case 'd', 'b':
		return c.data[o.value] + o.plus
	case 's':
		return c.cell(o.slot)
	}
	return o.value
}

// cell is the address of a slot.
func (c *code) cell(slot int) int { return c.base + (slot-1)*8 }

// number is a system call's. One that the table does not have is none of the kernel's either (ENOSYS), so that step fails.
func (c *code) number(name string) int {
	if n, ok := c.arch.numbers[name]; ok {
		return n
	}
	return 0x7fff
}

func (c *code) bytes(b ...byte) { c.text = append(c.text, b...) }
func (c *code) word(w uint32)   { c.text = binary.LittleEndian.AppendUint32(c.text, w) }
func (c *code) signed(n int)    { c.word(uint32(int32(n))) }

// emitAMD64: number in rax, arguments in rdi rsi rdx r10 r8 r9, result in rax.
func emitAMD64(c *code, s call, step int) {
	switch s.name {
	case store:
		c.loadAMD64(0, s.args[0])
		c.bytes(0xc7, 0x07) // mov dword [rdi], imm32
		c.signed(s.args[1].value)
		return
	case expect:
		c.bytes(0x66, 0x81, 0x3c, 0x25) // cmp word [disp32], imm16
		c.signed(c.address(s.args[0]))
		c.bytes(byte(s.args[1].value), byte(s.args[1].value>>8))
		c.bytes(0x74, 12) // je over the exit
		c.failAMD64(step)
		return
	}
	for i, o := range s.args {
		c.loadAMD64(i, o)
	}
	c.bytes(0xb8) // mov eax, number
	c.signed(c.number(s.name))
	c.bytes(0x0f, 0x05) // syscall
	if !s.any {
		c.bytes(0x48, 0x85, 0xc0, 0x79, 12) // test rax, rax; jns over the exit
		c.failAMD64(step)
	}
	if s.save > 0 {
		c.bytes(0x48, 0x89, 0x04, 0x25) // mov [slot], rax
		c.signed(c.cell(s.save))
	}
	if s.back > 0 {
		c.bytes(0xe9) // jmp rel32
		c.signed(c.steps[s.back-1] - (len(c.text) + 4))
	}
}

// loadAMD64 brings an operand into the register of argument i.
func (c *code) loadAMD64(i int, o operand) {
	register := []byte{7, 6, 2, 10, 8, 9}[i] // rdi rsi rdx r10 r8 r9
	low, high := register&7, register>>3
	if o.kind == 'n' || o.kind == 'd' {
		if high == 1 {
			c.bytes(0x41)
		}
		c.bytes(0xb8 | low) // mov r32, imm32: it clears the upper half
		c.signed(c.address(o))
		return
	}
	c.bytes(0x48|high<<2, 0x8b, 0x04|low<<3, 0x25) // mov r64, [disp32]
	c.signed(c.cell(o.slot))
	if o.kind == 'b' {
		c.bytes(0x48|high, 0x81, 0xc0|low) // add r64, imm32
		c.signed(c.address(o))
	}
}

// failAMD64 exits with the number of the step: 12 bytes.
func (c *code) failAMD64(step int) {
	c.bytes(0xbf) // mov edi, step
	c.signed(step)
	c.bytes(0xb8) // mov eax, exit
	c.signed(c.number("exit"))
	c.bytes(0x0f, 0x05)
}

// emitARM64: number in x8, arguments in x0 to x5, result in x0. x9 to x11 are for addresses and numbers on the way.
func emitARM64(c *code, s call, step int) {
	switch s.name {
	case store:
		c.operandARM64(0, s.args[0])
		c.loadARM64(10, s.args[1].value)
		c.word(0xb900000a) // str w10, [x0]
		return
	case expect:
		c.loadARM64(9, c.address(s.args[0]))
		c.word(0x7940012a) // ldrh w10, [x9]
		c.loadARM64(11, s.args[1].value)
		c.word(0x6b0b015f) // cmp w10, w11
		c.word(0x540000c0) // b.eq over the exit
		c.failARM64(step)
		return
	}
	for i, o := range s.args {
		c.operandARM64(uint32(i), o)
	}
	c.loadARM64(8, c.number(s.name))
	c.word(0xd4000001) // svc 0
	if !s.any {
		c.word(0xb6f800c0) // tbz x0, 63, over the exit
		c.failARM64(step)
	}
	if s.save > 0 {
		c.loadARM64(9, c.cell(s.save))
		c.word(0xf9000120) // str x0, [x9]
	}
	if s.back > 0 {
		c.word(0x14000000 | uint32((c.steps[s.back-1]-len(c.text))/4)&0x3ffffff) // b
	}
}

// operandARM64 brings an operand into register x.
func (c *code) operandARM64(x uint32, o operand) {
	if o.kind == 'n' || o.kind == 'd' {
		c.loadARM64(x, c.address(o))
		return
	}
	c.loadARM64(9, c.cell(o.slot))
	c.word(0xf9400120 | x) // ldr x, [x9]
	if o.kind == 'b' {
		c.loadARM64(9, c.address(o))
		c.word(0x8b090000 | x<<5 | x) // add x, x, x9
	}
}

// loadARM64 puts a number of 32 bits into a register: movz, movk.
func (c *code) loadARM64(register uint32, n int) {
	c.word(0xd2800000 | uint32(n&0xffff)<<5 | register)
	c.word(0xf2a00000 | uint32(n>>16&0xffff)<<5 | register)
}

// failARM64 exits with the number of the step: 5 instructions.
func (c *code) failARM64(step int) {
	c.loadARM64(0, step)
	c.loadARM64(8, c.number("exit"))
	c.word(0xd4000001)
}
