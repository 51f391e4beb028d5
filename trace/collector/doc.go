// Package collector keeps Zipkin spans in memory, answers Zipkin's HTTP API
// version 2 about them, and shows them on pages of its own.
//
// A [Collector] is an [net/http.Handler]. Serve it in place of a Zipkin server, usually on
// port 9411, and let any Zipkin exporter send to it. It starts no goroutine, reads no
// configuration and writes no file. Its spans are lost when the process ends.
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
// A [Scribe] accepts spans, too, as a Zipkin server can be configured to do on port 9410.
//
// # What is kept
//
// [Config.MaxBytes] (an estimate that includes overheads) and [Config.MaxSpans] bound the
// store. When one of them is exceeded, whole traces are dropped in the order in which
// their first spans arrived. Timestamps in spans do not matter for this, because a
// stranger can choose them. [Collector.Stats] counts every span that was received, stored,
// evicted or refused.
//
// A span is stored as it was reported. An exact copy of a stored span is dropped. Parts of
// one span that were reported separately are separate in the API's responses, as in a
// Zipkin server. The pages and the dependency links merge them if they have the same
// trace, id and shared flag, and endpoints that do not contradict each other.
//
// The names of spans and services are converted to lower case. Ids may have upper-case
// digits and lack leading zeros; responses have 16 or 32 lower-case digits. A trace id
// whose upper 64 bits are zero is a 64-bit id.
//
// # Bounds on one span
//
// A text (name, service, tag key, tag value or annotation) of more than 32 KiB is cut and
// ends in "…". A span has at most 512 tags, 1024 annotations, and 256 KiB of both
// together; what is beyond that is left out. [Stats.Cut] counts the spans that were
// shortened. A trace has at most [Config.MaxTraceSpans] spans and takes at most a quarter
// of MaxBytes. In fields that Zipkin does not have, lists and objects may be nested 64
// levels deep.
//
// # 64 and 128 bit trace ids
//
// Two spans belong to one trace if all 128 bits of their trace ids are equal. A request
// for an id of 32 digits finds exactly that trace. A request for 16 digits finds the trace
// with that 64-bit id or, if there is none, the newest trace whose lower 64 bits are equal;
// a Zipkin server in its default mode responds with 404 then. With
// [Config.LenientTraceIDs] only the lower 64 bits are ever compared, for sites where some
// services forward only those.
//
// # Against hostile input
//
// The cost of an upload is proportional to its size after decompression, whatever it
// contains. A decoder reads it as a stream, once to check it and once to store its spans
// in small batches. It allocates less than 24 bytes for each byte, most of which are
// garbage at once, and holds at most one batch. Besides the stored spans, uploads hold
//
//   - the bodies as they were sent, [Config.MaxHeldBytes] for all of them together;
//   - less than 1 MiB for each of the [Config.MaxUploads] bodies that are decoded at the
//     same time.
//
// A body has to arrive within [Config.UploadTimeout]. While it arrives it does not count
// for MaxUploads, so that slow senders do not keep others out. When MaxHeldBytes are used
// up, uploads that have taken longer than two seconds are aborted. Both need a
// ResponseWriter that supports read deadlines, as that of net/http's server does; with
// others the time is checked between reads. During an upload the collector sets the read
// deadline of the connection, and removes it afterwards.
//
// A POST that a browser sends for a page of another site gets the status 403, and so do
// requests whose Host a web site could have chosen; see [Config.Hosts]. [Stats.Rejected]
// and [Stats.ForeignHost] count what was refused.
//
// Every index shrinks as traces are removed. The handler has no timeouts other than that
// for the body, and no authentication.
package collector
