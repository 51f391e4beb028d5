package otlp

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/meshhop/meshhop/internal/trouble"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
	"github.com/meshhop/meshhop/trace/internal/post"
	"github.com/meshhop/meshhop/trace/internal/sink"
)

// wire posts batches.
type wire struct {
	sender   *post.Sender
	envelope envelope
	log      *slog.Logger

	warnings trouble.Lines
	mu       sync.Mutex
	warned   string // the last warning that was logged
}

// Batch makes a batch.
func (w *wire) Batch(parts []*sink.Part) sink.Batch { return &batch{wire: w, parts: parts} }

// Close lets go of idle connections.
func (w *wire) Close() { w.sender.Close() }

// warn logs what a collector says of spans that it accepts, unless it has just said that.
func (w *wire) warn(message string) {
	w.mu.Lock()
	news := message != w.warned
	w.warned = message
	w.mu.Unlock()
	if !news {
		return
	}
	if missed, ok := w.warnings.Room(); ok {
		w.log.Warn("the collector accepts the spans but has a warning", "to", w.sender.Endpoint(), "warning", message, "missed", missed)
	}
}

type batch struct {
	wire  *wire
	parts []*sink.Part
	body  post.Payload
	made  bool
}

// Held is the number of bytes that the body takes beside the parts.
func (b *batch) Held() int { return b.body.Held }

// Send tries once. It calls hold with the bytes that it allocates.
func (b *batch) Send(ctx context.Context, hold func(bytes int)) *trace.ExportError {
	if !b.made {
		b.body = b.wire.sender.Compressed(b.wire.envelope.request(b.parts))
		b.made = true
		hold(b.body.Held)
	}
	reply, err := b.wire.sender.Post(ctx, b.body)
	if err != nil {
		return err
	}
	return b.judge(reply)
}

// judge reads whether the collector has all spans. A batch of which it rejects some is not
// sent again, as the protocol requires.
func (b *batch) judge(reply []byte) *trace.ExportError {
	rejected, message := partialSuccess(reply)
	if len(message) > maxMessage {
		message = message[:maxMessage]
	}
	message = strings.ToValidUTF8(message, "\ufffd")
	if rejected == 0 {
		if message != "" {
			b.wire.warn(message)
		}
		return nil
	}
	all := sink.SpansOf(b.parts)
	rejected = min(rejected, all)
	return &trace.ExportError{
		Reason:    drops.Status,
		Permanent: true,
		Sent:      int(all - rejected),
		Err:       fmt.Errorf("%s: post to %s: of %d spans %d are rejected: %q", name, b.wire.sender.Endpoint(), all, rejected, message),
	}
}

// maxMessage is how much of a collector's message is logged.
const maxMessage = 256
