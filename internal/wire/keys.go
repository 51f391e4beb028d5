package wire

// IsMesh reports whether the key of a header map is that of an l5d-* header, in
// whatever case, and with "_" or "." where it should have "-": what is behind
// CGI or an application server that works like it sees l5d_ctx_trace and
// l5d-ctx-trace under one name (RFC 3875 section 4.1.18).
func IsMesh(key string) bool { return hasPrefixAlike(key, MeshPrefix) }

// IsForeignTrace reports whether the key of a header map is that of a header
// that carries the trace context of another format than Linkerd's: B3 in both
// forms, W3C's traceparent and tracestate, and baggage, which travels with them.
// It goes by the same spellings as IsMesh.
func IsForeignTrace(key string) bool {
	if key == "" {
		return false
	}
	switch key[0] | 0x20 {
	case 'b':
		return Alike(key, B3Name) || Alike(key, BaggageName)
	case 't':
		return Alike(key, TraceparentName) || Alike(key, TracestateName)
	case 'x':
		return hasPrefixAlike(key, B3Prefix)
	}
	return false
}

// Alike reports whether CGI shows the header of this key under the same name as
// the header called name: in whatever case, and with "_" or "." for "-".
func Alike(key, name string) bool { return len(key) == len(name) && hasPrefixAlike(key, name) }

func hasPrefixAlike(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if alike(s[i]) != alike(prefix[i]) {
			return false
		}
	}
	return true
}

// alike is the same byte for all that CGI does not tell apart.
func alike(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	case c == '_' || c == '.':
		return '-'
	}
	return c
}

// IsRenewed reports whether a hop never sends the header of this key on as it
// came, because it writes its own or because the header was meant for it alone:
// l5d-ctx-trace, l5d-reqid, l5d-sample, l5d-ctx-dtab, l5d-dtab and l5d-dst-*,
// each in canonical form or in lower case.
func IsRenewed(key string) bool {
	if key == "" || key[0]|0x20 != 'l' {
		return false
	}
	for _, name := range [...]string{TraceName, ReqIDName, SampleName, CtxDtabName, DtabName, DstServiceName, DstClientName, DstResidualName} {
		if len(name) == len(key) && Is(key, name) {
			return true
		}
	}
	return false
}

// Is reports whether a key of a header map is that of the header called name.
func Is(key, name string) bool { return key == name || key == Lower(name) }
