// Package hostaddr reads and looks up hosts as Linkerd does: IPs as Java reads them, and
// names that are looked up again and again.
package hostaddr

import (
	"net/netip"
	"strings"
)

// ParseIP reads an IP the way Java reads a literal host: IPv6, also in
// brackets, and IPv4 of one to four decimal parts, of which the last fills the
// bytes that are left, so 127.1 is 127.0.0.1 and 2130706433 is, too. The
// octal and hexadecimal parts of inet_aton are not read.
func ParseIP(host string) (netip.Addr, bool) {
	if strings.IndexByte(host, ':') >= 0 {
		if inner, ok := strings.CutPrefix(host, "["); ok {
			host, ok = strings.CutSuffix(inner, "]")
			if !ok {
				return netip.Addr{}, false
			}
		}
		ip, err := netip.ParseAddr(host)
		return ip.Unmap(), err == nil
	}
	parts := strings.Split(host, ".")
	if len(parts) > 4 || len(host) > 15 {
		return netip.Addr{}, false
	}
	var ip uint32
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		v, ok := decimal(part)
		if !ok || v>>bits != 0 {
			return netip.Addr{}, false
		}
		ip = uint32(uint64(ip)<<bits | v)
	}
	return netip.AddrFrom4([4]byte{byte(ip >> 24), byte(ip >> 16), byte(ip >> 8), byte(ip)}), true
}

// decimal reads at most 15 digits.
func decimal(s string) (v uint64, ok bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		v = v*10 + uint64(s[i]-'0')
	}
	return v, s != ""
}
