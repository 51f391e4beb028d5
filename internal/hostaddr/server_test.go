package hostaddr_test

import (
	"testing"

	"github.com/meshhop/meshhop/internal/hostaddr"
)

func TestParseServer(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.2": "10.0.0.2:53", "10.0.0.2:8600": "10.0.0.2:8600", "::1": "[::1]:53", "[::1]": "[::1]:53", "[::1]:5353": "[::1]:5353",
		"ns0.example.org": "ns0.example.org:53", "ns0.example.org.:5353": "ns0.example.org.:5353", "localhost": "localhost:53",
		"": "", ":53": "", "a:0": "", "a:65536": "", "a:http": "", "a:1:2": "", "a b": "", "http://a": "", "[::1": "", "fe80::1%eth0": "[fe80::1%eth0]:53", "::%]": "", "::%[": "",
	} {
		got, err := hostaddr.ParseServer(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
}

func FuzzParseServer(f *testing.F) {
	for _, text := range []string{"10.0.0.1", "[::1]:53", "a:b", "::1", "ns.example.org:5353"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		server, err := hostaddr.ParseServer(text)
		if err != nil {
			return
		}
		if again, err := hostaddr.ParseServer(server); err != nil || again != server {
			t.Errorf("%q is %q, and that is %q, %v", text, server, again, err)
		}
	})
}
