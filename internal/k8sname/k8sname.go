// Package k8sname says which texts can be names in Kubernetes, so that a server is not
// asked for others, and a configuration with one is refused.
package k8sname

import "strings"

// IsLabel says whether s can be the name of a namespace or a Service: a DNS label
// of RFC 1123 in lower case.
func IsLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// IsPortName says whether s can be the name of a port.
func IsPortName(s string) bool { return len(s) <= 63 && IsLabel(s) }

// IsLabelValue says whether s can be the value of a label of an object.
func IsLabelValue(s string) bool {
	if len(s) > 63 || s == "" || !alphanumeric(s[0]) || !alphanumeric(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !alphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// IsLabelKey says whether s can be the key of a label: a name, and before it a
// domain and a slash if there is one.
func IsLabelKey(s string) bool {
	if domain, name, ok := strings.Cut(s, "/"); ok {
		return IsObject(domain) && IsLabelValue(name)
	}
	return IsLabelValue(s)
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// IsObject says whether s can be the name of an object: DNS labels with dots.
func IsObject(s string) bool {
	if len(s) > 253 {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !IsLabel(part) {
			return false
		}
	}
	return true
}
