package counterpart_test

import (
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// TestConfigMaps: a dtab in a ConfigMap is read whether it is text (data) or bytes
// (binaryData), which the encoder writes as base64.
func TestConfigMaps(t *testing.T) {
	const dtab = "/svc=>/#/io.l5d.fs;/host=>/svc"
	synctest.Test(t, func(t *testing.T) {
		var server k8stest.Server
		client, err := k8s.NewClient(k8s.ClientConfig{Transport: &server})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		c, err := k8s.NewConfigMap(k8s.ConfigMapConfig{Client: client, Namespace: namespace, Name: "dtabs", Key: "l5d.dtab"})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		m := &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{Kind: "ConfigMap", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{Name: "dtabs", Namespace: namespace}, Immutable: new(false)}
		for _, row := range []struct {
			data   map[string]string
			binary map[string][]byte
			want   string
		}{
			{nil, nil, ""},
			{map[string]string{"l5d.dtab": dtab}, nil, dtab},
			{map[string]string{"other": dtab}, nil, ""},
			{nil, map[string][]byte{"l5d.dtab": []byte(dtab)}, dtab},
			{map[string]string{"l5d.dtab": "/a=>/b"}, map[string][]byte{"other": []byte(dtab)}, "/a=>/b"},
		} {
			m.Data, m.BinaryData = row.data, row.binary
			server.Apply(encoded(t, m))
			synctest.Wait()
			if got := c.Dtab().Sample(); got.Value.String() != row.want {
				t.Errorf("%v, %q: the dtab is %q", row.data, row.binary, got.Value)
			}
		}
	})
}
