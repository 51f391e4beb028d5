package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// spans tests whether Zipkin takes spans, and by which transport.
func (d *doctor) spans(ctx context.Context) {
	const what = "Zipkin"
	host := d.flags.zipkin
	if host == "" {
		return
	}
	byHTTP := net.JoinHostPort(host, strconv.FormatUint(uint64(d.flags.http), 10))
	byScribe := net.JoinHostPort(host, strconv.FormatUint(uint64(d.flags.scribe), 10))
	httpErr, scribeErr := d.takesSpans(ctx, "http://"+byHTTP+"/api/v2/spans", "application/json", "[]"), connects(ctx, byScribe)
	if httpErr == nil {
		d.well(what, "%s takes spans by HTTP: io.l5d.zipkin with port: %d", byHTTP, d.flags.http)
	}
	if scribeErr == nil {
		d.well(what, "%s can be reached, which is for Scribe: io.l5d.zipkin with port: %d", byScribe, d.flags.scribe)
	}
	switch {
	case httpErr != nil && scribeErr != nil:
		d.bad(what, "kubectl apply -f examples/kubernetes/zipkin.yaml, or name yours with -zipkin and in the telemeter io.l5d.zipkin",
			"takes no spans: %v; %v", httpErr, scribeErr)
	case httpErr != nil:
		d.note(what, fmt.Sprintf("that is enough; without Scribe, give the Service the port %d, too", d.flags.http), "not by HTTP: %v", httpErr)
	case scribeErr != nil:
		d.note(what, "that is enough; for Scribe, start Zipkin with SCRIBE_ENABLED=true", "not by Scribe: %v", scribeErr)
	}
}

// takesSpans posts an empty list of spans, which a collector accepts and does not show. It
// ignores http_proxy, which may name the hop itself.
func (d *doctor) takesSpans(ctx context.Context, url, contentType, none string) error {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(none))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", contentType)
	transport := &http.Transport{DisableKeepAlives: true}
	if r.URL.Scheme == "https" {
		if transport.TLSClientConfig, err = d.flags.secure.config(r.URL); err != nil {
			return err
		}
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return d.flags.secure.explained(err, r.URL)
	}
	resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("POST %s got the response %s", url, resp.Status)
	}
	return nil
}

func connects(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}
