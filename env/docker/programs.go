package docker

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The programs of the probe's image, and how they end when all is well.
const (
	leaveProgram  = "/leave"  // ends at once, with leaveCode
	answerProgram = "/answer" // answers each connection with a byte, until it is removed
	askProgram    = "/ask"    // looks the other up by its name, connects, reads the byte, and ends with askCode

	leaveCode = 42 // not 0: that is also what a container that never ran can have
	askCode   = 43
)

// peerName is the name by which one container of the probe finds the other, and peerPort its port.
const (
	peerName = "runner-probe-peer"
	peerPort = 4242
)

// Constants of Linux (asm-generic/socket.h, in.h); equal on all architectures here.
const (
	afInet     = 2
	sockStream = 1
	sockDgram  = 2
	solSocket  = 1
	soRcvTimeo = 20
	soSndTimeo = 21
)

// socketAddress is a sockaddr_in.
func socketAddress(port uint16, ip [4]byte) []byte {
	a := make([]byte, 16)
	binary.LittleEndian.PutUint16(a, afInet)
	binary.BigEndian.PutUint16(a[2:], port)
	copy(a[4:], ip[:])
	return a
}

// leave ends at once.
func leave() script { return script{calls: []call{{name: "exit", args: []operand{num(leaveCode)}}}} }

// answer listens at a port of all addresses, and writes one byte into each connection.
func answer(port uint16) script {
	return script{
		data: [][]byte{socketAddress(port, [4]byte{}), []byte("r")},
		calls: []call{
			{name: "socket", args: []operand{num(afInet), num(sockStream), num(0)}, save: 1},
			{name: "bind", args: []operand{slot(1), at(0, 0), num(16)}},
			{name: "listen", args: []operand{slot(1), num(16)}},
			{name: "accept4", args: []operand{slot(1), num(0), num(0), num(0)}, save: 2},
			{name: "write", args: []operand{slot(2), at(1, 0), num(1)}, any: true},
			{name: "close", args: []operand{slot(2)}, any: true, back: 4},
		},
	}
}

// engineResolver is the engine's own name server on networks that are the user's (documentation of Docker's bridge networks).
var engineResolver = [4]byte{127, 0, 0, 11}

// dnsQuery asks for the address of the peer (RFC 1035, section 4).
func dnsQuery() []byte {
	q := []byte{0x72, 0x75, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0} // id, recursion desired, one question
	for _, label := range strings.Split(peerName, ".") {
		q = append(append(q, byte(len(label))), label...)
	}
	return append(q, 0, 0, 1, 0, 1) // end of the name, type A, class IN
}

// askFailure words the status with which ask ends: the number of the step that failed.
func askFailure(code int) string {
	switch code {
	case 3, 4:
		return "the engine's name server does not answer"
	case 5:
		return "the name " + peerName + " does not resolve"
	case 10:
		return "the other container can't be reached"
	case 11, 12:
		return "the other container does not answer"
	}
	return fmt.Sprintf("the asking container ended with %d", code)
}

// ask resolves the peer's name by the engine's name server, connects to it and reads a byte. The address is the end of an answer
// that holds one record: family and port are written in front of it, which makes it a socket address.
func ask() script {
	limit := make([]byte, 16) // struct timeval
	binary.LittleEndian.PutUint64(limit, 2)
	head := binary.LittleEndian.Uint32(socketAddress(peerPort, [4]byte{}))
	const (
		query = iota
		resolver
		room
		clock
		one
	)
	const udp, got, tcp = 1, 2, 3
	return script{
		data: [][]byte{dnsQuery(), socketAddress(53, engineResolver), make([]byte, 600), limit, make([]byte, 8)},
		calls: []call{
			{name: "socket", args: []operand{num(afInet), num(sockDgram), num(0)}, save: udp},
			{name: "setsockopt", args: []operand{slot(udp), num(solSocket), num(soRcvTimeo), at(clock, 0), num(len(limit))}},
			{name: "sendto", args: []operand{slot(udp), at(query, 0), num(len(dnsQuery())), num(0), at(resolver, 0), num(16)}},
			{name: "recvfrom", args: []operand{slot(udp), at(room, 0), num(512), num(0), num(0), num(0)}, save: got},
			{name: expect, args: []operand{at(room, 6), num(0x0100)}}, // one answer, in the order of the network
			{name: store, args: []operand{behind(room, got, -8), num(int(head))}},
			{name: "close", args: []operand{slot(udp)}, any: true},
			{name: "socket", args: []operand{num(afInet), num(sockStream), num(0)}, save: tcp},
			{name: "setsockopt", args: []operand{slot(tcp), num(solSocket), num(soSndTimeo), at(clock, 0), num(len(limit))}},
			{name: "connect", args: []operand{slot(tcp), behind(room, got, -8), num(16)}},
			{name: "read", args: []operand{slot(tcp), at(one, 0), num(1)}, save: got},
			{name: expect, args: []operand{at(one, 0), num('r')}},
			{name: "exit", args: []operand{num(askCode)}},
		},
	}
}

// image is the layer of the probe's image for an architecture.
func probeLayer(architecture string) ([]byte, error) {
	a, ok := architectureOf(architecture)
	if !ok {
		return nil, fmt.Errorf("make the probe's image: runner has no program for the architecture %q (it has x86_64 and aarch64)", architecture)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, p := range []struct {
		name string
		body []byte
	}{{leaveProgram, program(a, leave())}, {answerProgram, program(a, answer(peerPort))}, {askProgram, program(a, ask())}} {
		if err := w.WriteHeader(&tar.Header{Name: strings.TrimPrefix(p.name, "/"), Mode: 0o755, Size: int64(len(p.body))}); err != nil {
			return nil, fmt.Errorf("make the probe's image: %w", err)
		}
		if _, err := w.Write(p.body); err != nil {
			return nil, fmt.Errorf("make the probe's image: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("make the probe's image: %w", err)
	}
	return b.Bytes(), nil
}
