package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
)

// payloadFamilies are how many bytes bodies had, by Linkerd's names
// (PayloadSizeFilter.scala).
type payloadFamilies struct{ requests, responses statFamily }

// newPayloadFamilies makes those of a side, "server" or "client".
func newPayloadFamilies(side, of string) payloadFamilies {
	return payloadFamilies{
		requests:  newStat("rt:"+side+":request_payload_bytes", "Bytes in the bodies of "+of+", as they came through.", "rt", side),
		responses: newStat("rt:"+side+":response_payload_bytes", "Bytes in the bodies of responses to "+of+", as they came through.", "rt", side),
	}
}

func (f *payloadFamilies) describe(to chan<- *prometheus.Desc) {
	f.requests.describe(to)
	f.responses.describe(to)
}

// collect sends the series. took is of all that ended; those that are not in p had no body.
func (f *payloadFamilies) collect(to sink, p histogram.Payloads, took histogram.Snapshot, labels ...string) {
	f.requests.sendIn(to, perRequest(p.Requests, took, requestsOf), histogram.Once, labels)
	f.responses.sendIn(to, perRequest(p.Responses, took, requestsOf), histogram.Once, labels)
}
