package main

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// message reads HTTP/1.1 messages from a connection with as little work as can
// be, so that the load generator and the backend cost less than what they
// measure. It knows no more of HTTP than these processes say to each other.
type message struct {
	from io.Reader
	buf  [8 << 10]byte
	have int    // bytes in buf
	bulk []byte // for what is skipped, where that is much
}

const (
	endOfHead     = "\r\n\r\n"
	contentLength = "content-length:"
)

// head waits for a whole head. It stays in the buffer until skip.
func (m *message) head() ([]byte, error) {
	for searched := 0; ; {
		if i := bytes.Index(m.buf[searched:m.have], []byte(endOfHead)); i >= 0 {
			return m.buf[:searched+i+len(endOfHead)], nil
		}
		searched = max(0, m.have-len(endOfHead)+1)
		if m.have == len(m.buf) {
			return nil, errors.New("a head that does not fit")
		}
		n, err := m.from.Read(m.buf[m.have:])
		m.have += n
		if err != nil && n == 0 {
			return nil, err
		}
	}
}

const bulkBytes = 64 << 10

// skip reads n bytes and forgets them.
func (m *message) skip(n int) error {
	for n-m.have >= bulkBytes {
		if m.bulk == nil {
			m.bulk = make([]byte, bulkBytes)
		}
		n -= m.have
		m.have = 0
		got, err := m.from.Read(m.bulk)
		if n -= got; err != nil && got == 0 {
			return err
		}
	}
	for n > m.have {
		n -= m.have
		var err error
		if m.have, err = m.from.Read(m.buf[:]); err != nil && m.have == 0 {
			return err
		}
	}
	m.have = copy(m.buf[:], m.buf[n:m.have])
	return nil
}

// bodyLength is what Content-Length says.
func bodyLength(head []byte) (int, error) {
	for line := range bytes.Lines(head) {
		if len(line) > len(contentLength) && bytes.EqualFold(line[:len(contentLength)], []byte(contentLength)) {
			return strconv.Atoi(string(bytes.TrimSpace(line[len(contentLength):])))
		}
	}
	return 0, errors.New("an answer without Content-Length")
}
