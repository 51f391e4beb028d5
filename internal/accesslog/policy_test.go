package accesslog

import (
	"strings"
	"testing"
	"time"
)

// TestParsePolicy (vector 361).
func TestParsePolicy(t *testing.T) {
	for text, want := range map[string]Policy{
		"never":        {},
		"sighup":       {},
		"Daily":        {every: daily},
		"HOURLY":       {every: hourly},
		"weekly(1)":    {every: weekly, day: time.Sunday},
		"weekly(3)":    {every: weekly, day: time.Tuesday},
		"Weekly(7)":    {every: weekly, day: time.Saturday},
		"3.megabytes":  {every: bySize, size: 3 << 20},
		"1.gigabyte":   {every: bySize, size: 1 << 30},
		"7.exabytes":   {every: bySize, size: 7 << 60},
		"1.bytes":      {every: bySize, size: 1},
		"10.kilobytes": {every: bySize, size: 10 << 10},
	} {
		if got, err := ParsePolicy(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"monthly", "", "weekly", "weekly()", "weekly(0)", "weekly(8)", "weekly(10)", "weekly(3", "weekly(-1)", "weekly(+1)",
		"megabytes", ".megabytes", "3.", "3.mb", "-3.megabytes", "+3.megabytes", "3.5.megabytes", "3 .megabytes", "0.megabytes",
		"8.exabytes", "9223372036854775808.bytes", "99999999999999999999.bytes", "3.megabytess", "daily ",
	} {
		if got, err := ParsePolicy(text); err == nil || err.Error() != "Invalid log roll policy: "+text || got != (Policy{}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// FuzzParsePolicy: what is a policy rolls a file at a later time, or at a size.
func FuzzParsePolicy(f *testing.F) {
	for _, text := range []string{"never", "weekly(2)", "3.megabytes", "9223372036854775807.byte", "1.exabytes", "daily"} {
		f.Add(text, int64(1452071700))
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		p, err := ParsePolicy(text)
		if err != nil {
			if !strings.HasSuffix(err.Error(), text) {
				t.Error(err)
			}
			return
		}
		opened := time.Unix(seconds%(1<<33), 0).UTC()
		next := p.next(opened)
		switch p.every {
		case never:
			if !next.IsZero() {
				t.Errorf("%q: rolled at %s", text, next)
			}
		case bySize:
			if p.size <= 0 {
				t.Errorf("%q: rolled at %d bytes", text, p.size)
			}
		default:
			if !next.After(opened) || next.Sub(opened) > 7*24*time.Hour {
				t.Errorf("%q: opened %s, rolled %s", text, opened, next)
			}
		}
		if _, ok := (rolledNames{prefix: "a", extension: ".log"}).parse("a-" + p.stamp(opened) + ".log"); !ok {
			t.Errorf("%q: the stamp %s is not known again", text, p.stamp(opened))
		}
	})
}

// TestNext: files are rolled at the hours, days and weeks of their zone, also where the
// clocks change.
func TestNext(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	for _, row := range []struct{ policy, opened, want string }{
		{"hourly", "2016-01-06 09:15:30", "2016-01-06 10:00:00"},
		{"hourly", "2016-01-06 23:00:00", "2016-01-07 00:00:00"},
		{"hourly", "2016-03-27 01:30:00", "2016-03-27 03:00:00"},
		{"daily", "2016-01-06 09:15:00", "2016-01-07 00:00:00"},
		{"daily", "2016-02-29 00:00:00", "2016-03-01 00:00:00"},
		{"daily", "2016-03-27 00:30:00", "2016-03-28 00:00:00"},
		{"weekly(1)", "2016-01-06 09:15:00", "2016-01-10 00:00:00"}, // a Wednesday
		{"weekly(4)", "2016-01-06 09:15:00", "2016-01-13 00:00:00"},
		{"weekly(5)", "2016-01-06 09:15:00", "2016-01-07 00:00:00"},
	} {
		p, err := ParsePolicy(row.policy)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := time.ParseInLocation(time.DateTime, row.opened, berlin)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.next(opened).Format(time.DateTime); got != row.want {
			t.Errorf("%s, opened %s: %s, want %s", row.policy, row.opened, got, row.want)
		}
	}
}

// TestRolledNames: a file knows the names that it gives, and no others.
func TestRolledNames(t *testing.T) {
	n := rolledNamesOf("logs.d/access.log")
	if want := (rolledNames{"logs.d/", "access", ".log"}); n != want {
		t.Fatalf("%+v", n)
	}
	for _, name := range []string{"access-20160106.log", "access-20160106-09.log", "access-20160106-091530.log", "access-20160106.2.log", "access-20160106-091530.17.log"} {
		if _, ok := n.parse(name); !ok {
			t.Errorf("%s is not known", name)
		}
	}
	for _, name := range []string{
		"access.log", "access2.log", "access2-20160106.log", "access-.log", "access-2016010.log", "access-201601061.log", "access-20160106-.log", "access-20160106-0.log",
		"access-20160106.1.log", "access-20160106.02.log", "access-20160106.x.log", "access-20160106.log.gz", "access-20160106", "access-2016010a.log",
		"access-20160106-09-10.log", "access-20160106-0915300.log", "access-20160106.+2.log", "my-access-20160106.log",
	} {
		if _, ok := n.parse(name); ok {
			t.Errorf("%s is taken for one of its own", name)
		}
	}
	if got := rolledNamesOf("access"); got != (rolledNames{"", "access", ""}) {
		t.Errorf("%+v", got)
	}
}
