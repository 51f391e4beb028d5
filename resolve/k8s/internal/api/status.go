package api

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// StatusError is an answer of the server that is not the one that was asked for.
type StatusError struct {
	Code       int
	Reason     string // "Forbidden"
	Message    string // as the server words it, cut and without control characters
	RetryAfter time.Duration
}

func (e *StatusError) Error() string {
	text := e.Message
	if text == "" {
		text = e.Reason
	}
	if text == "" {
		text = http.StatusText(e.Code)
	}
	return strconv.Itoa(e.Code) + " " + text
}

// CodeOf is the status of an answer that is an error, 0 if err is not one.
func CodeOf(err error) int {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Code
	}
	return 0
}

const (
	maxStatus  = 64 << 10 // bytes of an answer that is an error
	maxMessage = 400      // of its message
)

// statusObject is the kind Status.
type statusObject struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Code    int    `json:"code"`
}

func (s statusObject) err() *StatusError {
	return &StatusError{Code: s.Code, Reason: plain(s.Reason), Message: plain(s.Message)}
}

// statusOf reads an answer that is an error. A proxy between may say anything.
func statusOf(resp *http.Response) *StatusError {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxStatus))
	var object statusObject
	if json.Unmarshal(text, &object) != nil {
		object = statusObject{Message: string(text)}
	}
	err := object.err()
	err.Code = resp.StatusCode
	if seconds, e := strconv.Atoi(resp.Header.Get("Retry-After")); e == nil && seconds > 0 {
		err.RetryAfter = time.Duration(min(seconds, maxRetryAfter)) * time.Second
	}
	return err
}

// plain is a text of the server's as it goes into logs and answers.
func plain(s string) string {
	if len(s) > maxMessage {
		s = s[:maxMessage] + "..."
	}
	s = strings.ToValidUTF8(s, "?")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
}

// reasonOf is an error without the URL, which is long.
func reasonOf(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
