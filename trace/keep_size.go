package trace

import (
	"unsafe"

	"go.opentelemetry.io/otel/attribute"

	"github.com/meshhop/meshhop/internal/hopspan"
)

// bytes is about the memory that a record takes, without texts that many share.
func (r *pooledRecord) bytes() int {
	n := int(unsafe.Sizeof(*r)) + len(r.Name) + len(r.Service) + len(r.StatusText)
	n += len(r.Request.Path) + len(r.Request.Query) + len(r.Request.Host) + len(r.Request.UserAgent)
	for i := range r.Attributes {
		if r.Attributes[i].Key != hopspan.DtabBaseKey {
			n += sizeOf(r.Attributes[i : i+1])
		}
	}
	if len(r.Attributes) > usualAttributes {
		n += cap(r.Attributes) * int(unsafe.Sizeof(attribute.KeyValue{}))
	}
	if len(r.Events) > usualEvents {
		n += cap(r.Events) * int(unsafe.Sizeof(Event{}))
	}
	for i := range r.Events {
		n += len(r.Events[i].Attributes)*int(unsafe.Sizeof(attribute.KeyValue{})) + sizeOf(r.Events[i].Attributes)
	}
	for i := range r.Links {
		n += int(unsafe.Sizeof(r.Links[i])) + len(r.Links[i].Attributes)*int(unsafe.Sizeof(attribute.KeyValue{})) + sizeOf(r.Links[i].Attributes)
	}
	return n
}

// sizeOf is the size of the texts of attributes.
func sizeOf(attributes []attribute.KeyValue) (n int) {
	for i := range attributes {
		switch v := &attributes[i].Value; v.Type() {
		case attribute.BOOL, attribute.INT64, attribute.FLOAT64:
		case attribute.STRING:
			n += len(v.AsString())
		default:
			n += len(v.String())
		}
	}
	return n
}
