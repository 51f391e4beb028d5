package config

import (
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace"
)

// Builtin returns a new table of all kinds that come with this package. The caller owns
// it.
func Builtin() Kinds {
	return Kinds{
		Namers: map[string]func(*Decoder) (Namer, error){
			"io.l5d.dnssrv":       dnssrvNamer,
			"io.l5d.fs":           fsNamer,
			"io.l5d.k8s":          k8sNamer,
			"io.l5d.k8s.external": k8sExternalNamer,
			"io.l5d.k8s.ns":       k8sNamespaceNamer,
			"io.l5d.rewrite":      rewriteNamer,
		},
		Identifiers: map[string]func(*Decoder) (Part[router.Identifier], error){
			"io.l5d.header":        headerIdentifier,
			"io.l5d.header.path":   headerPathIdentifier,
			"io.l5d.header.token":  headerTokenIdentifier,
			"io.l5d.ingress":       ingressIdentifier,
			"io.l5d.methodAndHost": methodAndHostIdentifier,
			"io.l5d.path":          pathIdentifier,
			"io.l5d.static":        staticIdentifier,
		},
		Interpreters: map[string]func(*Decoder) (Interpreter, error){
			"default":              defaultInterpreter,
			"io.l5d.fs":            fsInterpreter,
			"io.l5d.k8s.configMap": configMapInterpreter,
		},
		Transformers: map[string]func(*Decoder) (Transformer, error){
			"io.l5d.const":         constTransformer,
			"io.l5d.k8s.daemonset": daemonSetTransformer,
			"io.l5d.k8s.localnode": localNodeTransformer,
			"io.l5d.localhost":     localhostTransformer,
			"io.l5d.port":          portTransformer,
			"io.l5d.replace":       replaceTransformer,
			"io.l5d.specificHost":  specificHostTransformer,
		},
		Telemeters: map[string]func(*Decoder) (Telemeter, error){
			"io.l5d.influxdb":       influxdbTelemeter,
			"io.l5d.prometheus":     prometheusTelemeter,
			"io.l5d.recentRequests": recentRequestsTelemeter,
			"io.l5d.statsd":         statsdTelemeter,
			"io.l5d.tracelog":       tracelogTelemeter,
			"io.l5d.zipkin":         zipkinTelemeter,
			"io.zipkin.http":        zipkinHTTPTelemeter,

			"io.opentelemetry.otlp": otlpTelemeter,
		},
		Balancers: map[string]func(*Decoder) (Part[balance.Balancer], error){
			"aperture":   apertureBalancer,
			"ewma":       ewmaBalancer,
			"heap":       heapBalancer,
			"p2c":        p2cBalancer,
			"roundRobin": roundRobinBalancer,
		},
		FailureAccruals: map[string]func(*Decoder) (Part[balance.Accrual], error){
			"io.l5d.consecutiveFailures": consecutiveFailuresAccrual,
			"io.l5d.successRate":         successRateAccrual,
			"io.l5d.successRateWindowed": successRateWindowedAccrual,
			"none":                       noAccrual,
		},
		Backoffs: map[string]func(*Decoder) (Part[balance.Backoff], error){
			"constant": constantBackoff,
			"jittered": jitteredBackoff,
		},
		Classifiers: map[string]func(*Decoder) (Part[router.Classifier], error){
			"io.l5d.http.allSuccessful":          classifier(router.AllSuccessful()),
			"io.l5d.http.nonRetryable5XX":        classifier(router.NonRetryable5XX()),
			"io.l5d.http.retryableAll5XX":        classifier(router.RetryableAll5XX()),
			"io.l5d.http.retryableIdempotent5XX": classifier(router.RetryableIdempotent5XX()),
			"io.l5d.http.retryableRead5XX":       classifier(router.RetryableRead5XX()),
		},
		Propagators: map[string]func(*Decoder) (Part[trace.Propagator], error){
			"io.l5d.default": defaultPropagator,
			"io.l5d.zipkin":  zipkinPropagator,

			"io.meshhop.bridge": bridgePropagator,
		},
		Stages:        map[string]func(*Decoder) (Part[newStage], error){},
		ZipkinEngines: map[string]zipkinEngine{},
		Utilities:     utilityParts(),
	}
}

// utilityParts are the utilities, each of which is built with the program's resolver.
func utilityParts() map[string]Part[resolve.Namer] {
	parts := map[string]Part[resolve.Namer]{}
	for name := range utilities.All(utilities.Config{}) {
		parts[name] = func(o BuildOptions) (resolve.Namer, error) {
			return utilities.All(utilities.Config{Resolver: o.Resolver, ErrorLog: o.ErrorLog})[name], nil
		}
	}
	return parts
}
