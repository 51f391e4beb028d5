package hostaddr_test

import (
	"testing"

	"github.com/meshhop/meshhop/internal/hostaddr"
)

func TestParseIP(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1": "127.0.0.1", "127.1": "127.0.0.1", "10.1.2": "10.1.0.2", "10.1.65535": "10.1.255.255",
		"2130706433": "127.0.0.1", "0": "0.0.0.0", "1.16777215": "1.255.255.255", "010.1.1.1": "10.1.1.1",
		"::1": "::1", "[::1]": "::1", "::ffff:1.2.3.4": "1.2.3.4", "[2001:db8::1]": "2001:db8::1",
		"": "", "256.1": "", "1.2.3.256": "", "1.2.3.4.5": "", "1.2.65536": "", "4294967296": "", "1..2": "", "1.2.": "",
		"0x7f.1": "", "a": "", "1.2.3.a": "", "[::1": "", "::1]": "", "[127.1]": "", ":": "", "+1": "", "-1": "",
	} {
		ip, ok := hostaddr.ParseIP(in)
		if ok != (want != "") || ok && ip.String() != want {
			t.Errorf("%q is %s, %v; want %q", in, ip, ok, want)
		}
	}
}

func FuzzParseIP(f *testing.F) {
	for _, s := range []string{"127.1", "127.0.0.1", "::1", "[::1]", "2130706433", "1.2.3.4.5", "256.1", "a.b", "", "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ip, ok := hostaddr.ParseIP(s)
		if again, same := hostaddr.ParseIP(ip.String()); ok && (!same || again != ip) {
			t.Errorf("%q is %s, which is %s", s, ip, again)
		}
	})
}
