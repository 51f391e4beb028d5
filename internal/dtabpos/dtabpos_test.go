package dtabpos_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/dtabpos"
	"github.com/meshhop/meshhop/resolve"
)

func TestScan(t *testing.T) {
	const text = " # of the shop\n; /svc/* => 0.5*/a & (!|~) ; # and\n/$ =>2 * ( 0.1 * /#/b );\n;/=>$"
	entries, lone := dtabpos.Scan(text)
	at := func(part string) int { return strings.Index(text, part) }
	want := []dtabpos.Entry{
		{At: at("/svc/*"), Ends: []dtabpos.End{{At: at("/a &"), From: at("0.5")}, {At: at("!"), From: at("!")}, {At: at("~"), From: at("~")}}},
		{At: at("/$"), Ends: []dtabpos.End{{At: at("/#/b"), From: at("0.1")}}},
		{At: at("/=>$"), Ends: []dtabpos.End{{At: len(text) - 1, From: len(text) - 1}}},
	}
	if diff := cmp.Diff(want, entries); diff != "" {
		t.Error(diff)
	}
	alone := []dtabpos.Lone{{At: at("0.1"), Weight: "0.1", Tree: "/#/b"}, {At: at("2 *"), Weight: "2", Tree: "( 0.1 * /#/b )"}}
	if diff := cmp.Diff(alone, lone); diff != "" {
		t.Error(diff)
	}
}

// FuzzScan: what the parser of dtabs reads is where Scan says that it stands.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		"", ";;", "/=>!;", "/=>!;/foo=>/bar", "/#foo => /biz  # c\n | ( /bliz & /bluth );\n#/ignore=>/me;\n", "/a => (((/b)))",
		"/foo/*/bar => ! | ~ | $", "/s=>1 * /foo & 2 * /bar | .5 * /bar & .5 * /baz", "/a => 0.5*(0.3*/b | 3*$ ); / => /", `/\x66\x6f => /\x2f&/`,
		"/a =>\u2003/b\u2028| /c", "/a=>1*1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := resolve.ParseDtab(text)
		if err != nil {
			return
		}
		entries, lone := dtabpos.Scan(text)
		if len(entries) != len(d) {
			t.Fatalf("%q has %d entries, not %d", text, len(d), len(entries))
		}
		for i, e := range entries {
			prefix, _, _ := strings.Cut(text[e.At:], "=")
			if x, err := resolve.ParsePrefix(prefix); err != nil || x != d[i].Prefix {
				t.Fatalf("%q: prefix %s stands at %d, and not %s, %v", text, d[i].Prefix, e.At, x, err)
			}
			ends := leaves(d[i].Dst)
			if len(ends) != len(e.Ends) {
				t.Fatalf("%q: entry %d has %d ends, not %d", text, i, len(ends), len(e.Ends))
			}
			for j, end := range e.Ends {
				if want := resolve.ShowTree(ends[j]); !begins(text[end.At:], ends[j]) || end.From > end.At {
					t.Fatalf("%q: %s stands at %d, from %d", text, want, end.At, end.From)
				}
			}
		}
		for _, w := range lone {
			_, err := strconv.ParseFloat(w.Weight, 64)
			if _, unread := resolve.ParseTree(w.Tree); err != nil || unread != nil || !strings.HasPrefix(text[w.At:], w.Weight) {
				t.Fatalf("%q: %+v: %v, %v", text, w, err, unread)
			}
		}
	})
}

func leaves(t resolve.NameTree[resolve.Path]) (all []resolve.NameTree[resolve.Path]) {
	if len(t.Sub) == 0 {
		return []resolve.NameTree[resolve.Path]{t}
	}
	for _, sub := range t.Sub {
		all = append(all, leaves(sub)...)
	}
	return all
}

// begins says whether text begins with a leaf.
func begins(text string, leaf resolve.NameTree[resolve.Path]) bool {
	if leaf.Op != resolve.Leaf {
		return strings.HasPrefix(text, resolve.ShowTree(leaf))
	}
	// All that can belong to a name.
	end := 0
	for end < len(text) && strings.IndexByte(" \t\n\v\f\r;|&()\x1c\x1d\x1e\x1f", text[end]) < 0 && text[end] < 0x80 {
		end++
	}
	p, err := resolve.ParsePath(text[:end])
	return err == nil && p == leaf.Leaf
}
