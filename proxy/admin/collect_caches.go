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
		misses:    counter(scope+"misses", "How many "+what+" were not in the cache and were added.", "rt"),
		evicts:    counter(scope+"evicts", "How many "+what+" left the cache to make room.", "rt"),
		expires:   counter(scope+"expires", "How many "+what+" left the cache because nobody used them.", "rt"),
		oneshots:  counter(scope+"oneshots", "How many "+what+" left the cache and were used only once.", "rt"),
		overflows: counter("meshhop_bindcache_"+name+"_overflows_total", "How many "+what+" were added although there was no room, because requests held all the others.", "rt"),
		size:      gauge("meshhop_bindcache_"+name+"_size", "How many "+what+" are in the cache.", "rt"),
	}
}

func (f *cacheFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.misses, f.evicts, f.expires, f.oneshots, f.overflows, f.size} {
		to <- one.desc
	}
}

func (f *cacheFamilies) collect(to chan<- prometheus.Metric, rt string, s router.CacheStats) {
	f.misses.send(to, float64(s.Misses), rt)
	f.evicts.send(to, float64(s.Evicts), rt)
	f.expires.send(to, float64(s.Expires), rt)
	f.oneshots.send(to, float64(s.Oneshots), rt)
	f.overflows.send(to, float64(s.Overflows), rt)
	f.size.send(to, float64(s.Size), rt)
}
