package h1_test

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// strict reads requests as the narrowest reading of RFC 9112 has them. It shares nothing with
// the packages that it judges.
type strict struct{ in *bufio.Reader }

// received is a request that was received whole.
type received struct {
	line, host string
	fields     []string // with names in lower case, sorted
	body       string
	trailers   []string
	expects    bool // 100 Continue, before its body
}

func (r *received) String() string {
	s := strings.Join(append([]string{r.line}, r.fields...), "; ")
	if r.body != "" {
		s += " | " + r.body
	}
	for _, f := range r.trailers {
		s += "; trailer " + f
	}
	s = strconv.QuoteToASCII(s)
	return strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)
}

var (
	strictLine  = regexp.MustCompile(`^([!#$%&'*+.^_|~0-9A-Za-z\x60-]+) ([^\x00-\x20\x7f]+) HTTP/1\.1$`)
	strictField = regexp.MustCompile(`^([!#$%&'*+.^_|~0-9A-Za-z\x60-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)$`)
	strictHost  = regexp.MustCompile(`^[!$%&'()*+,.:;=_~\[\]0-9A-Za-z-]*$`)
	digits      = regexp.MustCompile(`^[0-9]{1,19}$`)
	hexDigits   = regexp.MustCompile(`^[0-9a-fA-F]{1,15}$`)
)

// errFaulty is in the chain of errors of bytes that are no request. Other errors are those of
// the connection: it ended.
type errFaulty struct{ what string }

func (e errFaulty) Error() string { return "faulty: " + e.what }

func faulty(format string, args ...any) error { return errFaulty{fmt.Sprintf(format, args...)} }

func (s *strict) line() (string, error) {
	line, err := s.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	text, ok := strings.CutSuffix(line, "\r\n")
	if !ok || strings.ContainsAny(text, "\r\n\x00") {
		return "", faulty("line %q", line)
	}
	return text, nil
}

// fields reads field lines to the empty line.
func (s *strict) fields() (all [][2]string, err error) {
	for {
		line, err := s.line()
		if err != nil || line == "" {
			return all, err
		}
		m := strictField.FindStringSubmatch(line)
		if m == nil {
			return nil, faulty("field %q", line)
		}
		all = append(all, [2]string{strings.ToLower(m[1]), strings.Trim(m[2], " \t")})
	}
}

// read reads a request. proceed is called if it expects that before its body.
func (s *strict) read(proceed func()) (*received, error) {
	r := &received{}
	var err error
	if r.line, err = s.line(); err != nil {
		return nil, err
	}
	if strictLine.FindStringSubmatch(r.line) == nil {
		return nil, faulty("request line %q", r.line)
	}
	fields, err := s.fields()
	if err != nil {
		return nil, err
	}
	length, chunked, hosts := int64(-1), false, 0
	for _, f := range fields {
		switch f[0] {
		case "host":
			if hosts++; hosts > 1 || !strictHost.MatchString(f[1]) {
				return nil, faulty("host %q, the %dth", f[1], hosts)
			}
			r.host = f[1]
		case "content-length":
			if length >= 0 || !digits.MatchString(f[1]) {
				return nil, faulty("length %q", f[1])
			}
			if length, err = strconv.ParseInt(f[1], 10, 64); err != nil {
				return nil, faulty("length %q", f[1])
			}
		case "transfer-encoding":
			if chunked || f[1] != "chunked" {
				return nil, faulty("coding %q", f[1])
			}
			chunked = true
		case "expect":
			r.expects = r.expects || strings.Contains(strings.ToLower(f[1]), "100-continue")
		}
		r.fields = append(r.fields, f[0]+": "+f[1])
	}
	slices.Sort(r.fields)
	switch {
	case hosts != 1:
		return nil, faulty("no host in %q", r.fields)
	case chunked && length >= 0:
		return nil, faulty("a length and a coding in %q", r.fields)
	}
	if r.expects && (chunked || length > 0) {
		proceed()
	}
	if chunked {
		return r, s.chunks(r)
	}
	return r, s.data(r, max(length, 0))
}

func (s *strict) chunks(r *received) error {
	for {
		line, err := s.line()
		if err != nil {
			return err
		}
		if !hexDigits.MatchString(line) {
			return faulty("chunk size %q", line)
		}
		n, _ := strconv.ParseInt(line, 16, 64)
		if n == 0 {
			break
		}
		if err := s.data(r, n); err != nil {
			return err
		}
		if line, err := s.line(); err != nil || line != "" {
			return errorOr(err, faulty("%q after a chunk", line))
		}
	}
	trailers, err := s.fields()
	for _, f := range trailers {
		switch f[0] {
		case "content-length", "transfer-encoding", "trailer":
			return faulty("trailer %q", f)
		}
		r.trailers = append(r.trailers, f[0]+": "+f[1])
	}
	slices.Sort(r.trailers)
	return err
}

// data reads n bytes of the body.
func (s *strict) data(r *received, n int64) error {
	var b strings.Builder
	_, err := io.CopyN(&b, s.in, n)
	r.body += b.String()
	return err
}

func errorOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
