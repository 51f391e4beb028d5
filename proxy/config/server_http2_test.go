package config_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestServerProtocols: what a server speaks is written in its group.
func TestServerProtocols(t *testing.T) {
	cert, key := certtest.CA(t, "root").Issue([]string{"a"}).Write(t.TempDir(), "a")
	secure := "tls: {certPath: '" + cert + "', keyPath: '" + key + "'}, "
	for _, row := range []struct {
		keys   string
		want   string // the protocols of the server
		bounds serve.HTTP2
		notice string
	}{
		{keys: "port: 0", want: "{}"}, // HTTP/1.1
		{keys: "port: 0, protocols: [http/1.1]", want: "{HTTP1}"},
		{keys: "port: 0, protocols: [http/1.1, h2c]", want: "{HTTP1,UnencryptedHTTP2}"},
		{keys: "port: 0, protocols: [h2c]", want: "{UnencryptedHTTP2}"},
		{keys: secure + "port: 0, protocols: [http/1.1, h2]", want: "{HTTP1,HTTP2}"},
		{keys: secure + "port: 0, protocols: [h2]", want: "{HTTP2}"},
		{keys: secure + "port: 0, protocols: [http/1.1, h2, h2c]", want: "{HTTP1,HTTP2}",
			notice: "routers[0].servers[0].protocols: h2c is HTTP/2 without TLS, and this server has tls; h2 is HTTP/2 with it"},
		{keys: "port: 0, protocols: [http/1.1, h2, h2c]", want: "{HTTP1,UnencryptedHTTP2}",
			notice: "routers[0].servers[0].protocols: h2 is HTTP/2 by TLS, and this server has no tls; h2c is HTTP/2 without"},
		// Vector 430, the server's half.
		{keys: "port: 0, protocols: [h2c], maxConcurrentStreamsPerConnection: 7, headerTableBytes: 2048, initialStreamWindowBytes: 100000, maxFrameBytes: 20000, maxHeaderListBytes: 3000",
			want: "{UnencryptedHTTP2}", bounds: serve.HTTP2{MaxConcurrentStreams: 7, HeaderTableBytes: 2048, StreamWindowBytes: 100_000, MaxFrameBytes: 20_000, MaxHeaderListBytes: 3000}},
		{keys: "port: 0, protocols: [h2c], windowUpdateRatio: 0.9", want: "{UnencryptedHTTP2}",
			notice: "routers[0].servers[0].windowUpdateRatio: has no effect: the window of a stream is opened again as the body is read"},
	} {
		file, err := config.Load("f", []byte("routers: [{protocol: http, servers: [{"+row.keys+"}]}]\n"), config.Builtin())
		if err != nil {
			t.Errorf("%s: %v", row.keys, err)
			continue
		}
		mesh, err := file.Build(config.BuildOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := mesh.Servers[0].Config; got.Protocols.String() != row.want || got.HTTP2 != row.bounds {
			t.Errorf("%s: %v, %+v", row.keys, got.Protocols, got.HTTP2)
		}
		if err := mesh.Close(t.Context()); err != nil {
			t.Error(err)
		}
		notices := ""
		for _, n := range file.Notices {
			if strings.Contains(n.Path, "servers") {
				notices += n.Path + ": " + n.Text
			}
		}
		if notices != row.notice {
			t.Errorf("%s: %s", row.keys, notices)
		}
	}
}

// TestWrongProtocols: what a server cannot speak is an error, with its place.
func TestWrongProtocols(t *testing.T) {
	cert, key := certtest.CA(t, "root").Issue([]string{"a"}).Write(t.TempDir(), "a")
	secure := "tls: {certPath: '" + cert + "', keyPath: '" + key + "'}, "
	const at = "routers[0].servers[0]."
	for keys, want := range map[string]string{
		"protocols: [h2]":                                 "protocols: has nothing that this server can speak: h2 is HTTP/2 by TLS, and this server has no tls; h2c is HTTP/2 without",
		secure + "protocols: [h2c]":                       "protocols: has nothing that this server can speak: h2c is HTTP/2 without TLS, and this server has tls; h2 is HTTP/2 with it",
		"protocols: []":                                   "protocols: must have at least one of http/1.1, h2, h2c",
		"protocols: [http/2]":                             `protocols: has "http/2"; known are http/1.1, h2, h2c`,
		"protocols: h2c":                                  `protocols: must be a list, not "h2c"`,
		"maxFrameBytes: 16384":                            "maxFrameBytes: is for HTTP/2, which the server does not speak; write protocols: [http/1.1, h2, h2c]",
		"protocols: [h2c], maxFrameBytes: 8192":           "maxFrameBytes: must be from 16384 to 16777215, not 8192",
		"protocols: [h2c], initialStreamWindowBytes: 100": "initialStreamWindowBytes: must be from 65535 to 4194304, not 100",
		"protocols: [h2c], headerTableBytes: 4194304":     "headerTableBytes: must be from 1 to 4194303, not 4194304",
		"protocols: [h2c], windowUpdateRatio: 1":          "windowUpdateRatio: must be greater than 0 and less than 1",
	} {
		_, err := config.Load("f", []byte("routers: [{protocol: http, servers: [{port: 0, "+keys+"}]}]\n"), config.Builtin())
		if err == nil || !strings.Contains(err.Error(), at+want) {
			t.Errorf("%s: %v, want %s", keys, err, want)
		}
	}
}
