package h1wire

import "bytes"

// A Scanner splits a head into lines as it arrives. The zero value is at the beginning of a
// head; after its last line the scanner is at the beginning of the next one.
type Scanner struct{ line, scanned int } // offsets from the head's beginning

// Next returns the next line of a head, of which in has arrived: in[start:end], without its
// CRLF. The last one is empty. ok is false if the line has not arrived whole.
//
// A line that ends in LF alone is malformed. A recipient may take it for a line (RFC 9112
// section 2.2), and another one for a part of the next: what stands between two hosts need
// not read it as we do. A line that ends beyond limit is too large.
func (s *Scanner) Next(in []byte, limit int) (start, end int, ok bool, err error) {
	start = s.line
	end = bytes.IndexByte(in[s.scanned:], '\n')
	if end < 0 {
		if s.scanned = len(in); len(in) >= limit {
			return start, len(in), false, ErrTooLarge
		}
		return start, len(in), false, nil
	}
	end += s.scanned
	if end >= limit {
		return start, end, false, ErrTooLarge
	}
	if end == start || in[end-1] != '\r' {
		return start, end, false, Malformed("line without CR: %q", Excerpt(in[start:end]))
	}
	if end--; end == start && start > 0 {
		*s = Scanner{}
		return start, end, true, nil
	}
	s.line, s.scanned = end+2, end+2
	return start, end, true, nil
}
