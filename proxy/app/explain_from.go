package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/explain"
)

const (
	// fromTimeout is more than a hop takes to respond.
	fromTimeout = 10 * time.Second
	// maxReportBytes is more than a report has.
	maxReportBytes = 64 << 20
)

// askHop asks the admin server of a running hop. It ignores the proxy that the
// environment names, which may be that very hop.
func askHop(ctx context.Context, admin string, secure *secureFlags, q explain.Question) (*explain.Report, error) {
	if !strings.Contains(admin, "://") {
		scheme := "http://"
		if secure.given() {
			scheme = "https://"
		}
		admin = scheme + admin
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, fromTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(admin, "/")+"/explain.json", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("-from: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	config, err := secure.config(r.URL)
	if err != nil {
		return nil, fmt.Errorf("-from: %w", err)
	}
	transport := &http.Transport{TLSClientConfig: config}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("-from: %w", secure.explained(err, r.URL))
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxReportBytes))
	switch {
	case err != nil:
		return nil, fmt.Errorf("-from: reading the response: %w", err)
	case resp.StatusCode == http.StatusBadRequest && strings.Contains(string(body), "HTTP request to an HTTPS server"):
		return nil, fmt.Errorf("-from: %s speaks TLS: say https://%s, and -ca FILE if the system does not trust its authority", r.URL.Host, r.URL.Host)
	case resp.StatusCode == http.StatusBadRequest:
		return nil, &explain.QuestionError{Reason: strings.TrimSpace(string(body))}
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("-from: the response of %s is %s: is that a hop's admin server?", r.URL, resp.Status)
	}
	report := new(explain.Report)
	if err := json.Unmarshal(body, report); err != nil {
		return nil, fmt.Errorf("-from: the response of %s is no report: %w", r.URL, err)
	}
	return report, nil
}
