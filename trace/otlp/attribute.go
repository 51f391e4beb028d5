package otlp

import (
	"encoding/binary"
	"math"
	"net/netip"

	"go.opentelemetry.io/otel/attribute"
)

// Fields of the messages of opentelemetry/proto/common/v1/common.proto, with their wire
// types.
const (
	keyValueKey   = 1<<3 | delimited
	keyValueValue = 2<<3 | delimited

	anyText   = 1<<3 | delimited
	anyBool   = 2<<3 | varint
	anyInt    = 3<<3 | varint
	anyDouble = 4<<3 | fixed64
	anyList   = 5<<3 | delimited
	anyMap    = 6<<3 | delimited
	anyBytes  = 7<<3 | delimited

	listValue = 1<<3 | delimited
	mapEntry  = 1<<3 | delimited
)

// appendAttribute appends an attribute, in the field tag.
func appendAttribute(dst []byte, tag byte, kv *attribute.KeyValue) []byte {
	if kv.Value.Type() == attribute.STRING {
		return appendTextAttribute(dst, tag, string(kv.Key), kv.Value.AsString())
	}
	dst, at := open(dst, tag, smallRoom)
	dst = appendText(dst, keyValueKey, string(kv.Key))
	dst = appendValue(dst, keyValueValue, kv.Value)
	return shut(dst, at, smallRoom)
}

// appendTextAttribute is appendAttribute for a text, which most are.
func appendTextAttribute(dst []byte, tag byte, key, value string) []byte {
	return appendJoined(dst, tag, key, valid(value), "", "")
}

// appendJoined appends an attribute whose value is a text in parts, which are UTF-8.
func appendJoined(dst []byte, tag byte, key, a, b, c string) []byte {
	key = valid(key)
	text := len(a) + len(b) + len(c)
	value := 1 + varintSize(text) + text
	dst = binary.AppendUvarint(append(dst, tag), uint64(1+varintSize(len(key))+len(key)+1+varintSize(value)+value))
	dst = binary.AppendUvarint(append(dst, keyValueKey), uint64(len(key)))
	dst = append(dst, key...)
	dst = binary.AppendUvarint(append(dst, keyValueValue), uint64(value))
	dst = binary.AppendUvarint(append(dst, anyText), uint64(text))
	dst = append(dst, a...)
	dst = append(dst, b...)
	return append(dst, c...)
}

func appendIntAttribute(dst []byte, tag byte, key string, n int64) []byte {
	dst, at := open(dst, tag, smallRoom)
	dst = appendText(dst, keyValueKey, key)
	dst, value := open(dst, keyValueValue, smallRoom)
	dst = binary.AppendUvarint(append(dst, anyInt), uint64(n))
	return shut(shut(dst, value, smallRoom), at, smallRoom)
}

// appendListAttribute appends an attribute whose value is a list of one text.
func appendListAttribute(dst []byte, tag byte, key, text string) []byte {
	dst, at := open(dst, tag, smallRoom)
	dst = appendText(dst, keyValueKey, key)
	dst, value := open(dst, keyValueValue, smallRoom)
	dst, list := open(dst, anyList, smallRoom)
	dst, element := open(dst, listValue, smallRoom)
	dst = appendAnyText(dst, anyText, text)
	dst = shut(shut(dst, element, smallRoom), list, smallRoom)
	return shut(shut(dst, value, smallRoom), at, smallRoom)
}

// appendAddressAttribute appends an IP address without its zone.
func appendAddressAttribute(dst []byte, tag byte, key string, ip netip.Addr) []byte {
	dst, at := open(dst, tag, smallRoom)
	dst = appendText(dst, keyValueKey, key)
	dst, value := open(dst, keyValueValue, smallRoom)
	dst, text := open(dst, anyText, smallRoom)
	dst = ip.Unmap().WithZone("").AppendTo(dst)
	return shut(shut(shut(dst, text, smallRoom), value, smallRoom), at, smallRoom)
}

// appendValue appends a value, as an AnyValue in the field tag.
func appendValue(dst []byte, tag byte, v attribute.Value) []byte {
	dst, at := open(dst, tag, smallRoom)
	switch v.Type() {
	case attribute.STRING:
		dst = appendAnyText(dst, anyText, v.AsString())
	case attribute.BOOL:
		truth := byte(0)
		if v.AsBool() {
			truth = 1
		}
		dst = append(dst, anyBool, truth)
	case attribute.INT64:
		dst = binary.AppendUvarint(append(dst, anyInt), uint64(v.AsInt64()))
	case attribute.FLOAT64:
		dst = appendFixed64(dst, anyDouble, math.Float64bits(v.AsFloat64()))
	case attribute.BYTESLICE:
		dst = appendBytes(dst, anyBytes, v.AsByteSlice())
	case attribute.BOOLSLICE:
		dst = appendList(dst, v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		dst = appendList(dst, v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		dst = appendList(dst, v.AsFloat64Slice(), attribute.Float64Value)
	case attribute.STRINGSLICE:
		dst = appendList(dst, v.AsStringSlice(), attribute.StringValue)
	case attribute.SLICE:
		dst = appendList(dst, v.AsSlice(), func(v attribute.Value) attribute.Value { return v })
	case attribute.MAP:
		dst = appendMap(dst, v.AsMap())
	}
	return shut(dst, at, smallRoom)
}

func appendList[T any](dst []byte, list []T, value func(T) attribute.Value) []byte {
	dst, at := open(dst, anyList, smallRoom)
	for _, v := range list {
		dst = appendValue(dst, listValue, value(v))
	}
	return shut(dst, at, smallRoom)
}

func appendMap(dst []byte, entries []attribute.KeyValue) []byte {
	dst, at := open(dst, anyMap, smallRoom)
	for i := range entries {
		dst = appendAttribute(dst, mapEntry, &entries[i])
	}
	return shut(dst, at, smallRoom)
}
