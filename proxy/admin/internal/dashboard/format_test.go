package dashboard

import (
	"fmt"
	"testing"
	"time"
)

// TestSuccessRate is vector 300.
func TestSuccessRate(t *testing.T) {
	for _, row := range []struct {
		success, failures float64
		want              string
	}{
		{17, 2, "89.47% sr-bad"}, {87, 2, "97.75% sr-poor"}, {9990, 5, "99.95% sr-good"}, {0, 0, "N/A sr-undefined"},
		{99, 1, "99.00% sr-good"}, {9, 1, "90.00% sr-poor"}, {0, 3, "0.00% sr-bad"},
	} {
		text, class := successRate(row.success, row.failures)
		if got := text + " " + class; got != row.want {
			t.Errorf("%v and %v: %s, want %s", row.success, row.failures, got, row.want)
		}
	}
}

// TestShowTime is vector 302.
func TestShowTime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		100 * time.Microsecond: "0.1ms", 999 * time.Millisecond: "999ms", 50 * time.Hour: "2d 2h 0m", 366 * 24 * time.Hour: "1y 0d 18h",
		time.Second: "1s", 61 * time.Second: "1m 1s", time.Hour + time.Second: "1h 0m 1s", 0: "0ms",
	} {
		if got := showTime(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// TestShowBytes is vector 303.
func TestShowBytes(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0B", 1023: "1023B", 1024: "1.0KB", 1023 * 1024: "1023.0KB", 5<<30 + 1<<28: "5.3GB", 1 << 63: "8192.0PB",
	} {
		if got := showBytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestBudget is vector 304.
func TestBudget(t *testing.T) {
	for _, row := range []struct {
		retries float64
		want    string
	}{
		{5, "15% / 20% 0.75 green false"}, {20, "0% / 20% 0.00 red true"}, {30, "0% / 20% 0.00 red true"}, {8, "12% / 20% 0.60 orange false"}, {0, "20% / 20% 1.00 green false"},
	} {
		b := budgetOf(0.2, 100, row.retries)
		if got := fmt.Sprintf("%s %.2f %s %v", b.Text, b.Left, b.Class, b.Exhausted); got != row.want {
			t.Errorf("%v retries: %s, want %s", row.retries, got, row.want)
		}
	}
}

// TestClientName is vector 305.
func TestClientName(t *testing.T) {
	for _, row := range []struct{ id, prefix, name string }{
		{"%/io.l5d.port/4141/#/io.l5d.fs/hello", "/%/io.l5d.port/4141", "/#/io.l5d.fs/hello"},
		{"/%/io.l5d.port/4141/#/io.l5d.fs/hello", "/%/io.l5d.port/4141", "/#/io.l5d.fs/hello"},
		{"/$/inet/127.0.0.1/80", "", "/$/inet/127.0.0.1/80"},
		{"foo", "", ""},
	} {
		prefix, name, ok := clientName(row.id)
		if prefix != row.prefix || name != row.name || ok != (row.name != "") {
			t.Errorf("%s: %q, %q, %v", row.id, prefix, name, ok)
		}
	}
}

func TestShowLatencyAndRate(t *testing.T) {
	for d, want := range map[time.Duration]string{
		1234 * time.Microsecond: "1.23 ms", 12345 * time.Microsecond: "12.3 ms", 123456 * time.Microsecond: "123 ms", 12345 * time.Millisecond: "12.3 s",
		20 * time.Microsecond: "20 µs", 400 * time.Nanosecond: "0 µs", 120 * time.Microsecond: "0.12 ms", 0: "0.00 ms",
	} {
		if got := showLatency(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	for r, want := range map[float64]string{0: "0", 0.251: "0.25", 12.34: "12.3", 1234.5: "1\u2009235"} {
		if got := showRate(r); got != want {
			t.Errorf("%v: %s, want %s", r, got, want)
		}
	}
}

// TestQuoted: a command that is copied does nothing but what it shows.
func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"/a?b='c'": `'/a?b='\''c'\'''`, "$(reboot)`x`\"": "'$(reboot)`x`\"'", "a\nb\x1b[201~\x7f\u0085": "'a?b?[201~??'",
	} {
		if got := quoted(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
