package collector

import (
	"errors"
	"io"
)

// source reads a body after decompression, in small pieces. If reading fails, the body ends
// there, and err has the reason.
type source struct {
	in    io.Reader
	buf   [16 << 10]byte
	r, w  int   // buf[r:w] is read and not consumed yet
	begin int64 // the position of buf[0] in the body
	limit int64
	err   error // never io.EOF
	over  bool
}

var errInflated = errors.New("larger than allowed after decompression")

func (s *source) reset(in io.Reader, limit int64) {
	s.in, s.limit = in, limit
	s.r, s.w, s.begin, s.err, s.over = 0, 0, 0, nil, false
}

// pos returns how many bytes were consumed.
func (s *source) pos() int64 { return s.begin + int64(s.r) }

// more reads until the buffer is not empty. It returns false at the end of the body.
func (s *source) more() bool {
	if s.r < s.w {
		return true
	}
	s.begin += int64(s.w)
	s.r, s.w = 0, 0
	for idle := 0; !s.over; idle++ {
		n, err := s.in.Read(s.buf[:])
		s.w = n
		if err != nil {
			s.over = true
			if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				s.err = err
			}
		}
		if s.begin+int64(n) > s.limit {
			s.over, s.w, s.err = true, 0, errInflated
		}
		if s.w > 0 {
			return true
		}
		if idle == 100 {
			s.over, s.err = true, io.ErrNoProgress
		}
	}
	return false
}

// skip consumes the next n bytes. It returns false if there are fewer.
func (s *source) skip(n int64) bool {
	for n > 0 {
		if !s.more() {
			return false
		}
		k := min(n, int64(s.w-s.r))
		s.r += int(k)
		n -= k
	}
	return true
}
