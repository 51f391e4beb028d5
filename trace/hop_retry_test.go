package trace_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestRetriesInSpans: the words that are Linkerd's, and ours.
func TestRetriesInSpans(t *testing.T) {
	spans := new(tracetest.Recorder)
	sampler, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: spans, Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	h := hop(trace.HopConfig{TracerProvider: provider})
	ctx, server := h.StartServer(context.Background(), http.Header{}, serverStart)
	_, client := h.StartClient(ctx, request(t, "GET", "http://world/"), hopspan.ClientStart{Service: "c"})
	hopspan.Attempt(client, 2)
	hopspan.Requeued(client, 1)
	hopspan.RequeueCause(client, context.Canceled)
	hopspan.NotRetried(client, "enough")
	hopspan.TimedOut(client)
	hopspan.Retryable(client)
	hopspan.NotRetryable(client)
	hopspan.EndClient(client, nil)
	hopspan.BackingOff(server, 1500*time.Millisecond)
	hopspan.Retrying(server)
	hopspan.EndServer(server, 200)
	for _, r := range spans.Records() {
		want := []string{"wr", "meshhop.backoff", "finagle.retry", "ws"}
		if r.Service == "c" {
			want = []string{"Requeued Request", "finagle.timeout", "l5d.retryable", "l5d.failure"}
		}
		if got := tracetest.Events(r); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", r.Service, got, want)
		}
	}
	one := tracetest.Find(t, spans.Records(), "c", "")
	for key, want := range map[string]string{
		"meshhop.attempt": "2", "clnt/requeue_attempt": "1", "clnt/requeue_exc": "*errors.errorString:context canceled", "meshhop.not_retried": "enough",
	} {
		if got := tracetest.Tags(one)[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := tracetest.Find(t, spans.Records(), "0.0.0.0/4140", "").Events[1].Attributes; len(got) != 1 || got[0].Value.AsString() != "1.5s" {
		t.Errorf("the backoff has %v", got)
	}
}
