package lint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/lint"
	"github.com/meshhop/meshhop/resolve"
)

func BenchmarkLint(b *testing.B) {
	article := "/srv=>/#/io.l5d.fs;/host=>/srv;/svc=>/host;/host/world=>/srv/world-v1"
	var big strings.Builder
	big.WriteString(article)
	for i := range 1000 {
		fmt.Fprintf(&big, ";/host/s%d=>0.9*/srv/s%d-v1 & 0.1*/srv/s%d-v2", i, i, i)
	}
	for _, c := range []struct{ name, dtab string }{{"article", article}, {"1000 splits", big.String()}} {
		b.Run(c.name, func(b *testing.B) {
			config := lint.Config{
				Requests: []lint.Names{requestNames("/svc/*", true)},
				Namers:   []lint.Namer{{Prefix: resolve.MustPath("/#/io.l5d.fs"), Answers: lint.NoOtherName}},
			}
			b.ReportAllocs()
			for b.Loop() {
				if found, err := lint.Dtab(c.dtab, config); err != nil || found != nil {
					b.Fatal(found, err)
				}
			}
		})
	}
}
