package admin

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/proxy/admin/internal/dashboard"
)

// collector reads the statistics of the parts of the hop at each scrape.
type collector struct {
	config   Config
	history  *history
	refusals *refusals
	build    family
	servers  serverFamilies
	routers  routerFamilies
	services serviceFamilies
	clients  clientFamilies
	paths    cacheFamilies
	sets     cacheFamilies
	spans    spanFamilies
	sampling samplingFamilies
	k8s      kubernetesFamilies
	reload   reloadFamilies
	runtime  runtimeFamilies
	refused  family
	logs     accessLogFamilies
	lost     lostContextFamilies
	past     *dashboard.History // of requests

	listeners, own listenerFamilies
}

func newCollector(c Config) *collector {
	all := &collector{
		config:    c,
		history:   new(history),
		refusals:  new(refusals),
		build:     gauge("meshhop_build_info", "Always 1; the labels say which version runs.", "version", "goversion"),
		servers:   newServerFamilies(),
		routers:   newRouterFamilies(),
		services:  newServiceFamilies(),
		clients:   newClientFamilies(),
		paths:     newCacheFamilies("path", "names"),
		sets:      newCacheFamilies("client", "replica sets"),
		spans:     newSpanFamilies(),
		sampling:  newSamplingFamilies(),
		k8s:       newKubernetesFamilies(),
		reload:    newReloadFamilies(),
		logs:      newAccessLogFamilies(),
		lost:      newLostContextFamilies(),
		listeners: newListenerFamilies(),
		own:       newOwnListenerFamilies(),
		runtime:   newRuntimeFamilies(),
		refused: counter("meshhop_admin_refused_total",
			"Requests that the admin server refused because of their sender: proxy (they came through a proxy), host (a page of another site could have sent them).", "reason"),
	}
	if c.Before != nil {
		all.config.Before = nil
		all.history, all.refusals = c.Before.collector.history, c.Before.collector.refusals
		all.runtime.started = c.Before.collector.runtime.started
	}
	return all
}

// Describe implements prometheus.Collector. It sends all families that there are.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	to <- c.build.desc
	to <- c.refused.desc
	c.runtime.describe(to)
	c.servers.describe(to)
	c.listeners.describe(to)
	c.own.describe(to)
	c.routers.describe(to)
	c.services.describe(to)
	c.clients.describe(to)
	c.paths.describe(to)
	c.sets.describe(to)
	c.spans.describe(to)
	c.sampling.describe(to)
	c.k8s.describe(to)
	c.reload.describe(to)
	c.logs.describe(to)
	c.lost.describe(to)
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	c.build.send(to, 1, c.config.Version, runtime.Version())
	c.refused.send(to, float64(c.refusals.proxied.Load()), "proxy")
	c.refused.send(to, float64(c.refusals.foreign.Load()), "host")
	c.runtime.collect(to)
	for _, s := range c.config.Servers {
		c.listeners.collect(to, s.Connections, s.Handler.Router().Label(), s.Name)
	}
	c.own.collect(to, c.config.Connections)
	if c.config.Reload != nil {
		c.reload.collect(to, c.config.Reload())
	}
	c.logs.collect(to, c.config.AccessLogs)
	c.lost.collect(to, c.past)
	c.history.collect(c, to)
}

// counted sends the series of the parts that are closed when the Admin is retired.
func (c *collector) counted(to chan<- prometheus.Metric) {
	for _, s := range c.config.Servers {
		c.servers.collect(to, s)
	}
	for _, r := range c.config.Routers {
		stats := r.Stats()
		c.routers.collect(to, r.Label(), stats)
		c.paths.collect(to, r.Label(), stats.Paths)
		c.sets.collect(to, r.Label(), stats.Clients)
		latencies := r.Latencies()
		c.services.collectAll(to, r.Label(), r.ServiceStats(), latencies)
		c.clients.collectAll(to, r.Label(), r.ClientStats(), latencies)
	}
	for name, stats := range c.config.Spans {
		c.spans.collect(to, name, stats())
	}
	if c.config.Sampling != nil {
		c.sampling.collect(to, c.config.Sampling())
	}
	for name, stats := range c.config.Kubernetes {
		c.k8s.collect(to, name, stats())
	}
}
