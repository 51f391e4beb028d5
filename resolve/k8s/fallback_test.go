package k8s_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// TestFallbackOfMany: while EndpointSlices stay forbidden, one name of a namespace finds that
// out again every ten minutes, and the Endpoints of the others are watched on.
func TestFallbackOfMany(t *testing.T) {
	const names = 10
	var s k8stest.Server
	s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		for i := range names {
			name := fmt.Sprintf("web%d", i)
			s.Bind("default", name, "http", "10.0.0.1:80")
			see(t, n, "/default/http/"+name).expect(t, "10.0.0.1:80")
		}
		before := len(s.Requests())
		time.Sleep(12 * time.Minute)
		slices, lists := 0, 0
		for _, r := range s.Requests()[before:] {
			switch {
			case strings.Contains(r, "/endpointslices"):
				slices++
			case strings.Contains(r, "/endpoints") && !strings.Contains(r, "watch"):
				lists++
			}
		}
		if slices != 1 || lists != 1 {
			t.Errorf("EndpointSlices were asked for %d times, Endpoints listed %d times by %d names", slices, lists, names)
		}
	})
}
