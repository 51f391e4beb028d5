package config

import "github.com/meshhop/meshhop/router/balance"

// balancerSection is a router's client.loadBalancer.
type balancerSection struct {
	path  string
	at    Position
	build Part[balance.Balancer]
}

// readClient reads a router's client. What says that something is off which
// is not there is in order.
func readClient(of *Decoder, kinds Kinds) balancerSection {
	standard := balancerSection{build: Ready(balance.P2C())}
	d, ok := of.Group("client")
	if !ok || !isGlobal(d) {
		return standard
	}
	for _, key := range []string{"failFast", "forwardClientCert"} {
		if d.Bool(key, false) {
			d.Errorf(key, "is not supported: only false")
		}
	}
	readFailureAccrual(d)
	d.Unsupported("", "tls", "hostConnectionPool", "requestAttemptTimeoutMs", "requeueBudget", "clientSession", "socketOptions", "requestAuthorizers")
	section := readBalancer(d, kinds, standard)
	d.Done()
	return section
}

// isGlobal reads the kind of a client or service block. Whether the block can
// be read on is the answer.
func isGlobal(d *Decoder) bool {
	switch kind := d.Text("kind", "io.l5d.global"); kind {
	case "io.l5d.global":
		return true
	case "io.l5d.static":
		d.Errorf("kind", "io.l5d.static is not supported; available: io.l5d.global")
	default:
		e := &Error{Position: d.valuePosition("kind"), Path: d.pathOf("kind"), Reason: "unknown kind " + quoted(kind)}
		if e.Nearest = nearest(kind, []string{"io.l5d.global", "io.l5d.static"}); e.Nearest == "" {
			e.Reason += "; available: io.l5d.global"
		}
		d.doc.report.error(e)
	}
	return false
}

// readFailureAccrual takes none, which is what there is.
func readFailureAccrual(of *Decoder) {
	d, ok := of.Group("failureAccrual")
	if !ok {
		return
	}
	kindOf(d, accruals, map[string]func(*Decoder) (struct{}, error){
		"none": func(*Decoder) (struct{}, error) { return struct{}{}, nil },
	})
	d.Done()
}

func readBalancer(of *Decoder, kinds Kinds, standard balancerSection) balancerSection {
	d, ok := of.Group("loadBalancer")
	if !ok {
		return standard
	}
	if d.Bool("enableProbation", false) {
		d.Errorf("enableProbation", "is not supported: only false")
	}
	section := balancerSection{path: d.Path(), at: d.Position()}
	section.build, _, _ = kindOf(d, balancers, kinds.Balancers)
	d.Done()
	return section
}

// p2cBalancer is p2c.
func p2cBalancer(d *Decoder) (Part[balance.Balancer], error) {
	d.Unsupported("two endpoints are compared once", "maxEffort")
	return Ready(balance.P2C()), nil
}

// readService reads a router's service, of which there is nothing yet.
func readService(of *Decoder) {
	d, ok := of.Group("service")
	if !ok || !isGlobal(d) {
		return
	}
	d.Unsupported("", "totalTimeoutMs", "retries", "responseClassifier")
	d.Done()
}
