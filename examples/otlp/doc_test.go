// Package otlp_test sends spans to the OTLP receiver of the OpenTelemetry Collector, by the
// sink of package trace/otlp and by a hop that has it in its configuration. It is a module of
// its own, so that nobody who imports meshhop gets what the Collector depends on.
package otlp_test
