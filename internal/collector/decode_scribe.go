package collector

import (
	"errors"
	"fmt"
)

// scribeCategory is the category of spans. Entries of other categories are ignored.
const scribeCategory = "zipkin"

const (
	thriftVersion   = 0x80010000
	thriftCall      = 1
	maxMethodLength = 64
)

var (
	errNoCall = errors.New("the frame is not a call in TBinaryProtocol")
	errMethod = errors.New("the only method is Log")
)

// scribeCall reads a frame of Scribe: a call of
//
//	ResultCode Log(1: list<LogEntry> messages)
//
// (scribe.thrift of openzipkin/zipkin-api). Each message is a span in base64.
type scribeCall struct {
	known bool // the frame is a call
	seq   uint32

	message source // out of base64
	base64  base64Reader
	span    v1Span
}

// decode implements decoder.
func (c *scribeCall) decode(in *source, d *draft, each func()) error {
	t := &thriftReader{source: in}
	c.known = false
	method, err := c.head(t)
	if err != nil {
		return err
	}
	if method != "Log" {
		return errMethod
	}
	n := 0
	return t.fields(func(kind, number int) error {
		if kind != thriftList || number != 1 {
			return t.pass(kind, 0)
		}
		return t.structs(func() error {
			if err := c.entry(t, d, each); err != nil {
				return atSpan(n, err)
			}
			n++
			return nil
		})
	})
}

// head reads the header of the call, in the strict or in the old form.
func (c *scribeCall) head(t *thriftReader) (method string, err error) {
	first, err := t.number(4)
	if err != nil {
		return "", errNoCall
	}
	strict := first&0xffff0000 == thriftVersion
	length := first
	if strict {
		if first&0xff != thriftCall {
			return "", errNoCall
		}
		if length, err = t.number(4); err != nil {
			return "", errNoCall
		}
	}
	if length > maxMethodLength {
		return "", errNoCall
	}
	name := make([]byte, 0, maxMethodLength)
	for range length {
		b, err := t.number(1)
		if err != nil {
			return "", errNoCall
		}
		name = append(name, byte(b))
	}
	if !strict {
		if kind, err := t.number(1); err != nil || kind != thriftCall {
			return "", errNoCall
		}
	}
	seq, err := t.number(4)
	if err != nil {
		return "", errNoCall
	}
	c.known, c.seq = true, uint32(seq)
	return string(name), nil
}

// entry reads a LogEntry: field 1 is the category, field 2 the message. All known clients
// write them in this order. A message that comes first counts as a span.
func (c *scribeCall) entry(t *thriftReader, d *draft, each func()) error {
	other, there := false, false
	err := t.fields(func(kind, number int) error {
		switch {
		case kind == thriftString && number == 1:
			if err := t.bytes(); err != nil {
				return err
			}
			other = string(t.text) != scribeCategory
			return nil
		case kind == thriftString && number == 2 && !other:
			there = true
			return c.read(t, d)
		}
		return t.pass(kind, 0)
	})
	if err != nil || other || !there {
		return err
	}
	c.span.finish(d, each)
	return nil
}

// read reads a message into the draft.
func (c *scribeCall) read(t *thriftReader, d *draft) error {
	n, err := t.size()
	if err != nil {
		return err
	}
	end := t.pos() + n
	c.base64.reset(t.source, n)
	c.message.reset(&c.base64, n)
	err = c.span.read(&thriftReader{source: &c.message, text: t.text}, d)
	switch {
	case c.message.err != nil:
		return fmt.Errorf("the message is not base64: %w", c.message.err)
	case err != nil:
		return fmt.Errorf("the message is not a span: %w", err)
	case !t.skip(end - t.pos()):
		return errThriftEnd
	}
	return nil
}
