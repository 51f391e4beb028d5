package scribe_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/trace/zipkin/internal/scribe"
)

// Vector 352, and what is no reply.
func TestParseReply(t *testing.T) {
	ok, _ := hex.DecodeString("80010002000000034c6f67000000010800000000000000")
	later := append([]byte(nil), ok...)
	later[len(later)-2] = 1
	if err := scribe.ParseReply(ok, 1); err != nil {
		t.Error(err)
	}
	if err := scribe.ParseReply(later, 1); !errors.Is(err, scribe.ErrTryLater) {
		t.Error(err)
	}
	if err := scribe.ParseReply(ok, 2); err == nil || errors.Is(err, scribe.ErrTryLater) {
		t.Errorf("the reply to another call: %v", err)
	}
	for n := range ok {
		if err := scribe.ParseReply(ok[:n], 1); err == nil {
			t.Errorf("%d bytes are taken for a reply", n)
		}
	}
	exception := []byte("\x80\x01\x00\x03\x00\x00\x00\x03Log\x00\x00\x00\x01\x0b\x00\x01\x00\x00\x00\x04nope\x08\x00\x02\x00\x00\x00\x06\x00")
	if err := scribe.ParseReply(exception, 1); err == nil || !strings.Contains(err.Error(), `exception 6: "nope"`) {
		t.Error(err)
	}
}

func FuzzReply(f *testing.F) {
	f.Add([]byte("\x80\x01\x00\x02\x00\x00\x00\x03Log\x00\x00\x00\x01\x08\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x80\x01\x00\x03\x00\x00\x00\x03Log\x00\x00\x00\x01\x0b\x00\x01\x00\x00\x00\x04nope\x08\x00\x02\x00\x00\x00\x06\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := scribe.ParseReply(b, 1); err == nil && len(b) < 23 {
			t.Errorf("%q is taken for success", b)
		} else if err != nil && len(err.Error()) > 2000 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	})
}
