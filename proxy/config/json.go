package config

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// masked stands for a value that may be a secret.
const masked = "***"

// JSON returns the configuration as it was loaded, as JSON, for /config.json. Keys keep
// their order; those without a value are left out, and for values that may be secrets,
// such as the headers of io.opentelemetry.otlp, there is "***".
func (f *File) JSON() []byte { return f.root.appendJSON(nil) }

func (n *node) appendJSON(to []byte) []byte {
	switch n.shape {
	case scalar:
		return n.appendScalar(to)
	case list:
		to = append(to, '[')
		for i, item := range n.items {
			if i > 0 {
				to = append(to, ',')
			}
			to = item.appendJSON(to)
		}
		return append(to, ']')
	case mapping:
		to = append(to, '{')
		first := true
		for _, m := range n.members {
			if m.value.shape == null {
				continue
			}
			if !first {
				to = append(to, ',')
			}
			first = false
			to = append(appendString(to, m.key.text), ':')
			to = m.value.appendJSON(to)
		}
		return append(to, '}')
	default:
		return append(to, "null"...)
	}
}

func (n *node) appendScalar(to []byte) []byte {
	if n.secret {
		return appendString(to, masked)
	}
	switch n.tag {
	case "!!bool":
		if b, err := strconv.ParseBool(n.text); err == nil {
			return strconv.AppendBool(to, b)
		}
	case "!!int", "!!float":
		if json.Valid([]byte(n.text)) {
			return append(to, n.text...)
		}
	}
	return appendString(to, n.text)
}

func appendString(to []byte, text string) []byte {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // a dtab is full of arrows
	_ = e.Encode(text)     // a string can always be written
	return append(to, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
