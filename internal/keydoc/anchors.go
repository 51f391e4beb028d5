package keydoc

import (
	"fmt"
	"slices"
	"strings"
)

// linkerds are the anchors of Linkerd's documentation (the headings of linkerd/docs, as
// its pages link to them): of a section, which has them besides its own, or of a kind,
// "section/kind", which has only that.
func linkerds(of string) []string {
	switch of {
	case "Top level":
		return []string{"introduction", "file-format"}
	case "admin":
		return []string{"administrative-interface"}
	case "routers[]":
		return []string{"routers-intro", "router-parameters"}
	case "bindingCache":
		return []string{"binding-cache"}
	case "servers[]":
		return []string{"server-parameters", "http-1-1-server"}
	case "serverSession":
		return []string{"server-session"}
	case "addForwardedHeader":
		return []string{"http-1-1-forwarded"}
	case "by and for":
		return []string{"http-1-1-forwarded-labelers"}
	case "socketOptions":
		return []string{"socket-options"}
	case "service":
		return []string{"service-configuration"}
	case "client":
		return []string{"client-configuration", "http-client-parameters"}
	case "Retry budgets":
		return []string{"retry-budget-parameters"}
	case "backoff":
		return []string{"retry-backoff-parameters"}
	case "responseClassifier":
		return []string{"http-response-classifiers"}
	case "hostConnectionPool":
		return []string{"host-connection-pool"}
	case "clientSession":
		return []string{"client-session"}
	case "loadBalancer":
		return []string{"load-balancer"}
	case "failureAccrual":
		return []string{"failure-accrual"}
	case "identifier":
		return []string{"http-1-1-identifiers"}
	case "namers[]":
		return []string{"namers-and-service-discovery"}
	case "transformers[]":
		return []string{"transformer"}
	case "tracePropagator":
		return []string{"http-1-1-trace-propagators"}
	case "telemetry[]":
		return []string{"telemetry-intro"}
	case "Names below /$":
		return []string{"built-in-namers", "rewriting-namers"}

	case "telemetry[]/io.l5d.zipkin":
		return []string{"zipkin-telemeter"}
	case "telemetry[]/io.l5d.prometheus":
		return []string{"prometheus"}
	case "telemetry[]/io.l5d.influxdb":
		return []string{"influxdb"}
	case "telemetry[]/io.l5d.statsd":
		return []string{"statsd-experimental"}
	case "telemetry[]/io.l5d.tracelog":
		return []string{"tracelog"}
	case "telemetry[]/io.l5d.recentRequests":
		return []string{"recent-requests"}
	case "identifier/io.l5d.methodAndHost":
		return []string{"method-and-host-identifier"}
	case "identifier/io.l5d.path":
		return []string{"path-identifier"}
	case "identifier/io.l5d.header":
		return []string{"header-identifier"}
	case "identifier/io.l5d.header.token":
		return []string{"header-token-identifier"}
	case "identifier/io.l5d.ingress":
		return []string{"ingress-identifier"}
	case "identifier/io.l5d.static":
		return []string{"static-identifier"}
	case "interpreter/default":
		return []string{"default"}
	case "interpreter/io.l5d.fs":
		return []string{"file-system"}
	case "interpreter/io.l5d.k8s.configMap":
		return []string{"kubernetes-configmap"}
	case "namers[]/io.l5d.fs":
		return []string{"fs"}
	case "namers[]/io.l5d.k8s":
		return []string{"k8s"}
	case "namers[]/io.l5d.k8s.external":
		return []string{"k8s-external-configuration"}
	case "namers[]/io.l5d.k8s.ns":
		return []string{"k8s-namespaced-configuration"}
	case "namers[]/io.l5d.dnssrv":
		return []string{"dns-srv-records"}
	case "namers[]/io.l5d.rewrite":
		return []string{"rewrite"}
	case "transformers[]/io.l5d.localhost":
		return []string{"localhost"}
	case "transformers[]/io.l5d.specificHost":
		return []string{"specific-host"}
	case "transformers[]/io.l5d.port":
		return []string{"port"}
	case "transformers[]/io.l5d.k8s.daemonset":
		return []string{"daemonset-kubernetes"}
	case "transformers[]/io.l5d.k8s.localnode":
		return []string{"localnode-kubernetes"}
	case "transformers[]/io.l5d.replace":
		return []string{"replace"}
	case "transformers[]/io.l5d.const":
		return []string{"const"}
	case "tracePropagator/io.l5d.default":
		return []string{"default-trace-propagator"}
	case "tracePropagator/io.l5d.zipkin":
		return []string{"zipkin-trace-propagator"}
	case "loadBalancer/p2c":
		return []string{"power-of-two-choices-least-loaded"}
	case "loadBalancer/ewma":
		return []string{"power-of-two-choices-peak-ewma"}
	case "loadBalancer/aperture":
		return []string{"aperture-least-loaded"}
	case "loadBalancer/heap":
		return []string{"heap-least-loaded"}
	case "loadBalancer/roundRobin":
		return []string{"round-robin"}
	case "failureAccrual/io.l5d.consecutiveFailures":
		return []string{"consecutive-failures"}
	case "failureAccrual/io.l5d.successRate":
		return []string{"success-rate"}
	case "failureAccrual/io.l5d.successRateWindowed":
		return []string{"success-rate-windowed"}
	case "failureAccrual/none":
		return []string{"none"}
	case "backoff/constant":
		return []string{"constant-backoff"}
	case "backoff/jittered":
		return []string{"jittered-backoff"}
	case "responseClassifier/io.l5d.http.nonRetryable5XX":
		return []string{"non-retryable-5xx"}
	case "responseClassifier/io.l5d.http.retryableRead5XX":
		return []string{"retryable-read-5xx"}
	case "responseClassifier/io.l5d.http.retryableIdempotent5XX":
		return []string{"retryable-idempotent-5xx"}
	case "responseClassifier/io.l5d.http.retryableAll5XX":
		return []string{"retryable-all-5xx"}
	case "responseClassifier/io.l5d.http.allSuccessful":
		return []string{"all-successful"}
	}
	return nil
}

// slug makes an anchor of a heading, as Linkerd's documentation does: in lower case, with
// one dash for whatever is no letter or digit.
func slug(heading string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(heading), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	}), "-")
}

// anchor gives each part its anchor. No two are the same.
func (r *Reference) anchor() error {
	taken := map[string]bool{}
	take := func(anchor string) error {
		if anchor == "" || taken[anchor] {
			return fmt.Errorf("keydoc: the anchor %q is taken", anchor)
		}
		taken[anchor] = true
		return nil
	}
	for _, s := range r.Sections {
		if s.Title == "" {
			continue
		}
		for _, anchor := range append([]string{slug(s.Title)}, linkerds(s.Title)...) {
			if slices.Contains(s.Anchors, anchor) {
				continue
			}
			if err := take(anchor); err != nil {
				return err
			}
			s.Anchors = append(s.Anchors, anchor)
		}
		for _, b := range s.Blocks {
			if err := anchorKeys(b.Keys, s.Anchors[0], take); err != nil {
				return err
			}
		}
		for _, k := range s.Kinds {
			if known := linkerds(s.Title + "/" + k.Name); known != nil {
				k.Anchor = known[0]
			} else {
				k.Anchor = s.Anchors[0] + "-" + slug(k.Name)
			}
			if err := take(k.Anchor); err != nil {
				return err
			}
			if err := anchorKeys(k.Keys, k.Anchor, take); err != nil {
				return err
			}
		}
	}
	return nil
}

// anchorKeys gives each key that of its group, a dot and its name.
func anchorKeys(keys []Key, group string, take func(string) error) error {
	for i := range keys {
		keys[i].Anchor = group + "." + keys[i].Name
		if err := take(keys[i].Anchor); err != nil {
			return err
		}
	}
	return nil
}
