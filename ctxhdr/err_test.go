package ctxhdr_test

import (
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
)

func TestDecodeErr(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		ok       bool
	}{
		{"foo%0abar+baz", "foo\nbar baz", true},
		{"No+hosts+are+available+for+%2Fapi%2Fv1%2Fapi%2C+Dtab.base%3D%5B%5D", "No hosts are available for /api/v1/api, Dtab.base=[]", true},
		{"%E9\xe9", "éé", true},
		{"ab%0", "ab", true},
		{"ab%", "ab", true},
		{"", "", true},
		{"%zz", "", false},
		{"ab%g", "", false},
		{"%1 and more", "", false},
		{"%%41", "", false},
	} {
		got, err := ctxhdr.DecodeErr(tt.in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("DecodeErr(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}
