package accesslog

import (
	"crypto/tls"
	"encoding/hex"
	"net/netip"
	"strconv"
	"time"
)

// maxErrText bounds what a line has of an error.
const maxErrText = 1 << 10

// appendJSON appends an object. What is not known is left out, but for the numbers that
// every request has.
func (e *entry) appendJSON(to []byte, c *clocks) []byte {
	r := e.record
	to = append(to, `{"time":"`...)
	to = c.json.append(to, r.Start, time.UTC)
	thousandth := r.Start.Nanosecond() / 1e6
	to = append(to, '.', '0'+byte(thousandth/100), '0'+byte(thousandth/10%10), '0'+byte(thousandth%10))
	o := object{append(to, `Z"`...)}
	o.text(`,"router":`, r.Router)
	o.text(`,"server":`, r.Server)
	o.text(`,"service":`, r.Service)
	o.text(`,"client":`, r.Client)
	o.address(`,"endpoint":`, r.Endpoint)
	o.address(`,"remote":`, r.Remote)
	o.text(`,"method":`, r.Method)
	o.text(`,"authority":`, r.Authority)
	o.text(`,"path":`, e.target())
	o.text(`,"proto":`, r.Proto)
	o.number(`,"status":`, int64(r.Status))
	if e.attempt {
		o.digits(`,"bytes_out":`, r.Announced)
		o.milliseconds(`,"duration_ms":`, r.Head-r.Sent)
		o.number(`,"attempts":`, int64(r.Attempts))
	} else {
		o.number(`,"bytes_in":`, r.BytesIn)
		o.number(`,"bytes_out":`, r.BytesOut)
		o.milliseconds(`,"duration_ms":`, r.End)
		if r.Head > 0 {
			o.milliseconds(`,"ttfb_ms":`, r.Head)
		}
		o.number(`,"attempts":`, int64(r.Attempts))
	}
	o.text(`,"retry_reason":`, r.Again)
	if !e.attempt {
		o.text(`,"failed":`, r.Kind)
		o.text(`,"l5d_err":`, r.Err[:min(len(r.Err), maxErrText)])
		o.flag(`,"left":`, r.Left)
	}
	o.text(`,"grpc_status":`, r.GRPCStatus)
	if r.Trace.IsValid() {
		o.hex(`,"trace_id":`, r.Trace[:])
		o.hex(`,"span_id":`, r.Span[:])
		o.to = strconv.AppendBool(append(o.to, `,"sampled":`...), r.Sampled)
		// As in l5d-reqid: an id of 64 bits has 16 digits.
		id := r.Trace[:]
		if [8]byte(id[:8]) == ([8]byte{}) {
			id = id[8:]
		}
		o.hex(`,"reqid":`, id)
	}
	o.text(`,"user_agent":`, r.UserAgent)
	o.text(`,"referer":`, r.Referer)
	if r.TLS != nil {
		o.text(`,"tls_version":`, tls.VersionName(r.TLS.Version))
		if len(r.TLS.PeerCertificates) > 0 {
			o.text(`,"peer":`, r.TLS.PeerCertificates[0].Subject.String())
		}
	}
	return append(o.to, '}')
}

// object appends members of a JSON object that has some already. A name is given as it is
// written, with the comma before it: `,"status":`.
type object struct{ to []byte }

func (o *object) text(name, value string) {
	if value != "" {
		o.to = appendJSONText(append(o.to, name...), value)
	}
}

func (o *object) number(name string, value int64) {
	o.to = strconv.AppendInt(append(o.to, name...), value, 10)
}

// digits is number for a text, which a stranger has written.
func (o *object) digits(name, text string) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
		o.number(name, n)
	}
}

func (o *object) milliseconds(name string, value time.Duration) {
	o.to = appendThousandths(append(o.to, name...), value.Microseconds())
}

func (o *object) flag(name string, value bool) {
	if value {
		o.to = append(append(o.to, name...), "true"...)
	}
}

func (o *object) hex(name string, value []byte) {
	o.to = append(append(o.to, name...), '"')
	o.to = append(hex.AppendEncode(o.to, value), '"')
}

func (o *object) address(name string, value netip.AddrPort) {
	if value.IsValid() {
		o.to = append(append(o.to, name...), '"')
		o.to = append(value.AppendTo(o.to), '"')
	}
}
