package admin

import (
	"runtime"
	"slices"

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
	certs    certificateFamilies
	past     *dashboard.History // of requests
	statsd   statsdFamilies
	statsds  *senders
	later    bool // another Admin was here before

	listeners, own listenerFamilies
	traffic        serverTrafficFamilies
	tracing        tracingFamilies
}

func newCollector(c Config) *collector {
	all := &collector{
		config:    c,
		history:   new(history),
		statsds:   new(senders),
		statsd:    newStatsdFamilies(),
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
		certs:     newCertificateFamilies(),
		listeners: newListenerFamilies(),
		own:       newOwnListenerFamilies(),
		traffic:   newServerTrafficFamilies(),
		tracing:   newTracingFamilies(),
		runtime:   newRuntimeFamilies(),
		refused: counter("meshhop_admin_refused_total",
			"Requests that the admin server refused because of their sender: proxy (they came through a proxy), host (a page of another site could have sent them).", "reason"),
	}
	if c.Before != nil {
		all.config.Before, all.later = nil, true
		all.history, all.refusals, all.statsds = c.Before.collector.history, c.Before.collector.refusals, c.Before.collector.statsds
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
	c.traffic.describe(to)
	c.tracing.describe(to)
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
	c.certs.describe(to)
	c.statsd.describe(to)
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(to chan<- prometheus.Metric) { c.scrape(metricSink(to)) }

// scrape sends all series, with what earlier Admins have counted.
func (c *collector) scrape(to sink) {
	c.build.send(to, 1, c.config.Version, runtime.Version())
	c.refused.send(to, float64(c.refusals.proxied.Load()), "proxy")
	c.refused.send(to, float64(c.refusals.foreign.Load()), "host")
	c.runtime.collect(to)
	for _, s := range c.config.Servers {
		c.listeners.collect(to, s.Connections, s.Handler.Router().Label(), s.Name)
		c.traffic.collectServer(to, s)
	}
	c.own.collect(to, c.config.Connections)
	c.tracing.collect(to, c.config.Tracing)
	if c.config.Reload != nil {
		c.reload.collect(to, c.config.Reload())
	}
	c.logs.collect(to, c.config.AccessLogs)
	c.lost.collect(to, c.past)
	c.certs.collect(to, c.config.Certificates)
	c.statsd.collect(to, c.statsds)
	c.history.collect(c, to)
}

// counted sends the series of the parts that are closed when the Admin is retired.
func (c *collector) counted(to sink) {
	for _, s := range c.config.Servers {
		c.servers.collect(to, s)
	}
	for _, r := range c.config.Routers {
		stats := r.Stats()
		c.routers.collect(to, r.Label(), stats)
		if slices.Contains(c.config.Originators, r.Label()) {
			c.routers.originator.send(to, 1, r.Label())
		}
		c.paths.collect(to, r.Label(), stats.Paths)
		c.sets.collect(to, r.Label(), stats.Clients)
		latencies := r.View().Latencies()
		c.services.collectAll(to, r.Label(), r.ServiceStats(), latencies)
		c.clients.collectAll(to, r.Label(), r.ClientStats(), latencies, r.View().Traffic())
	}
	for _, name := range sortedKeys(c.config.Spans) {
		c.spans.collect(to, name, c.config.Spans[name]())
	}
	if c.config.Sampling != nil {
		c.sampling.collect(to, c.config.Sampling())
	}
	for _, name := range sortedKeys(c.config.Kubernetes) {
		c.k8s.collect(to, name, c.config.Kubernetes[name]())
	}
}
