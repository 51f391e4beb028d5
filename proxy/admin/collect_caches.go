package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/router"
)

// cacheFamilies are the metrics of one of a router's caches.
type cacheFamilies struct {
	misses, evicts, expires, oneshots, overflows, size family
}

func newCacheFamilies(name, what string) cacheFamilies {
	scope := "rt:bindcache:" + name + ":"
	return cacheFamilies{
		misses:    counter(scope+"misses", "Look-ups of "+what+" that were not in the cache and were added to it.", "rt"),
		evicts:    counter(scope+"evicts", "Number of "+what+" that were evicted from the cache to make room.", "rt"),
		expires:   counter(scope+"expires", "Number of "+what+" that were removed from the cache because no request used them.", "rt"),
		oneshots:  counter(scope+"oneshots", "Number of "+what+" that were removed from the cache after being used only once.", "rt"),
		overflows: counter("meshhop_bindcache_"+name+"_overflows_total", "Number of "+what+" that were added to a full cache because all others were in use by requests.", "rt"),
		size:      gauge("meshhop_bindcache_"+name+"_size", "Number of "+what+" in the cache now.", "rt"),
	}
}

func (f *cacheFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.misses, f.evicts, f.expires, f.oneshots, f.overflows, f.size} {
		to <- one.desc
	}
}

func (f *cacheFamilies) collect(to sink, rt string, s router.CacheStats) {
	f.misses.send(to, float64(s.Misses), rt)
	f.evicts.send(to, float64(s.Evicts), rt)
	f.expires.send(to, float64(s.Expires), rt)
	f.oneshots.send(to, float64(s.Oneshots), rt)
	f.overflows.send(to, float64(s.Overflows), rt)
	f.size.send(to, float64(s.Size), rt)
}
