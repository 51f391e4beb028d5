package rewrite

import "strings"

// HostPortPfx is io.buoyant.hostportPfx: /P/<host>:<port>/... becomes
// /P/<host>/<port>/... There is exactly one colon, so the host is no IPv6
// address. The port is a number, or a name of at most 63 lower-case letters,
// digits and "-", which is not the first.
func HostPortPfx() *Utility {
	return &Utility{below(onFirst(func(label string) ([]string, bool) {
		host, port, ok := hostPort(label)
		return []string{host, port}, ok
	}))}
}

// PortHostPfx is io.buoyant.porthostPfx: /P/<host>:<port>/... becomes
// /P/<port>/<host>/...
func PortHostPfx() *Utility {
	return &Utility{below(onFirst(func(label string) ([]string, bool) {
		host, port, ok := hostPort(label)
		return []string{port, host}, ok
	}))}
}

func hostPort(label string) (host, port string, ok bool) {
	host, port, _ = strings.Cut(label, ":")
	return host, port, isPort(port)
}

func isPort(s string) bool {
	const alphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789"
	return s != "" && len(s) <= 63 && s[0] != '-' && strings.Trim(s, alphanumeric+"-") == ""
}
