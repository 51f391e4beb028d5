package headers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/internal/headers"
)

func TestIsForeignTrace(t *testing.T) {
	for _, key := range []string{
		"B3", "b3", "X-B3-Traceid", "x-b3-spanid", "X_B3_Sampled", "X.b3.Flags", "X-B3-Anything",
		"Traceparent", "traceparent", "TRACESTATE", "Baggage", "baggage",
	} {
		if !headers.IsForeignTrace(key) {
			t.Errorf("%q is not taken for a trace context", key)
		}
	}
	for _, key := range []string{"", "B", "B34", "X-B3", "X-B4-Traceid", "Trace", "Traceparents", "Baggage-2", "L5d-Ctx-Trace", "Via"} {
		if headers.IsForeignTrace(key) {
			t.Errorf("%q is taken for a trace context", key)
		}
	}
}

func TestLowerNames(t *testing.T) {
	for _, tt := range []struct {
		vector, what string
		in, want     http.Header
	}{
		{"28", "destination headers", http.Header{
			headers.DstServiceName: {"/freedom"}, headers.DstClientName: {"/id"}, headers.DstResidualName: {"/residual"},
		}, http.Header{
			"l5d-dst-service": {"/freedom"}, "l5d-dst-client": {"/id"}, "l5d-dst-residual": {"/residual"},
		}},
		{"", "every other name", http.Header{
			headers.TraceName: {"1"}, headers.DeadlineName: {"2"}, headers.CtxDtabName: {"3"}, headers.DtabName: {"4"},
			headers.SampleName: {"5"}, headers.ReqIDName: {"6"}, headers.ErrName: {"7"}, headers.RetryableName: {"8"},
			headers.SuccessClassName: {"9"}, headers.NameName: {"11"}, "L5d-Ctx-Thing": {"12", "13"},
			headers.B3Name: {"14"}, headers.B3TraceIDName: {"15"}, headers.B3SpanIDName: {"16"}, headers.B3ParentSpanIDName: {"17"},
			headers.B3SampledName: {"18"}, headers.B3FlagsName: {"19"}, headers.TraceparentName: {"20"}, headers.TracestateName: {"21"},
			headers.ViaName: {"22"}, headers.ForwardedName: {"23"}, headers.XForwardedClientCertName: {"24"}, "Content-Type": {"25"},
		}, http.Header{
			"l5d-ctx-trace": {"1"}, "l5d-ctx-deadline": {"2"}, "l5d-ctx-dtab": {"3"}, "l5d-dtab": {"4"},
			"l5d-sample": {"5"}, "l5d-reqid": {"6"}, "l5d-err": {"7"}, "l5d-retryable": {"8"},
			"l5d-success-class": {"9"}, "l5d-name": {"11"}, "l5d-ctx-thing": {"12", "13"},
			"b3": {"14"}, "x-b3-traceid": {"15"}, "x-b3-spanid": {"16"}, "x-b3-parentspanid": {"17"},
			"x-b3-sampled": {"18"}, "x-b3-flags": {"19"}, "traceparent": {"20"}, "tracestate": {"21"},
			"Via": {"22"}, "Forwarded": {"23"}, "X-Forwarded-Client-Cert": {"24"}, "Content-Type": {"25"},
		}},
		{"", "values under both keys", http.Header{headers.CtxDtabName: {"1"}, "l5d-ctx-dtab": {"2"}}, http.Header{"l5d-ctx-dtab": {"1", "2"}}},
		{"", "nothing", nil, nil},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for range 20 { // maps have no order
				h := tt.in.Clone()
				headers.LowerNames(h)
				if diff := cmp.Diff(tt.want, h); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

var names = []string{
	headers.TraceName, headers.DeadlineName, headers.CtxDtabName, headers.DtabName, headers.SampleName, headers.ReqIDName,
	headers.DstServiceName, headers.DstClientName, headers.DstResidualName, headers.ErrName, headers.RetryableName,
	headers.SuccessClassName, headers.NameName, headers.B3Name, headers.B3TraceIDName,
	headers.B3SpanIDName, headers.B3ParentSpanIDName, headers.B3SampledName, headers.B3FlagsName, headers.TraceparentName,
	headers.TracestateName, headers.ViaName, headers.ForwardedName, headers.XForwardedClientCertName, headers.ContextPrefix,
	headers.BaggageName, headers.NackName, headers.FinalNackName, headers.RetryableRequestName,
}

// The names are constants, so nobody checks them at run time: net/http would
// never find one that is not canonical.
func TestNamesAreCanonical(t *testing.T) {
	for _, name := range names {
		if got := http.CanonicalHeaderKey(name); got != name {
			t.Errorf("%s: the canonical form is %s", name, got)
		}
	}
}

// Lower costs nothing for our names because they are spelled out.
func TestLower(t *testing.T) {
	for _, name := range names {
		if got := headers.Lower(name); got != strings.ToLower(name) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestSet(t *testing.T) {
	h := http.Header{headers.TraceName: {"a", "b"}, "l5d-ctx-trace": {"c"}}
	headers.Set(h, headers.TraceName, "d")
	if diff := cmp.Diff(http.Header{headers.TraceName: {"d"}}, h); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	headers.Del(h, headers.TraceName)
	if len(h) != 0 {
		t.Errorf("left over: %v", h)
	}
}
