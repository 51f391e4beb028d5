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
func (e *entry) appendLinkerd(to []byte, zone *time.Location) []byte {
	r := &e.record
	to = appendField(to, r.Authority)
	to = append(to, ' ')
	to = e.appendRemote(to)
	to = append(to, " - - ["...)
	to = e.logged().In(zone).AppendFormat(to, "02/01/2006:15:04:05 MST")
	to = append(to, "] "...)
	return e.appendRest(to)
}

// appendCombined appends
//
//	remote - - [dd/MMM/yyyy:HH:mm:ss +0000] "METHOD target HTTP/1.1" status bytes "referer" "user agent"
//
// with the time at which the request arrived.
func (e *entry) appendCombined(to []byte, zone *time.Location) []byte {
	to = e.appendRemote(to)
	to = append(to, " - - ["...)
	to = e.record.Start.In(zone).AppendFormat(to, "02/Jan/2006:15:04:05 -0700")
	to = append(to, "] "...)
	return e.appendRest(to)
}

// appendRest appends what the two lines have in common.
func (e *entry) appendRest(to []byte) []byte {
	r := &e.record
	to = append(to, '"')
	to = appendEscaped(to, strings.ToUpper(r.Method))
	to = append(to, ' ')
	to = appendEscaped(to, e.target())
	to = append(to, ' ')
	to = appendEscaped(to, r.Proto)
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
	plain := 0
	for i := range len(text) {
		c := text[i]
		if ' ' <= c && c < 0x7f && c != '"' && c != '\\' {
			continue
		}
		to = append(to, text[plain:i]...)
		plain = i + 1
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
	return append(to, text[plain:]...)
}

// appendJSONText appends a text as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendJSONText(to []byte, text string) []byte {
	to = append(to, '"')
	plain := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if c >= ' ' && c != '"' && c != '\\' && c != 0x7f {
				continue
			}
			to = append(to, text[plain:i-1]...)
			plain = i
			switch c {
			case '"', '\\':
				to = append(to, '\\', c)
			case '\n':
				to = append(to, `\n`...)
			default:
				to = append(to, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && size == 1 {
			to = append(to, text[plain:i]...)
			to = append(to, "\ufffd"...)
			plain = i + 1
		}
		i += size
	}
	return append(append(to, text[plain:]...), '"')
}
