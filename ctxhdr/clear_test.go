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
