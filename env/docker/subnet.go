package docker

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"net"
	"net/netip"
	"strings"
)

// subnetBits is the size of a subnet that runner picks: 254 addresses, as many as a run can want.
const subnetBits = 24

// subnetPools are the private addresses that are tried, those that companies and VPNs use least first; the last is set aside for
// benchmarks of networks (RFC 2544), which nobody routes.
func subnetPools() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.192.0.0/10"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("198.18.0.0/15"),
	}
}

// freeSubnets are up to n subnets that overlap nothing that is taken. The seed says where each pool is begun, so that two runs seldom
// try the same. It is pure.
func freeSubnets(taken []netip.Prefix, seed string, n int) []netip.Prefix {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(seed)) // it never fails
	var out []netip.Prefix
	for _, pool := range subnetPools() {
		count := uint32(1) << (subnetBits - pool.Bits())
		first := binary.BigEndian.Uint32(pool.Addr().AsSlice())
		begin := hash.Sum32() % count
		for k := uint32(0); k < count && len(out) < n; k++ {
			var a [4]byte
			binary.BigEndian.PutUint32(a[:], first+(begin+k)%count<<(32-subnetBits))
			if s := netip.PrefixFrom(netip.AddrFrom4(a), subnetBits); !overlaps(s, taken) && !overlaps(s, out) {
				out = append(out, s)
			}
		}
	}
	return out
}

// overlaps leaves out the way to everywhere: a default route takes no address away.
func overlaps(s netip.Prefix, taken []netip.Prefix) bool {
	for _, t := range taken {
		if t.Bits() > 0 && t.Overlaps(s) {
			return true
		}
	}
	return false
}

// routes are the networks to which this machine knows a way: its own addresses, and on Linux its table of routes.
func routes(p Place) []netip.Prefix {
	var out []netip.Prefix
	addresses, err := net.InterfaceAddrs()
	if err == nil { // else the engine refuses what overlaps
		for _, a := range addresses {
			if prefix, err := netip.ParsePrefix(a.String()); err == nil {
				out = append(out, prefix.Masked())
			}
		}
	}
	if text, err := p.ReadFile("/proc/net/route"); err == nil {
		out = append(out, parseRoutes(string(text))...)
	}
	return out
}

// parseRoutes reads /proc/net/route: destination and mask are the second and eighth field, in hexadecimal, in the machine's byte
// order, which is little-endian wherever an engine runs.
func parseRoutes(text string) []netip.Prefix {
	var out []netip.Prefix
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 8 {
			continue
		}
		destination, ok := address(fields[1])
		mask, ok2 := address(fields[7])
		if !ok || !ok2 {
			continue // the heading
		}
		ones, bits := net.IPMask(mask[:]).Size()
		if bits == 0 {
			continue // no mask that a prefix can say
		}
		out = append(out, netip.PrefixFrom(netip.AddrFrom4(destination), ones))
	}
	return out
}

func address(field string) ([4]byte, bool) {
	b, err := hex.DecodeString(field)
	if err != nil || len(b) != 4 {
		return [4]byte{}, false
	}
	return [4]byte{b[3], b[2], b[1], b[0]}, true
}
