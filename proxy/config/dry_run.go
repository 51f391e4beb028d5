package config

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/dryrun"
	"github.com/meshhop/meshhop/resolve"
)

// dryRunSection is the group dryRun of a server.
type dryRunSection struct{ hops []resolve.Prefix }

// readDryRun reads dryRun; nil if it is absent.
func readDryRun(of *Decoder) *dryRunSection {
	d, ok := of.Group("dryRun")
	if !ok {
		return nil
	}
	s := &dryRunSection{}
	n := d.take("hops")
	for i, text := range d.Texts("hops") {
		at := d.position(n)
		if n.shape == list && i < len(n.items) {
			at = d.position(n.items[i])
		}
		prefix, err := resolve.ParsePrefix(text)
		switch {
		case err != nil:
			d.fail(at, "hops", quoted(text)+" is not the beginning of an id: "+err.Error())
		case !strings.HasPrefix(text, "/%/") && !strings.HasPrefix(text, "/#/") && !strings.HasPrefix(text, "/$/"):
			d.fail(at, "hops", quoted(text)+" is not the beginning of an id: ids begin with /%/ (a transformer), /#/ (a namer) or /$/ (inet and others)")
		default:
			s.hops = append(s.hops, prefix)
		}
	}
	d.Done()
	return s
}

// front is what stands before a server's handler, and what counts its dry runs.
func (s serverSection) front(h *proxy.Handler) (front http.Handler, runs func() (answered, refused uint64), err error) {
	if s.dryRun == nil {
		return h, nil, nil
	}
	dry, err := dryrun.New(dryrun.Config{Server: h, Hops: s.dryRun.hops})
	if err != nil {
		return nil, nil, err
	}
	return dry, func() (answered, refused uint64) {
		stats := dry.Stats()
		return stats.Answered, stats.Refused
	}, nil
}
