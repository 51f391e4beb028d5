package handshake

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// A Reason is the number of a word for metrics.
type Reason int

// The reasons.
const (
	Other     Reason = iota
	Name             // the peer's certificate is for another name
	Authority        // it is of an authority that is not trusted
	Expired          // it has expired or is not valid yet
	Missing          // it has shown none
	Alert            // the peer broke off, and said why
	Plain            // the peer does not speak TLS
	Version          // no common version or cipher suite
	Timeout
	Closed    // the peer closed the connection
	Cancelled // the caller had no need of it any more
	Reasons   // how many there are
)

func reasons() [Reasons]string {
	return [...]string{"other", "name", "authority", "expired", "no_certificate", "alert", "not_tls", "version", "timeout", "closed", "cancelled"}
}

// String returns the word.
func (r Reason) String() string { return reasons()[r] }

// ReasonOf finds the reason in an error.
func ReasonOf(err error) Reason {
	if named := (interface{ WrongName() bool })(nil); errors.As(err, &named) {
		return Name
	}
	if host := (x509.HostnameError{}); errors.As(err, &host) {
		return Name
	}
	if unknown := (x509.UnknownAuthorityError{}); errors.As(err, &unknown) {
		return Authority
	}
	if invalid := (x509.CertificateInvalidError{}); errors.As(err, &invalid) {
		if invalid.Reason == x509.Expired {
			return Expired
		}
		return Authority
	}
	if record := (tls.RecordHeaderError{}); errors.As(err, &record) {
		return Plain
	}
	if IsAlert(err) {
		return Alert
	}
	switch {
	case errors.Is(err, context.Canceled):
		return Cancelled
	case errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Timeout
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return Closed
	}
	return ofText(err)
}

// ofText finds the reason of errors of crypto/tls that have no type.
func ofText(err error) Reason {
	text := err.Error()
	for _, one := range []struct {
		part   string
		reason Reason
	}{
		{"unsupported protocol version", Version}, {"unsupported versions", Version}, {"no cipher suite", Version}, {"no supported versions", Version},
		{"didn't provide a certificate", Missing}, {"has shown no certificate", Missing},
	} {
		if strings.Contains(text, one.part) {
			return one.reason
		}
	}
	return Other
}

// IsAlert reports whether the peer broke off, and said why. With TLS 1.3 a client learns
// that its certificate is refused when it reads the first response.
func IsAlert(err error) bool {
	remote := (*net.OpError)(nil)
	return errors.As(err, &remote) && remote.Op == "remote error"
}
