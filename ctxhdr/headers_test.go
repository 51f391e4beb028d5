package ctxhdr_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/ctxhdr"
)

func TestClear(t *testing.T) {
	for _, tt := range []struct {
		vector, what string
		in, want     http.Header
	}{
		{"30", "requests", http.Header{
			"L5d-Dtab": {"/a=>/b"}, "L5d-Ctx-Thing": {"yoooooo"}, "L5d-Ctx-Trace": {"x"}, "L5d-Sample": {"1"}, "L5d-Reqid": {"1"},
			"L5d-Dst-Service": {"/x"}, "L5d-Dst-Residual": {"/y"}, "L5d-Name": {"z"}, "L5d-Add-Context": {"true"}, "L5d-": {"empty"},
			"l5d-ctx-trace": {"lower"}, "L5D-Upper": {"upper"},
			"Host": {"a"}, "Dtab-Local": {"/a=>/b"}, "X-B3-Traceid": {"1"}, "Via": {"v"}, "L5": {"short"}, "X-L5d-Foo": {"not a prefix"},
		}, http.Header{
			"Host": {"a"}, "Dtab-Local": {"/a=>/b"}, "X-B3-Traceid": {"1"}, "Via": {"v"}, "L5": {"short"}, "X-L5d-Foo": {"not a prefix"},
		}},
		{"31", "responses", http.Header{
			"L5d-Err": {"e"}, "L5d-Success-Class": {"1.0"}, "L5d-Retryable": {"true"}, "Content-Type": {"text/plain"},
		}, http.Header{"Content-Type": {"text/plain"}}},
		{"", "spellings that CGI does not tell apart", http.Header{
			"L5d_ctx_trace": {"1"}, "L5d.ctx.Dtab": {"2"}, "l5d_dtab": {"3"}, "L5D.DTAB": {"4"}, "L5d_": {"5"},
			"L5dx": {"6"}, "X_l5d_dtab": {"7"}, "L5d~dtab": {"8"}, "\u216e5d-x": {"9"},
		}, http.Header{"L5dx": {"6"}, "X_l5d_dtab": {"7"}, "L5d~dtab": {"8"}, "\u216e5d-x": {"9"}}},
		{"", "nothing", nil, nil},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			ctxhdr.Clear(tt.in)
			if diff := cmp.Diff(tt.want, tt.in); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestIsForeignTrace(t *testing.T) {
	for _, key := range []string{
		"B3", "b3", "X-B3-Traceid", "x-b3-spanid", "X_B3_Sampled", "X.b3.Flags", "X-B3-Anything",
		"Traceparent", "traceparent", "TRACESTATE", "Baggage", "baggage",
	} {
		if !ctxhdr.IsForeignTrace(key) {
			t.Errorf("%q is not taken for a trace context", key)
		}
	}
	for _, key := range []string{"", "B", "B34", "X-B3", "X-B4-Traceid", "Trace", "Traceparents", "Baggage-2", "L5d-Ctx-Trace", "Via"} {
		if ctxhdr.IsForeignTrace(key) {
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
			ctxhdr.DstServiceName: {"/freedom"}, ctxhdr.DstClientName: {"/id"}, ctxhdr.DstResidualName: {"/residual"},
		}, http.Header{
			"l5d-dst-service": {"/freedom"}, "l5d-dst-client": {"/id"}, "l5d-dst-residual": {"/residual"},
		}},
		{"", "every other name", http.Header{
			ctxhdr.TraceName: {"1"}, ctxhdr.DeadlineName: {"2"}, ctxhdr.CtxDtabName: {"3"}, ctxhdr.DtabName: {"4"},
			ctxhdr.SampleName: {"5"}, ctxhdr.ReqIDName: {"6"}, ctxhdr.ErrName: {"7"}, ctxhdr.RetryableName: {"8"},
			ctxhdr.SuccessClassName: {"9"}, ctxhdr.AddContextName: {"10"}, ctxhdr.NameName: {"11"}, "L5d-Ctx-Thing": {"12", "13"},
			ctxhdr.B3Name: {"14"}, ctxhdr.B3TraceIDName: {"15"}, ctxhdr.B3SpanIDName: {"16"}, ctxhdr.B3ParentSpanIDName: {"17"},
			ctxhdr.B3SampledName: {"18"}, ctxhdr.B3FlagsName: {"19"}, ctxhdr.TraceparentName: {"20"}, ctxhdr.TracestateName: {"21"},
			ctxhdr.ViaName: {"22"}, ctxhdr.ForwardedName: {"23"}, ctxhdr.XForwardedClientCertName: {"24"}, "Content-Type": {"25"},
		}, http.Header{
			"l5d-ctx-trace": {"1"}, "l5d-ctx-deadline": {"2"}, "l5d-ctx-dtab": {"3"}, "l5d-dtab": {"4"},
			"l5d-sample": {"5"}, "l5d-reqid": {"6"}, "l5d-err": {"7"}, "l5d-retryable": {"8"},
			"l5d-success-class": {"9"}, "l5d-add-context": {"10"}, "l5d-name": {"11"}, "l5d-ctx-thing": {"12", "13"},
			"b3": {"14"}, "x-b3-traceid": {"15"}, "x-b3-spanid": {"16"}, "x-b3-parentspanid": {"17"},
			"x-b3-sampled": {"18"}, "x-b3-flags": {"19"}, "traceparent": {"20"}, "tracestate": {"21"},
			"Via": {"22"}, "Forwarded": {"23"}, "X-Forwarded-Client-Cert": {"24"}, "Content-Type": {"25"},
		}},
		{"", "values under both keys", http.Header{ctxhdr.CtxDtabName: {"1"}, "l5d-ctx-dtab": {"2"}}, http.Header{"l5d-ctx-dtab": {"1", "2"}}},
		{"", "nothing", nil, nil},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			for range 20 { // maps have no order
				h := tt.in.Clone()
				ctxhdr.LowerNames(h)
				if diff := cmp.Diff(tt.want, h); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// The names are constants, so nobody checks them at run time: net/http would
// never find one that is not canonical.
func TestNamesAreCanonical(t *testing.T) {
	for _, name := range []string{
		ctxhdr.TraceName, ctxhdr.DeadlineName, ctxhdr.CtxDtabName, ctxhdr.DtabName, ctxhdr.SampleName, ctxhdr.ReqIDName,
		ctxhdr.DstServiceName, ctxhdr.DstClientName, ctxhdr.DstResidualName, ctxhdr.ErrName, ctxhdr.RetryableName,
		ctxhdr.SuccessClassName, ctxhdr.AddContextName, ctxhdr.NameName, ctxhdr.B3Name, ctxhdr.B3TraceIDName,
		ctxhdr.B3SpanIDName, ctxhdr.B3ParentSpanIDName, ctxhdr.B3SampledName, ctxhdr.B3FlagsName, ctxhdr.TraceparentName,
		ctxhdr.TracestateName, ctxhdr.ViaName, ctxhdr.ForwardedName, ctxhdr.XForwardedClientCertName, ctxhdr.Prefix, ctxhdr.ContextPrefix,
	} {
		if got := http.CanonicalHeaderKey(name); got != name {
			t.Errorf("%s: the canonical form is %s", name, got)
		}
	}
}
