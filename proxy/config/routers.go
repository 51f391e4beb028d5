package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// routerSection is an entry of the list routers.
type routerSection struct {
	path    string
	at      Position
	label   string
	foreign bool // its protocol is not supported, which is in the report

	protocol string // protocolHTTP or protocolH2

	prefix         resolve.Path
	dtab           resolve.Dtab
	dtabKey        *Decoder // for positions in it
	dtabPlaces     []string // of its entries
	identifiers    []identifierSection
	interpreter    interpreterSection
	clients        []rule[clientKeys]
	services       []rule[serviceKeys]
	propagator     propagatorSection
	bindingTimeout time.Duration
	cache          router.CacheConfig

	maxHeaderBytes, maxLineBytes, maxErrorBytes int
	servers                                     []serverSection
	accessLog                                   *accessLogSection // nil: none
	originator                                  bool              // a gauge says that requests begin here
}

const (
	defaultBindingTimeout = 10 * time.Second
	defaultCacheEntries   = 1000
	defaultIdleTTL        = 10 * time.Minute
	defaultHeadersKB      = 8
	defaultInitialLineKB  = 4
	defaultErrResponseKB  = 8 // Linkerd: 5120
	http2HeaderBytes      = 64 << 10
	maxKB                 = 1 << 20
)

func readRouters(top *Decoder, kinds Kinds) []routerSection {
	if !top.Need("routers") {
		return nil
	}
	groups := top.Groups("routers")
	if n := top.take("routers"); n != nil && n.shape == list && len(groups) == 0 {
		top.Errorf("routers", "needs at least one router")
	}
	var all []routerSection
	labels := map[string]string{}
	for _, d := range groups {
		r := readRouter(d, kinds)
		if other, twice := labels[r.label]; twice {
			text := "is the label of " + other + " too; each router needs one of its own"
			if d.Has("label") {
				d.Errorf("label", "%s %s", quoted(r.label), text)
			} else {
				d.fail(d.Position(), "label", "the default "+quoted(r.label)+" "+text)
			}
		} else {
			labels[r.label] = r.path + " in " + lineText(r.at.Line)
		}
		all = append(all, r)
	}
	return all
}

// readRouter reads one router.
func readRouter(d *Decoder, kinds Kinds) routerSection {
	r := routerSection{path: d.Path(), at: d.Position(), dtabKey: d}
	protocol, ours := readProtocol(d)
	if !ours {
		readForeignRouter(&r, d, protocol, kinds)
		return r
	}
	r.protocol = protocol
	r.label = d.Text("label", protocol)
	if r.label == "" {
		d.Errorf("label", "must not be empty")
	}
	r.prefix = d.Name("dstPrefix", resolve.Path{}.AppendLabel("svc"))
	if r.prefix.IsEmpty() {
		d.Errorf("dstPrefix", "must have at least one segment, such as /svc")
	}
	r.dtab, r.dtabPlaces = d.dtabPlaces("dtab")
	r.identifiers = readIdentifiers(d, kinds)
	r.interpreter = readInterpreter(d, kinds)
	r.clients = readRules(d, "client", func(d *Decoder) clientKeys { return readClient(d, kinds) })
	r.propagator = readPropagator(d, kinds)
	r.bindingTimeout = d.Duration("bindingTimeoutMs", defaultBindingTimeout, time.Millisecond)
	r.cache = readBindingCache(d)
	readSizes(&r, d)
	r.services = readRules(d, "service", func(d *Decoder) serviceKeys { return readService(d, kinds, protocol) })
	r.servers = readServers(d)
	if n := d.take("servers"); d.Need("servers") && n.shape == list && len(n.items) == 0 {
		d.Errorf("servers", "needs at least one server")
	}
	d.Bool("experimental", false)
	readAnnounced(d, "announcers")
	if protocol == protocolHTTP {
		readNature(d)
	}
	r.originator = d.Bool("originator", false)
	r.accessLog = readAccessLog(d, protocol)
	d.Done()
	return r
}

// readSizes reads what bounds requests and our own responses. Linkerd has these keys for
// HTTP/1.1 alone; the header of a request by HTTP/2 is bounded by the server, too.
func readSizes(r *routerSection, d *Decoder) {
	r.maxHeaderBytes, r.maxLineBytes, r.maxErrorBytes = http2HeaderBytes, http2HeaderBytes, defaultErrResponseKB<<10
	if r.protocol != protocolHTTP {
		return
	}
	r.maxHeaderBytes = d.Int("maxHeadersKB", defaultHeadersKB, 1, maxKB) << 10
	r.maxLineBytes = d.Int("maxInitialLineKB", defaultInitialLineKB, 1, maxKB) << 10
	r.maxErrorBytes = d.Int("maxErrResponseKB", defaultErrResponseKB, 1, maxKB) << 10
}

// readForeignRouter reads the keys that the routers of all protocols have, for a router
// whose protocol is not supported, so that their errors are reported too. The other keys
// are not known here.
func readForeignRouter(r *routerSection, d *Decoder, protocol string, kinds Kinds) {
	r.foreign = true
	r.label = d.Text("label", protocol)
	r.prefix = d.Name("dstPrefix", resolve.Path{}.AppendLabel("svc"))
	r.dtab, r.dtabPlaces = d.dtabPlaces("dtab")
	r.interpreter = readInterpreter(d, kinds)
	for _, server := range d.Groups("servers") {
		s := serverSection{path: server.Path(), at: server.valuePosition("port")}
		s.ip, s.port = readAddr(server, 0)
		r.servers = append(r.servers, s)
	}
}

// readNature reads the keys of http routers that can have only one value here.
func readNature(d *Decoder) {
	if !d.Bool("streamingEnabled", true) {
		d.Errorf("streamingEnabled", "is not supported: only true, because every body is streamed")
	}
	readCompression(d)
	if d.Int("streamAfterContentLengthKB", linkerdStreamAfterKB, 0, maxKB) != linkerdStreamAfterKB {
		d.Noticef("streamAfterContentLengthKB", "has no effect: every body is streamed, whatever its length")
	}
}

// readAnnounced accepts only an empty list: nothing here announces servers.
func readAnnounced(d *Decoder, key string) {
	if n := d.take(key); n != nil && (n.shape != list || len(n.items) > 0) {
		d.Unsupported("register the server where it is deployed", key)
	}
}

// linkerdStreamAfterKB is Linkerd's default of streamAfterContentLengthKB.
const linkerdStreamAfterKB = 5

// readCompression reads compressionLevel. -1 is Linkerd's default, which
// compresses texts for clients that accept it.
func readCompression(d *Decoder) {
	switch level := d.Int("compressionLevel", 0, -1, 9); {
	case level > 0:
		d.Errorf("compressionLevel", "is not supported: only 0 and -1, because responses are passed on as they come; compress them in the service")
	case level < 0:
		d.Noticef("compressionLevel", "responses are passed on as they come; Linkerd compresses texts for clients that accept gzip or deflate")
	}
}

func readBindingCache(of *Decoder) router.CacheConfig {
	c := router.CacheConfig{Paths: defaultCacheEntries, Clients: defaultCacheEntries, IdleTTL: defaultIdleTTL}
	d, ok := of.Group("bindingCache")
	if !ok {
		return c
	}
	c.Paths = d.Int("paths", c.Paths, 1, math.MaxInt32-1)
	c.Clients = d.Int("clients", c.Clients, 1, math.MaxInt32-1)
	c.IdleTTL = d.Duration("idleTtlSecs", c.IdleTTL, time.Second)
	// These bound caches that do not exist here.
	d.Int("trees", defaultCacheEntries, 1, math.MaxInt32)
	d.Int("bounds", defaultCacheEntries, 1, math.MaxInt32)
	d.Done()
	return c
}
