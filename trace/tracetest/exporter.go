package tracetest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
)

// TestExporter checks what a trace.Pipeline needs of an exporter that posts to
// a collector: any 2xx is success, errors say whether to try again, an export
// ends with its ctx, and records stay as they are. newExporter makes one that
// posts to the given URL.
func TestExporter(t *testing.T, newExporter func(t *testing.T, url string) trace.Exporter) {
	for _, row := range []struct {
		status    int
		success   bool
		permanent bool
	}{
		{status: 200, success: true},
		{status: 202, success: true},
		{status: 204, success: true},
		{status: 302, permanent: true},
		{status: 400, permanent: true},
		{status: 404, permanent: true},
		{status: 408},
		{status: 413, permanent: true},
		{status: 429},
		{status: 500},
		{status: 503},
	} {
		t.Run(http.StatusText(row.status), func(t *testing.T) {
			e := start(t, newExporter, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.Header().Set("Retry-After", "3")
				w.WriteHeader(row.status)
			})
			err := e.Export(t.Context(), spantest.Samples(3))
			if row.success {
				if err != nil {
					t.Errorf("Export: %v", err)
				}
				return
			}
			var known *trace.ExportError
			switch {
			case !errors.As(err, &known):
				t.Fatalf("Export: %v, want an *ExportError", err)
			case known.Reason != "status" || known.Permanent != row.permanent || known.Sent != 0:
				t.Errorf("Export: %+v, want reason status, permanent %v", known, row.permanent)
			case !row.permanent && known.RetryAfter != 3*time.Second:
				t.Errorf("RetryAfter is %v, the answer said 3 s", known.RetryAfter)
			}
		})
	}
	t.Run("no collector", func(t *testing.T) {
		srv := httptest.NewServer(http.NotFoundHandler())
		e := newExporter(t, srv.URL)
		srv.Close()
		var known *trace.ExportError
		if err := e.Export(t.Context(), spantest.Samples(1)); !errors.As(err, &known) || known.Reason != "refused" || known.Permanent {
			t.Errorf("Export: %v, want a passing *ExportError for refused", err)
		}
		shutdown(t, e)
	})
	t.Run("a collector that does not answer", func(t *testing.T) {
		arrived, release := make(chan struct{}), make(chan struct{})
		e := start(t, newExporter, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			close(arrived)
			<-release
		})
		t.Cleanup(func() { close(release) })
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		if err := e.Export(ctx, spantest.Samples(1)); err == nil {
			t.Error("Export succeeded")
		}
	})
	t.Run("records stay as they are", func(t *testing.T) {
		e := start(t, newExporter, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
		})
		spans := spantest.Samples(5)
		before := Format(spans)
		if err := e.Export(t.Context(), spans); err != nil {
			t.Errorf("Export: %v", err)
		}
		if after := Format(spans); after != before {
			t.Errorf("before:\n%safter:\n%s", before, after)
		}
	})
}

func start(t *testing.T, newExporter func(*testing.T, string) trace.Exporter, h http.HandlerFunc) trace.Exporter {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	e := newExporter(t, srv.URL)
	t.Cleanup(func() { shutdown(t, e) })
	return e
}

func shutdown(t *testing.T, e trace.Exporter) {
	if err := e.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
