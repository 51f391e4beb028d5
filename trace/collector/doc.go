// Package collector keeps Zipkin spans in memory, answers Zipkin's HTTP API
// version 2 about them, and shows them on pages of its own.
//
// A [Collector] is an [net/http.Handler]: serve it where a Zipkin server
// would stand (port 9411 by habit) and point any Zipkin exporter at it. It
// starts no goroutine, reads no configuration and writes no file; when it is
// gone, so are its spans.
//
//	POST /api/v2/spans                    JSON v2 or proto3, plain, gzip or deflate
//	GET  /api/v2/services                 names of services that reported spans
//	GET  /api/v2/spans?serviceName=       span names of a service
//	GET  /api/v2/remoteServices?serviceName=
//	GET  /api/v2/traces?...               search
//	GET  /api/v2/trace/{id}               one trace
//	GET  /api/v2/traceMany?traceIds=a,b   several
//	GET  /api/v2/dependencies?endTs=      who calls whom, how often, with how many errors
//	GET  /api/v2/autocompleteKeys, /api/v2/autocompleteValues?key=   always empty
//	GET  /health, /info
//	GET  /, /traces/{id}, /dependency     the pages
//
// A [Scribe] accepts spans too, as Zipkin does on port 9410 if it is configured to.
//
// # What is kept
//
// The store is bounded by [Config.MaxBytes] (estimated, overheads included)
// and [Config.MaxSpans]. When either is passed, whole traces are dropped in
// the order in which their first span arrived; timestamps in spans, which a
// stranger chooses, have no say in it. [Collector.Stats] counts every span
// that arrived, was stored, evicted or refused.
//
// A span is kept as it was reported: an exact copy of a span already there
// is dropped, and parts of one span that were reported separately stay
// separate in the API's answers, as they do in a Zipkin server. The pages and
// the dependency links merge such parts (same trace, same id, same shared
// flag, endpoints that do not contradict each other).
//
// Names of spans and services are lower-cased. Ids may have upper-case digits
// and missing leading zeros; they come back as 16 or 32 lower-case digits. A
// trace id whose upper 64 bits are zero is a 64-bit id.
//
// # Bounds on one span
//
// A text (name, service, tag key, tag value, annotation) longer than 32 KiB
// is cut and ends in "…"; after 512 tags, 1024 annotations, and 256 KiB of both
// together the rest is left out. [Stats.Cut] counts the spans this happened to.
// A trace takes at most [Config.MaxTraceSpans] spans and a quarter of MaxBytes.
// Lists and objects of fields that Zipkin does not have may nest 64 levels deep.
//
// # 64 and 128 bit trace ids
//
// Two spans are of one trace if all 128 bits of their trace ids agree. Asking
// for 32 digits finds exactly that trace. Asking for 16 digits finds the trace
// with that 64-bit id or, if there is none, the newest trace whose lower 64
// bits are these, which a Zipkin server in its default mode would answer with
// 404. [Config.LenientTraceIDs] compares the lower 64 bits only, everywhere,
// for sites where some services forward only those.
//
// # Against hostile input
//
// What an upload costs is in proportion to its bytes after decompression,
// whatever it consists of: a decoder reads it as a stream, once to check it and
// once to store its spans in small batches, allocates less than 24 bytes for
// each byte of it (most are garbage at once), and holds no more than one batch.
// At any time uploads hold, beside what is stored,
//
//   - bodies as they were sent, [Config.MaxHeldBytes] for all of them;
//   - for each of [Config.MaxUploads] that are decoded at the same time, less
//     than 1 MiB.
//
// A body has to arrive within [Config.UploadTimeout]. While it arrives it takes
// none of the MaxUploads places, so that slow senders do not keep others out;
// when MaxHeldBytes are spent, those that have taken longer than two seconds are
// broken off. Both need a ResponseWriter that takes read deadlines, as that of
// net/http's server does; with others the time is looked at between reads. The
// read deadline of a connection is the collector's own during an upload, and
// none after it.
//
// A POST that a browser makes for a page of another site is refused with 403, and
// so are requests whose Host a site could have made up; see [Config.Hosts].
// [Stats.Rejected] and [Stats.ForeignHost] count refusals.
//
// Every index shrinks with the traces in it. The handler has no timeouts for
// anything but the body, and no authentication.
package collector
