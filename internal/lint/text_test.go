package lint_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/lint"
)

// TestTexts: what is said of each kind of finding, where it stands, and which other entry
// is meant.
func TestTexts(t *testing.T) {
	const instead = "have one of these entries lead to a namer or an address instead"
	const itself = "/svc matches what it leads to; lead to a name that it does not match"
	for _, c := range []struct {
		dtab string
		want []string
	}{
		{"/svc => /svc", []string{"8: names below /svc are rewritten for ever: /svc => /svc; " + itself}},
		{"/svc => /svc/x", []string{"8: names below /svc are rewritten for ever: /svc => /svc/x => /svc/x/x => ...; " + itself}},
		{"/svc => /a ; /a => /b ; /b => /a", []string{"30: names below /a are rewritten for ever: /a => /b => /a; " + instead}},
		{"/svc => /#/fs | /svc", []string{"16: names below /svc are rewritten for ever, where what is tried before is Neg: /svc => /svc; " + itself}},
		{"/svc => /a/x ; /a => /b ; /b/x => /a/x", []string{"34: names below /b/x are rewritten for ever: /b/x => /a/x => /b/x; " + instead}},
		{"/svc => /a1 ; /a1 => /a2; /a2 => /a3; /a3 => /a4; /a4 => /a5; /a5 => /a6; /a6 => /a7; /a7 => /a8; /a8 => /a1",
			[]string{"105: names below /a1 are rewritten for ever: /a1 => /a2 => /a3 => /a4 => /a5 => /a6 => ... => /a1; " + instead}},
		{"/svc => /a1 ; /a1 => /a2; /a2 => /a3; /a3 => /a4; /a4 => /a5; /a5 => /a6; /a6 => /a7; /a7 => /a1",
			[]string{"93: names below /a1 are rewritten for ever: /a1 => /a2 => /a3 => /a4 => /a5 => /a6 => /a7 => /a1; " + instead}},
		{"/svc => 0 * /#/fs/a & 0 * /#/fs/b", []string{"8: no branch of 0*/#/fs/a & 0*/#/fs/b has a weight above zero, so requests that come here fail; give a branch a weight, or write ! to refuse requests"}},
		{"/svc => 0.9 * /#/fs/a | 0.1 * /#/fs/b", []string{
			"8: the weight in 0.9 * /#/fs/a has no effect: nothing stands beside it to share with; join it to others by &, or leave the weight out",
			"24: the weight in 0.1 * /#/fs/b has no effect: nothing stands beside it to share with; join it to others by &, or leave the weight out",
		}},
		{"/svc => /#/fs ; /svc => /$/inet/127.1/80", []string{
			"0: the entry is never used: the later /svc=>/$/inet/127.1/80 has the same prefix and is never Neg; delete one of the two, or have the later one lead to a namer, which can be Neg (16)"}},
		{"/svc/web => /#/fs ; /svc => /$/inet/127.1/80", []string{
			"0: the entry is never used: the later /svc=>/$/inet/127.1/80 matches all of its names and is never Neg; move it below that one (20)"}},
		{"/svc => /$/inet/h/80 | /#/fs", []string{"23: /#/fs is never tried: /$/inet/h/80 before it is never Neg, even with nobody there; put it first, or delete it"}},
		{"/svc => /#/consul/a | /#/fs ; /svc/x => /#/consul/b | /#/fs", []string{
			"8: no namer is configured for /#/consul/a: names there mean nothing; configure one, or delete the name"}},
		{"/svc => /hots ; /host => /#/fs", []string{`8: nothing is known of /hots: no entry matches it, and no namer is asked; did you mean "/host"?`}},
		{"/svc => /hosts", []string{"8: nothing is known of /hosts: no entry matches it, and no namer is asked; write an entry for it, or delete the name"}},
		{"/svc => /#/fs ; /tmp => /tmp2 ; /tmp2 => /#/fs/tmp", []string{"16: nothing but a request's own dtab can lead to /tmp; have an entry lead there, or delete this one"}},
		{"/svc => /#/fs ; /hots => /#/fs/tmp", []string{`16: nothing but a request's own dtab can lead to /hots; did you mean "/host"?`}},
		{"/svc/1.1/GET => /#/fs/x ; /svc => /#/fs", []string{
			"0: no request has a name that /svc/1.1/GET matches: it is /svc/*; write it as the identifier makes names, or change the identifier"}},
		{"/http => /#/fs ; /host => /http", []string{"0: no entry matches the name of any request, which is /svc/*; write an entry for it"}},
	} {
		found, err := lint.Dtab(c.dtab, lintConfig(t))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			text := fmt.Sprintf("%d: %s; %s", f.Pos, f.Problem, f.Advice)
			if f.Other >= 0 {
				text += fmt.Sprintf(" (%d)", f.Other)
			}
			got = append(got, text)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.dtab, diff)
		}
	}
}
