package accesslog

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Format is how a line is written.
type Format uint8

// The formats of lines.
const (
	// Linkerd is the line of Linkerd (AccessLogger.scala), with what could break it
	// escaped.
	Linkerd Format = iota
	// Combined is the Combined Log Format of Apache's mod_log_config.
	Combined
	// JSON is an object.
	JSON
)

// Formats are the names of the formats, by their values.
func Formats() []string { return []string{Linkerd: "linkerd", Combined: "combined", JSON: "json"} }

// appendLinkerd appends
//
//	host remote - - [dd/MM/yyyy:HH:mm:ss z] "METHOD target HTTP/1.1" status bytes "referer" "user agent"
//
// where what is absent is "-". The bytes are those that the response announces or, of a
// whole request, those that were written.
func (e *entry) appendLinkerd(to []byte, c *clocks, zone *time.Location) []byte {
	r := e.record
	to = appendField(to, r.Authority)
	to = append(to, ' ')
	to = e.appendRemote(to)
	to = append(to, " - - ["...)
	to = c.linkerd.append(to, e.logged(), zone)
	to = append(to, "] "...)
	return e.appendRest(to)
}

// appendCombined appends
//
//	remote - - [dd/MMM/yyyy:HH:mm:ss +0000] "METHOD target HTTP/1.1" status bytes "referer" "user agent"
//
// with the time at which the request arrived.
func (e *entry) appendCombined(to []byte, c *clocks, zone *time.Location) []byte {
	to = e.appendRemote(to)
	to = append(to, " - - ["...)
	to = c.combined.append(to, e.record.Start, zone)
	to = append(to, "] "...)
	return e.appendRest(to)
}

// appendRest appends what the two lines have in common.
func (e *entry) appendRest(to []byte) []byte {
	r := e.record
	to = append(to, '"')
	if r.Method == "" && r.Target == "" { // no request line came
		to = append(to, '-')
	} else {
		to = appendEscaped(to, strings.ToUpper(r.Method))
		to = append(to, ' ')
		to = appendEscaped(to, e.target())
		to = append(to, ' ')
		to = appendEscaped(to, protoOf(r.Proto))
	}
	to = append(to, `" `...)
	to = strconv.AppendInt(to, int64(r.Status), 10)
	to = append(to, ' ')
	switch {
	case e.attempt:
		to = appendField(to, r.Announced)
	case r.BytesOut > 0:
		to = strconv.AppendInt(to, r.BytesOut, 10)
	default:
		to = append(to, '-')
	}
	to = appendQuoted(append(to, ' '), r.Referer)
	return appendQuoted(append(to, ' '), r.UserAgent)
}

// protoOf is the protocol as the line has it. That of HTTP/2 has no minor version, and
// net/http gives it one.
func protoOf(proto string) string {
	if proto == "HTTP/2.0" {
		return "HTTP/2"
	}
	return proto
}

func (e *entry) appendRemote(to []byte) []byte {
	ip := e.record.Remote.Addr()
	if !ip.IsValid() {
		return append(to, '-')
	}
	return ip.AppendTo(to)
}

// appendField appends a text that ends at a blank.
func appendField(to []byte, text string) []byte {
	if text == "" {
		return append(to, '-')
	}
	for i := range len(text) {
		if text[i] == ' ' {
			to = append(to, `\x20`...)
			continue
		}
		to = appendEscaped(to, text[i:i+1])
	}
	return to
}

// appendQuoted appends a text in quotation marks.
func appendQuoted(to []byte, text string) []byte {
	if text == "" {
		text = "-"
	}
	return append(appendEscaped(append(to, '"'), text), '"')
}

const hexDigits = "0123456789abcdef"

// appendEscaped appends a text that cannot end its quotation marks or its line: as
// Apache does (mod_log_config, "Format Notes"), \" and \\ are written with a backslash,
// and so are what C names; other bytes that are not printable ASCII are \xhh.
func appendEscaped(to []byte, text string) []byte {
	for {
		plain := plainPrefix(text)
		to = append(to, text[:plain]...)
		if text = text[plain:]; text == "" {
			return to
		}
		c := text[0]
		text = text[1:]
		switch c {
		case '"', '\\':
			to = append(to, '\\', c)
		case '\b':
			to = append(to, `\b`...)
		case '\n':
			to = append(to, `\n`...)
		case '\r':
			to = append(to, `\r`...)
		case '\t':
			to = append(to, `\t`...)
		case '\v':
			to = append(to, `\v`...)
		default:
			to = append(to, '\\', 'x', hexDigits[c>>4], hexDigits[c&15])
		}
	}
}

// appendJSONText appends a text as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendJSONText(to []byte, text string) []byte {
	to = append(to, '"')
	for {
		plain := plainPrefix(text)
		to = append(to, text[:plain]...)
		if text = text[plain:]; text == "" {
			return append(to, '"')
		}
		switch c := text[0]; {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(text)
			to = utf8.AppendRune(to, r)
			text = text[size:]
			continue
		case c == '"', c == '\\':
			to = append(to, '\\', c)
		case c == '\n':
			to = append(to, `\n`...)
		default:
			to = append(to, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		text = text[1:]
	}
}
