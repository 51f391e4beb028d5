package ctxhdr_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

// at returns a deadline in seconds after some moment.
func at(timestamp, deadline int) ctxhdr.Deadline {
	now := time.Unix(1_500_000_000, 123456789).UTC()
	return ctxhdr.Deadline{
		Timestamp: now.Add(time.Duration(timestamp) * time.Second),
		Deadline:  now.Add(time.Duration(deadline) * time.Second),
	}
}

// deadline reads the value of one header.
func deadline(value string) (ctxhdr.Deadline, bool) {
	return ctxhdr.Deadlines(http.Header{wire.DeadlineName: {value}})
}

func TestDeadlines(t *testing.T) {
	ns := func(timestamp, deadline int64) ctxhdr.Deadline {
		return ctxhdr.Deadline{Timestamp: time.Unix(0, timestamp), Deadline: time.Unix(0, deadline)}
	}
	for _, tt := range []struct {
		in   string
		want ctxhdr.Deadline
		ok   bool
	}{
		{"1500000000123456789 1500000005123456789", at(0, 5), true},
		{"1 2 3 4", ns(1, 2), true},
		{"1 2 ", ns(1, 2), true},
		{"1 2  x", ns(1, 2), true},
		{"+1 -2", ns(1, -2), true},
		{"0001 0", ns(1, 0), true},
		{"-9223372036854775808 9223372036854775807", ns(math.MinInt64, math.MaxInt64), true},
		{"", ctxhdr.Deadline{}, false},
		{"1", ctxhdr.Deadline{}, false},
		{"1 ", ctxhdr.Deadline{}, false},
		{" 1 2", ctxhdr.Deadline{}, false},
		{"1  2", ctxhdr.Deadline{}, false},
		{"1\t2", ctxhdr.Deadline{}, false},
		{"1,2", ctxhdr.Deadline{}, false},
		{"1_0 2", ctxhdr.Deadline{}, false},
		{"0x1 2", ctxhdr.Deadline{}, false},
		{"1.5 2", ctxhdr.Deadline{}, false},
		{"1 9223372036854775808", ctxhdr.Deadline{}, false},
		{"- +", ctxhdr.Deadline{}, false},
		{strings.Repeat("0", 1<<20) + "1 2", ctxhdr.Deadline{}, false},
	} {
		got, ok := deadline(tt.in)
		if ok != tt.ok {
			t.Errorf("%.40q: %v", tt.in, ok)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", tt.in, diff)
		}
	}
}

func TestDeadlineString(t *testing.T) {
	for _, tt := range []struct {
		in   ctxhdr.Deadline
		want string
	}{
		{at(0, 5), "1500000000123456789 1500000005123456789"},
		{ctxhdr.Deadline{Timestamp: time.Unix(0, -1), Deadline: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}, "-1 9223372036854775807"},
		{ctxhdr.Deadline{}, "-9223372036854775808 -9223372036854775808"},
	} {
		if got := tt.in.String(); got != tt.want {
			t.Errorf("String() = %q, want %q", got, tt.want)
		}
	}
}

func TestDeadlineHeaders(t *testing.T) {
	for _, tt := range []struct {
		vector, what string
		headers      []string
		context      ctxhdr.Deadline
		want         ctxhdr.Deadline
		ok           bool
	}{
		{vector: "20", what: "one header", headers: []string{at(0, 5).String()}, want: at(0, 5), ok: true},
		{vector: "21", what: "headers and context", headers: []string{at(1, 10).String(), at(2, 8).String()},
			context: at(0, 2), want: at(2, 2), ok: true},
		{what: "malformed ones are skipped", headers: []string{"x", at(1, 10).String(), " 1 2"}, want: at(1, 10), ok: true},
		{what: "none can be read", headers: []string{"x", ""}},
		{what: "none"},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			for _, key := range []string{wire.DeadlineName, "l5d-ctx-deadline"} {
				h := http.Header{}
				h[key] = tt.headers
				d, ok := ctxhdr.Deadlines(h)
				if ok != tt.ok {
					t.Errorf("Deadlines under key %s: %v", key, ok)
				}
				if diff := cmp.Diff(tt.want, d.Combine(tt.context)); diff != "" {
					t.Errorf("Deadlines under key %s (-want +got):\n%s", key, diff)
				}
			}
		})
	}
	t.Run("values under both keys", func(t *testing.T) {
		h := http.Header{wire.DeadlineName: {at(0, 9).String()}, "l5d-ctx-deadline": {at(1, 8).String()}}
		if got, _ := ctxhdr.Deadlines(h); got != at(1, 8) {
			t.Errorf("Deadlines = %v", got)
		}
	})
}

func TestDeadlineCombine(t *testing.T) {
	for _, tt := range []struct {
		vector     string
		a, b, want ctxhdr.Deadline
	}{
		{"23", at(0, 5), at(1, 3), at(1, 3)},
		{"23", at(1, 5), at(0, 3), at(1, 3)},
		{"23", at(1, 3), at(1, 3), at(1, 3)},
		{"", at(1, 3), ctxhdr.Deadline{}, at(1, 3)},
		{"", ctxhdr.Deadline{}, ctxhdr.Deadline{}, ctxhdr.Deadline{}},
	} {
		t.Run(name(tt.vector, tt.a.String()), func(t *testing.T) {
			if got := tt.a.Combine(tt.b); got != tt.want {
				t.Errorf("Combine = %v, want %v", got, tt.want)
			}
			if got := tt.b.Combine(tt.a); got != tt.want {
				t.Errorf("the other way round: %v, want %v", got, tt.want)
			}
		})
	}
}
