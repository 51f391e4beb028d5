package k8s_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// TestTheServerAnswersAgain: the end of a trouble is told once, for all that is watched.
func TestTheServerAnswersAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		server.Apply(configMap(`,"data":{"d":"/a=>/b"}`))
		end := server.Fail("", "", k8stest.Status(403, "Forbidden", "forbidden"))
		var mu sync.Mutex
		var told []string
		client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server, ErrorLog: logtest.MessagesTo(func(text string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, text)
		})})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		for _, namespace := range []string{"default", "other"} {
			m, err := k8s.NewConfigMap(k8s.ConfigMapConfig{Client: client, Namespace: namespace, Name: "dtabs", Key: "d"})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			defer m.Dtab().Observe(func(resolve.State[resolve.Dtab]) {})()
		}
		time.Sleep(2 * time.Minute)
		end()
		time.Sleep(10 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if got, want := strings.Join(told, "; "), "asking the Kubernetes API; the Kubernetes API answers again"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}
