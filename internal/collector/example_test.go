package collector_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/meshhop/meshhop/internal/collector"
)

func ExampleNew() {
	c, err := collector.New(collector.Config{MaxBytes: 16 << 20})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(c) // or http.ListenAndServe("127.0.0.1:9411", c)
	defer server.Close()

	spans := `[{"traceId":"9b6f0a1c2d3e4f50","id":"1","kind":"SERVER","name":"outgoing /svc/hello","localEndpoint":{"serviceName":"0.0.0.0/4140"}}]`
	res, err := http.Post(server.URL+"/api/v2/spans", "application/json", strings.NewReader(spans))
	if err != nil {
		log.Fatal(err)
	}
	res.Body.Close()
	fmt.Println(res.Status)

	res, err = http.Get(server.URL + "/api/v2/services")
	if err != nil {
		log.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	fmt.Printf("%s\n", text)
	// Output:
	// 202 Accepted
	// ["0.0.0.0/4140"]
}

func ExampleCollector_Stats() {
	c, err := collector.New(collector.Config{})
	if err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest("POST", "/api/v2/spans", strings.NewReader(`[{"traceId":"1"}]`)))
	fmt.Print(w.Code, " ", w.Body)
	fmt.Println(c.Stats().Rejected.Malformed)
	// Output:
	// 400 span 1 of the list, field id: is missing
	// 1
}
