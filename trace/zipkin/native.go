package zipkin

import (
	"context"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin/internal/post"
)

// native is the exporter with our own encoder.
type native struct {
	sender  *post.Sender
	maxBody int
}

const (
	usualSpan  = 1 << 10 // room for a span of a hop
	usualEntry = 2 << 10 // the same by Scribe
)

func (n *native) Export(ctx context.Context, spans []*trace.Record) error {
	for sent := 0; sent < len(spans); {
		body, count := n.encode(spans[sent:])
		if err := n.sender.Post(ctx, post.Of(body)); err != nil {
			err.Sent = sent
			return err
		}
		sent += count
	}
	return nil
}

// encode writes as many spans as fit into one body, at least one.
func (n *native) encode(spans []*trace.Record) (body []byte, count int) {
	b := make([]byte, 0, min(len(spans)*usualSpan, n.maxBody)+usualSpan)
	b = append(b, '[')
	for _, r := range spans {
		before := len(b)
		if count > 0 {
			b = append(b, ',')
		}
		b = AppendSpan(b, r)
		if count > 0 && len(b) >= n.maxBody {
			b = b[:before]
			break
		}
		count++
	}
	return append(b, ']'), count
}

func (n *native) Shutdown(context.Context) error {
	n.sender.Close()
	return nil
}
