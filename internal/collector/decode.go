package collector

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// decoder reads a list of spans and calls each for every span, after it has put the span
// into the draft. Its work is proportional to the size of the body, and it holds one span
// at a time.
type decoder func(in *source, d *draft, each func()) error

// decodeJSON reads Zipkin's JSON v2.
func decodeJSON(in *source, d *draft, each func()) error {
	j := &jsonReader{source: in}
	if !startsList(j) {
		return nil
	}
	if kind := j.kind(); kind == "" {
		return fmt.Errorf("the body is not JSON: %w", j.unexpected("a list of spans"))
	} else if kind != "list" {
		return fmt.Errorf("the body is not a JSON list of spans, but a JSON %s: it must start with [", kind)
	}
	n := 0
	var bad error // about one span
	err := j.list(func(int) error {
		d.reset()
		if bad = readSpan(j, d); bad == nil {
			each()
			n++
		}
		return bad
	})
	switch {
	case bad != nil:
		return atSpan(n, bad)
	case err != nil:
		return fmt.Errorf("after span %d: %w", n, err)
	case startsList(j):
		return fmt.Errorf("there is more after the end of the list at byte %d", j.pos())
	}
	return nil
}

// startsList reports whether the body has anything but blanks.
func startsList(j *jsonReader) bool {
	j.space()
	return j.more()
}

func readSpan(j *jsonReader, d *draft) error {
	if kind := j.kind(); kind != "object" {
		if kind == "" {
			return j.unexpected("a span")
		}
		return fmt.Errorf("is a JSON %s, must be an object", kind)
	}
	var trace, id bool
	if err := j.object(func(key []byte) error { return readField(j, d, key, &trace, &id) }); err != nil {
		return err
	}
	if !trace {
		return fail("traceId", "is missing")
	}
	if !id {
		return fail("id", "is missing")
	}
	return nil
}

func readField(j *jsonReader, d *draft, key []byte, trace, id *bool) (err error) {
	s := &d.s
	switch string(key) {
	case "traceId":
		*trace = true
		if err = stringField(j, "traceId"); err == nil {
			s.trace, err = parseTraceID(string(j.text))
			err = inField("traceId", err)
		}
	case "id":
		*id = true
		if err = stringField(j, "id"); err == nil {
			if s.id, err = parseID(string(j.text)); err == nil && s.id == 0 {
				return fail("id", "is all zeros")
			}
			err = inField("id", err)
		}
	case "parentId":
		if err = stringField(j, "parentId"); err == nil && len(j.text) > 0 {
			s.parent, err = parseID(string(j.text))
			err = inField("parentId", err)
		}
	case "kind":
		if err = stringField(j, "kind"); err == nil {
			s.kind, err = parseKind(j.text)
		}
	case "name":
		if err = stringField(j, "name"); err == nil {
			s.name = d.text(j.text)
		}
	case "timestamp":
		s.timestamp, _, err = numberField(j, "timestamp")
	case "duration":
		s.duration, _, err = numberField(j, "duration")
	case "localEndpoint":
		err = readEndpoint(j, d, &d.local, "localEndpoint")
	case "remoteEndpoint":
		err = readEndpoint(j, d, &d.remote, "remoteEndpoint")
	case "annotations":
		err = readAnnotations(j, d)
	case "tags":
		err = readTags(j, d)
	case "debug":
		s.debug, err = boolField(j, "debug")
	case "shared":
		s.shared, err = boolField(j, "shared")
	case "binaryAnnotations":
		return fail("binaryAnnotations", "belongs to Zipkin's format version 1; send version 2")
	default:
		err = j.skip()
	}
	return err
}

func inField(field string, err error) error {
	if err == nil {
		return nil
	}
	return &fieldError{field, err}
}

func impossible(j *jsonReader, field string) error {
	kind := j.kind()
	if kind == "" {
		return j.unexpected("a value")
	}
	return fail(field, "a JSON %s is not possible here", kind)
}

// stringField reads a string. Null counts as the empty string.
func stringField(j *jsonReader, field string) error {
	switch j.kind() {
	case "string":
		return j.string()
	case "null":
		j.text = j.text[:0]
		return j.word("null")
	}
	return impossible(j, field)
}

// numberField reads an integer. Null and the empty string mean that there is none. Some
// senders put numbers in quotes.
func numberField(j *jsonReader, field string) (v int64, ok bool, err error) {
	switch j.kind() {
	case "string":
		err = j.string()
	case "number":
		err = j.number()
	case "null":
		return 0, false, j.word("null")
	default:
		err = impossible(j, field)
	}
	if err != nil || len(j.text) == 0 {
		return 0, false, err
	}
	v, err = whole(field, j.text)
	return v, true, err
}

func boolField(j *jsonReader, field string) (bool, error) {
	switch j.space() {
	case 't':
		return true, j.word("true")
	case 'f':
		return false, j.word("false")
	case 'n':
		return false, j.word("null")
	}
	return false, impossible(j, field)
}

// nullField reports whether the value is null. If it is, it is read.
func nullField(j *jsonReader) (bool, error) {
	if j.space() != 'n' {
		return false, nil
	}
	return true, j.word("null")
}

func readEndpoint(j *jsonReader, d *draft, e *endpoint, field string) error {
	if null, err := nullField(j); null || err != nil {
		return err
	}
	if j.space() != '{' {
		return impossible(j, field)
	}
	return j.object(func(key []byte) (err error) {
		switch string(key) {
		case "serviceName":
			if err = stringField(j, "serviceName"); err == nil {
				e.service = d.text(j.text)
			}
		case "ipv4", "ipv6":
			// As in Zipkin, an invalid address is ignored, and a valid one goes into
			// the field of its version, whichever field it came in.
			if err = stringField(j, string(key)); err == nil && len(j.text) <= maxAddressText {
				if ip, no := netip.ParseAddr(string(j.text)); no == nil && ip.Zone() == "" {
					e.setIP(ip)
				}
			}
		case "port":
			var port int64
			if port, _, err = numberField(j, "port"); err == nil && port > math.MaxUint16 {
				err = fail("port", "%d is over 65535", port)
			}
			e.port = uint16(max(port, 0))
		default:
			err = j.skip()
		}
		return below(field, err)
	})
}

// maxAddressText is longer than any IP address.
const maxAddressText = 64

// below adds the name of the outer field to an error of an inner one.
func below(field string, err error) error {
	if f, ok := err.(*fieldError); ok {
		return &fieldError{field + "." + f.field, f.err}
	}
	return err
}

func readAnnotations(j *jsonReader, d *draft) error {
	if null, err := nullField(j); null || err != nil {
		return err
	}
	if j.space() != '[' {
		return impossible(j, "annotations")
	}
	return j.list(func(i int) error {
		if j.space() != '{' {
			return impossible(j, annotationField(i, ""))
		}
		var at int64
		var timed, told bool
		var value string
		err := j.object(func(key []byte) (err error) {
			switch string(key) {
			case "timestamp":
				at, timed, err = numberField(j, "timestamp")
			case "value":
				if told, err = j.space() != 'n', stringField(j, "value"); err == nil {
					value = d.text(j.text)
				}
			default:
				err = j.skip()
			}
			if _, ok := err.(*fieldError); ok {
				return below(annotationField(i, ""), err)
			}
			return err
		})
		if err == nil && !(timed && told) {
			err = fail(annotationField(i, ""), "has no timestamp or no value")
		}
		if err == nil {
			d.addAnnotation(at, value)
		}
		return err
	})
}

func annotationField(i int, field string) string {
	return "annotations[" + strconv.Itoa(i) + "]" + field
}

func readTags(j *jsonReader, d *draft) error {
	if null, err := nullField(j); null || err != nil {
		return err
	}
	if j.space() != '{' {
		return impossible(j, "tags")
	}
	return j.object(func(key []byte) (err error) {
		name := d.text(key)
		switch j.kind() {
		case "string":
			err = j.string()
		case "number":
			err = j.number()
		case "":
			return j.unexpected("a value")
		default:
			return fail("tags["+quote(string(key))+"]", "the value is not a string")
		}
		if err == nil {
			d.addTag(name, d.text(j.text))
		}
		return err
	})
}

func parseKind(text []byte) (kind, error) {
	i := slices.Index([]string{"", "CLIENT", "SERVER", "PRODUCER", "CONSUMER"}, string(text))
	if i < 0 {
		return 0, fail("kind", "%s is not one of CLIENT, SERVER, PRODUCER, CONSUMER", quote(string(text)))
	}
	return kind(i), nil
}

// maxNumberText is longer than any number of 64 bits has to be.
const maxNumberText = 512

func whole(field string, text []byte) (int64, error) {
	if len(text) <= maxNumberText {
		if v, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return v, nil
		}
		v, err := strconv.ParseFloat(string(text), 64)
		if err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<63 {
			return int64(v), nil
		}
	}
	return 0, fail(field, "%s is not a whole number of 64 bits", quote(strings.ToValidUTF8(string(text), "\ufffd")))
}

func (e *endpoint) setIP(ip netip.Addr) {
	if ip = ip.Unmap(); ip.Is4() {
		e.ipv4 = ip
	} else {
		e.ipv6 = ip
	}
}
