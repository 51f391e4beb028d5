package wire_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/internal/wire"
)

func TestIsForeignTrace(t *testing.T) {
	for _, key := range []string{
		"B3", "b3", "X-B3-Traceid", "x-b3-spanid", "X_B3_Sampled", "X.b3.Flags", "X-B3-Anything",
		"Traceparent", "traceparent", "TRACESTATE", "Baggage", "baggage",
	} {
		if !wire.IsForeignTrace(key) {
			t.Errorf("%q is not taken for a trace context", key)
		}
	}
	for _, key := range []string{"", "B", "B34", "X-B3", "X-B4-Traceid", "Trace", "Traceparents", "Baggage-2", "L5d-Ctx-Trace", "Via"} {
		if wire.IsForeignTrace(key) {
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
			wire.DstServiceName: {"/freedom"}, wire.DstClientName: {"/id"}, wire.DstResidualName: {"/residual"},
		}, http.Header{
			"l5d-dst-service": {"/freedom"}, "l5d-dst-client": {"/id"}, "l5d-dst-residual": {"/residual"},
		}},
		{"", "every other name", http.Header{
			wire.TraceName: {"1"}, wire.DeadlineName: {"2"}, wire.CtxDtabName: {"3"}, wire.DtabName: {"4"},
			wire.SampleName: {"5"}, wire.ReqIDName: {"6"}, wire.ErrName: {"7"}, wire.RetryableName: {"8"},
			wire.SuccessClassName: {"9"}, wire.NameName: {"11"}, "L5d-Ctx-Thing": {"12", "13"},
			wire.B3Name: {"14"}, wire.B3TraceIDName: {"15"}, wire.B3SpanIDName: {"16"}, wire.B3ParentSpanIDName: {"17"},
			wire.B3SampledName: {"18"}, wire.B3FlagsName: {"19"}, wire.TraceparentName: {"20"}, wire.TracestateName: {"21"},
			wire.ViaName: {"22"}, wire.ForwardedName: {"23"}, wire.XForwardedClientCertName: {"24"}, "Content-Type": {"25"},
		}, http.Header{
			"l5d-ctx-trace": {"1"}, "l5d-ctx-deadline": {"2"}, "l5d-ctx-dtab": {"3"}, "l5d-dtab": {"4"},
			"l5d-sample": {"5"}, "l5d-reqid": {"6"}, "l5d-err": {"7"}, "l5d-retryable": {"8"},
			"l5d-success-class": {"9"}, "l5d-name": {"11"}, "l5d-ctx-thing": {"12", "13"},
			"b3": {"14"}, "x-b3-traceid": {"15"}, "x-b3-spanid": {"16"}, "x-b3-parentspanid": {"17"},
			"x-b3-sampled": {"18"}, "x-b3-flags": {"19"}, "traceparent": {"20"}, "tracestate": {"21"},
			"Via": {"22"}, "Forwarded": {"23"}, "X-Forwarded-Client-Cert": {"24"}, "Content-Type": {"25"},
		}},
		{"", "values under both keys", http.Header{wire.CtxDtabName: {"1"}, "l5d-ctx-dtab": {"2"}}, http.Header{"l5d-ctx-dtab": {"1", "2"}}},
		{"", "nothing", nil, nil},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for range 20 { // maps have no order
				h := tt.in.Clone()
				wire.LowerNames(h)
				if diff := cmp.Diff(tt.want, h); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

var names = []string{
	wire.TraceName, wire.DeadlineName, wire.CtxDtabName, wire.DtabName, wire.SampleName, wire.ReqIDName,
	wire.DstServiceName, wire.DstClientName, wire.DstResidualName, wire.ErrName, wire.RetryableName,
	wire.SuccessClassName, wire.NameName, wire.B3Name, wire.B3TraceIDName,
	wire.B3SpanIDName, wire.B3ParentSpanIDName, wire.B3SampledName, wire.B3FlagsName, wire.TraceparentName,
	wire.TracestateName, wire.ViaName, wire.ForwardedName, wire.XForwardedClientCertName, wire.ContextPrefix,
	wire.BaggageName, wire.NackName, wire.FinalNackName, wire.RetryableRequestName,
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
		if got := wire.Lower(name); got != strings.ToLower(name) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestSet(t *testing.T) {
	h := http.Header{wire.TraceName: {"a", "b"}, "l5d-ctx-trace": {"c"}}
	wire.Set(h, wire.TraceName, "d")
	if diff := cmp.Diff(http.Header{wire.TraceName: {"d"}}, h); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wire.Del(h, wire.TraceName)
	if len(h) != 0 {
		t.Errorf("left over: %v", h)
	}
}
