package dnssrv_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve/dnssrv"
)

func TestState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScripted()
		n := newNamer(t, dnssrv.Config{Exchanger: s})
		expect := func(want string) {
			t.Helper()
			synctest.Wait()
			got, err := json.MarshalIndent(n.State(), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Error(diff)
			}
		}
		expect("{}")
		s.set("web.", "web. 10 SRV 1 20 80 a.", "web. 10 SRV 1 10 80 a.", "web. 10 SRV 1 0 81 b.", "a. 10 A 10.0.0.1", "b. 10 A 10.0.0.2")
		w := observe(n, "/web.")
		expect(`{
 "web.": {
  "state": "ok",
  "addresses": [
   {
    "address": "10.0.0.1:80",
    "host": "a",
    "weight": 30
   },
   {
    "address": "10.0.0.2:81",
    "host": "b",
    "weight": 1
   }
  ],
  "lookedUpAt": "2000-01-01T00:00:00Z",
  "answeredAt": "2000-01-01T00:00:00Z",
  "nextLookUpAt": "2000-01-01T00:00:10Z"
 }
}`)
		s.set("web.", "web. 10 SRV 1 20 80 a.", "a. 10 A 10.0.0.1")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.breaks(errors.New("broken"), false)
		time.Sleep(10 * time.Second)
		expect(`{
 "web.": {
  "state": "ok",
  "addresses": [
   {
    "address": "10.0.0.1:80",
    "host": "a",
    "weight": 1
   }
  ],
  "error": "dnssrv: look up SRV of web.: server 127.0.0.1:53: broken",
  "lookedUpAt": "2000-01-01T00:00:20Z",
  "answeredAt": "2000-01-01T00:00:10Z",
  "nextLookUpAt": "2000-01-01T00:00:25Z"
 }
}`)
		s.breaks(nil, false)
		s.set("web.")
		time.Sleep(5 * time.Second)
		expect(`{
 "web.": {
  "state": "neg",
  "lookedUpAt": "2000-01-01T00:00:25Z",
  "answeredAt": "2000-01-01T00:00:25Z",
  "nextLookUpAt": "2000-01-01T00:00:30Z"
 }
}`)
		w.stop()
		expect("{}")
		s.breaks(nil, true)
		w = observe(n, "/web.")
		expect(`{
 "web.": {
  "state": "pending"
 }
}`)
		w.stop()
	})
}
