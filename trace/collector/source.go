package collector

import (
	"errors"
	"io"
)

// source is a body after decompression, read in small pieces. Where reading
// fails the body seems to end, and err says why.
type source struct {
	in    io.Reader
	buf   [16 << 10]byte
	r, w  int   // what is read and not used yet
	begin int64 // bytes of the body before buf[0]
	limit int64
	err   error // not io.EOF
	over  bool
}

var errInflated = errors.New("larger than allowed after decompression")

func (s *source) reset(in io.Reader, limit int64) {
	s.in, s.limit = in, limit
	s.r, s.w, s.begin, s.err, s.over = 0, 0, 0, nil, false
}

// pos is the number of bytes used.
func (s *source) pos() int64 { return s.begin + int64(s.r) }

// more makes sure that there is something in the buffer, or says that the body
// is over.
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

// skip uses the next n bytes, or says that there are not as many.
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
