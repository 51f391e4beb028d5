package config

// clientSection is a router's client.
type clientSection struct {
	balancer  balancerSection
	probation bool
	accrual   accrualSection
}

// readClient reads a router's client. What says that something is off which
// is not there is in order.
func readClient(of *Decoder, kinds Kinds) clientSection {
	c := clientSection{balancer: defaultBalancer(), accrual: defaultAccrual()}
	d, ok := of.Group("client")
	if !ok || !isGlobal(d) {
		return c
	}
	for _, key := range []string{"failFast", "forwardClientCert"} {
		if d.Bool(key, false) {
			d.Errorf(key, "is not supported: only false")
		}
	}
	d.Unsupported("", "tls", "hostConnectionPool", "requestAttemptTimeoutMs", "requeueBudget", "clientSession", "socketOptions", "requestAuthorizers")
	c.balancer, c.probation = readBalancer(d, kinds)
	c.accrual = readAccrual(d, kinds)
	d.Done()
	return c
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

// readService reads a router's service, of which there is nothing yet.
func readService(of *Decoder) {
	d, ok := of.Group("service")
	if !ok || !isGlobal(d) {
		return
	}
	d.Unsupported("", "totalTimeoutMs", "retries", "responseClassifier")
	d.Done()
}
