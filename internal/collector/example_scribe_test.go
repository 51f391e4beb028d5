package collector_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"

	"github.com/meshhop/meshhop/internal/collector"
)

// A Scribe takes spans on a port of its own, for tracers that know nothing else.
func ExampleCollector_NewScribe() {
	c, err := collector.New(collector.Config{})
	if err != nil {
		log.Fatal(err)
	}
	s, err := c.NewScribe(collector.ScribeConfig{})
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // 9410 by habit
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()

	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	_, _ = io.WriteString(conn, logCall(logEntry("zipkin", span350)))
	_, _ = io.ReadFull(conn, make([]byte, 27)) // the reply
	_ = conn.Close()
	if err := s.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-ended, c.Stats().Stored)
	// Output: <nil> 1
}
