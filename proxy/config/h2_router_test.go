package config_test

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// h2Router is a file with one router for HTTP/2, whose further keys are in yaml.
func h2Router(keys string) string {
	return "routers:\n- protocol: h2\n  servers: [{port: 0}]\n" + keys
}

// TestH2Router: what is different in a router for HTTP/2, by default.
func TestH2Router(t *testing.T) {
	mesh := build(t, h2Router("  experimental: true\n"), config.Builtin(), config.BuildOptions{})
	if got := mesh.Routers[0].Label(); got != "h2" {
		t.Errorf("its label is %q", got)
	}
	// Both protocols in one file need no labels.
	if _, err := config.Load("f", []byte(h2Router("- protocol: http\n  servers: [{port: 0}]\n")), config.Builtin()); err != nil {
		t.Error(err)
	}
}

// TestH2Keys: the keys of one protocol are unknown to the other, and the classifiers of one
// name those of the other.
func TestH2Keys(t *testing.T) {
	service := func(keys string) string { return "  service: {" + keys + "}\n" }
	classifier := func(kind string) string { return service("responseClassifier: {kind: " + kind + "}") }
	httpRouter := "routers:\n- protocol: http\n  servers: [{port: 0}]\n"
	for _, row := range []struct{ about, file, want string }{
		{"maxHeadersKB", h2Router("  maxHeadersKB: 8\n"), "4:3: routers[0].maxHeadersKB: unknown key"},
		{"maxInitialLineKB", h2Router("  maxInitialLineKB: 8\n"), "4:3: routers[0].maxInitialLineKB: unknown key"},
		{"maxErrResponseKB", h2Router("  maxErrResponseKB: 8\n"), "4:3: routers[0].maxErrResponseKB: unknown key"},
		{"streamingEnabled", h2Router("  streamingEnabled: true\n"), "4:3: routers[0].streamingEnabled: unknown key"},
		{"streamAfterContentLengthKB", h2Router("  streamAfterContentLengthKB: 5\n"), "4:3: routers[0].streamAfterContentLengthKB: unknown key"},
		{"compressionLevel", h2Router("  compressionLevel: 0\n"), "4:3: routers[0].compressionLevel: unknown key"},
		{"httpAccessLog", h2Router("  httpAccessLog: a.log\n"), `4:3: routers[0].httpAccessLog: unknown key (did you mean "h2AccessLog"?)`},
		{"h2AccessLog", httpRouter + "  h2AccessLog: a.log\n", `4:3: routers[0].h2AccessLog: unknown key`},
		{"a roll policy", h2Router("  h2AccessLogRollPolicy: x\n"), `4:26: routers[0].h2AccessLogRollPolicy: Invalid log roll policy: "x"`},
		{"classificationTimeoutMs", httpRouter + service("classificationTimeoutMs: 1"), "4:13: routers[0].service.classificationTimeoutMs: unknown key"},
		{"retryBufferSize", h2Router(service("retryBufferSize: {bytes: 1}")), "4:31: routers[0].service.retryBufferSize.bytes: unknown key; known here: requestBytes, responseBytes"},
		{"an http classifier", h2Router(classifier("io.l5d.http.retryableRead5XX")),
			"4:40: routers[0].service.responseClassifier.kind: io.l5d.http.retryableRead5XX is for http routers; an h2 router has io.l5d.h2.retryableRead5XX"},
		{"an h2 classifier", httpRouter + classifier("io.l5d.h2.allSuccessful"),
			"4:40: routers[0].service.responseClassifier.kind: io.l5d.h2.allSuccessful is for h2 routers; an http router has io.l5d.http.allSuccessful"},
		{"a classifier of gRPC in an http router", httpRouter + classifier("io.l5d.h2.grpc.default"), ""},
		{"codes", h2Router(service("responseClassifier: {kind: io.l5d.h2.grpc.retryableStatusCodes}")),
			"4:33: routers[0].service.responseClassifier.retryableStatusCodes: is required"},
		{"a code that is none", h2Router(service("responseClassifier: {kind: io.l5d.h2.grpc.default, successStatusCodes: [0, OK]}")),
			`4:84: routers[0].service.responseClassifier.successStatusCodes: must be a list of status codes of gRPC, which are numbers such as 14, not "OK"`},
		{"no codes", h2Router(service("responseClassifier: {kind: io.l5d.h2.grpc.default, successStatusCodes: []}")),
			`4:84: routers[0].service.responseClassifier.successStatusCodes: needs at least one status code`},
		{"segments", h2Router("  identifier: {kind: io.l5d.header.path, segments: 0}\n"), "4:52: routers[0].identifier.segments: must be from 1 to 2147483647, not 0"},
	} {
		_, err := config.Load("f", []byte(row.file), config.Builtin())
		wrong := config.Errors(nil)
		switch errors.As(err, &wrong); {
		case row.want == "" && err == nil:
		case row.want == "" || len(wrong) != 1 || !strings.HasPrefix(strings.TrimPrefix(wrong[0].Error(), "f:"), row.want):
			t.Errorf("%s: %v, want %s", row.about, err, row.want)
		}
	}
}

// call is an endpoint that ends each call by HTTP/2 with the same status, and counts them.
type call struct {
	status, code, body string
	takes              time.Duration // from the head of the response to its end
	sent               int
}

func (c *call) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent++
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	resp := &http.Response{StatusCode: 200, ProtoMajor: 2, Header: http.Header{}, ContentLength: -1}
	if c.status != "" {
		resp.StatusCode, _ = strconv.Atoi(c.status)
	}
	resp.Body = &callBody{Reader: strings.NewReader(c.body), end: func() {
		time.Sleep(c.takes)
		resp.Trailer = http.Header{"Grpc-Status": {c.code}}
	}}
	return resp, nil
}

type callBody struct {
	io.Reader
	end func()
}

func (b *callBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		b.end()
	}
	return n, err
}

func (b *callBody) Close() error { return nil }

// TestH2Policies: vector 455, and what else a service block of an h2 router says of calls
// that are sent again.
func TestH2Policies(t *testing.T) {
	const again = 6 // at most five retries
	grpc := func(kind string) string { return "responseClassifier: {kind: io.l5d.h2.grpc." + kind + "}" }
	for _, row := range []struct {
		about, keys string
		call        call
		sent        int
		after       time.Duration // of the response
	}{
		{about: "by default", call: call{code: "14"}, sent: 1},
		{about: "default", keys: grpc("default"), call: call{code: "14"}, sent: again},
		{about: "default, another status", keys: grpc("default"), call: call{code: "5"}, sent: 1},
		{about: "default, a success", keys: grpc("default, successStatusCodes: [14]"), call: call{code: "14"}, sent: 1},
		{about: "default, 503", keys: grpc("default"), call: call{status: "503"}, sent: 1},
		{about: "vector 455: compliant, 503", keys: grpc("compliant"), call: call{status: "503"}, sent: again},
		{about: "always", keys: grpc("alwaysRetryable"), call: call{code: "5"}, sent: again},
		{about: "always, a success", keys: grpc("alwaysRetryable, successStatusCodes: [5, 6]"), call: call{code: "6"}, sent: 1},
		{about: "never", keys: grpc("neverRetryable"), call: call{code: "14"}, sent: 1},
		{about: "codes", keys: grpc("retryableStatusCodes, retryableStatusCodes: [5, 8]"), call: call{code: "8"}, sent: again},
		{about: "codes, another", keys: grpc("retryableStatusCodes, retryableStatusCodes: [5, 8]"), call: call{code: "14"}, sent: 1},
		{about: "codes, a success", keys: grpc("retryableStatusCodes, retryableStatusCodes: [5, 8], successStatusCodes: [8]"), call: call{code: "8"}, sent: 1},
		{about: "the time", keys: grpc("default") + ", classificationTimeoutMs: 7", call: call{code: "14", takes: 8 * time.Millisecond}, sent: 1, after: 7 * time.Millisecond},
		{about: "no time", keys: grpc("default") + ", classificationTimeoutMs: 0", call: call{code: "14", takes: time.Millisecond}, sent: 1},
		{about: "a long time", keys: grpc("default") + ", classificationTimeoutMs: 1000", call: call{code: "14", takes: 200 * time.Millisecond}, sent: again, after: (again - 1) * 200 * time.Millisecond},
		{about: "a long response", keys: grpc("default") + ", retryBufferSize: {responseBytes: 6}", call: call{code: "14", body: "1234567"}, sent: 1},
		{about: "a short response", keys: grpc("default") + ", retryBufferSize: {responseBytes: 7}", call: call{code: "14", body: "\x00\x00\x00\x00\x02ab"}, sent: again},
		{about: "a long request", keys: grpc("default") + ", retryBufferSize: {requestBytes: 4}", call: call{code: "14"}, sent: 1},
		{about: "a short request", keys: grpc("default") + ", retryBufferSize: {requestBytes: 5}", call: call{code: "14"}, sent: again},
		{about: "POST and reading", keys: "responseClassifier: {kind: io.l5d.h2.retryableRead5XX}", call: call{status: "500"}, sent: 1},
		{about: "POST and idempotent", keys: "responseClassifier: {kind: io.l5d.h2.retryableIdempotent5XX}", call: call{status: "500"}, sent: 1},
		{about: "POST and all", keys: "responseClassifier: {kind: io.l5d.h2.retryableAll5XX}", call: call{status: "500"}, sent: again},
		{about: "nothing", keys: "responseClassifier: {kind: io.l5d.h2.nonRetryable5XX}", call: call{status: "500"}, sent: 1},
		{about: "all are a success", keys: "responseClassifier: {kind: io.l5d.h2.allSuccessful}", call: call{status: "500"}, sent: 1},
	} {
		t.Run(row.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mesh := build(t, h2Router("  dtab: /svc => /$/inet/127.0.0.1/1\n  service: {"+row.keys+"}\n"), config.Builtin(), config.BuildOptions{
					NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return &row.call },
				})
				r, err := http.NewRequestWithContext(t.Context(), "POST", "http://web/pkg.Svc/Get", io.NopCloser(strings.NewReader("12345")))
				if err != nil {
					t.Fatal(err)
				}
				r.ProtoMajor, r.ContentLength = 2, -1
				r.Header.Set("Content-Type", "application/grpc")
				began := time.Now()
				resp, err := mesh.Routers[0].RoundTrip(r)
				if err != nil {
					t.Fatal(err)
				}
				after := time.Since(began)
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if row.call.sent != row.sent || after != row.after {
					t.Errorf("sent %d times, the response after %v; want %d, %v", row.call.sent, after, row.sent, row.after)
				}
			})
		})
	}
}
