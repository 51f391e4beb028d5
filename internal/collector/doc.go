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
//	GET  /api/v2/autocompleteKeys, /api/v2/autocompleteValues?key=   of tags of the newest spans
//	GET  /health, /info
//	GET  /                                the page to search for traces
//	GET  /traces/{id}                     the waterfall of a trace
//	GET  /traces/{id}/download            its spans as a file
//	POST /upload                          such a file, from the form of the first page
//	GET  /compare?a=&b=                   two traces side by side
//	GET  /dependency                      who calls whom, as a picture and as a table
//
// A [Scribe] accepts spans, too, as a Zipkin server can be configured to do on port 9410.
//
// # The pages
//
// They work without their script, which only shows times as those of the place, in the
// fields for times, too.
//
// The first page finds traces as Zipkin's API does, and a trace by its id: 16 digits also
// find a trace of 32 of which they are the last, and 32 one of 16. Durations are written
// 100ms or 1.5s; a number is milliseconds. A page of results has a link to the next; no
// trace is on two, although new ones come.
//
// The waterfall marks the critical path, the times that determined how long the trace took:
// from the end of the first span backwards, at each moment the child that ended last before
// it, and where none ran the span itself. Of spans that lie outside of their parent, as when
// clocks differ, only the part within counts. Client spans by which a hop sent one request
// several times are numbered, with the waits between them. Where the server span of a hop
// has the tag meshhop.deadline, a line shows by when the response had to begin, in all rows
// below that, too.
//
// A trace whose first request came without a context from an address to which a call of
// another trace had just gone was probably caused by this call, because a service lost the
// context. The pages of both traces say so and call it a guess. It is made only in a clear
// case: the request began and ended during the call, the address had no request of another
// service, and hardly any other requests without a context came from there.
//
// A file that is uploaded has spans in JSON v2, within the bounds of a POST. A trace of
// which a file brought spans is marked, and one that came from a file alone counts neither
// for the dependencies nor for a guess.
//
// # Bounds of the pages
//
// A waterfall and a comparison have at most 1,000 rows on a page, the picture of the
// dependencies at most 60 services and 150 links, the table 1,000. A search counts traces
// beyond its page as long as they have at most 200,000 spans. A guess looks at 100,000
// spans of the 30 seconds before and after a trace, and at less time where there are more.
// The completion of tags looks at 50,000 tags, for at most 200 keys with 200 values each.
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
