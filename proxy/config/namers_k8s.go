package config

import (
	"fmt"
	"os"

	"github.com/meshhop/meshhop/internal/k8sname"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// k8sNamer is io.l5d.k8s.
func k8sNamer(d *Decoder) (Namer, error) {
	access, label := kubernetesAccess(d, "host", "port"), k8sLabel(d)
	return Namer{
		Prefix:      resolve.Path{}.AppendLabel("io.l5d.k8s"),
		NoOtherName: true,
		New: func(o BuildOptions) (resolve.Namer, error) {
			client, err := o.kubernetes(access)
			if err != nil {
				return nil, err
			}
			return k8s.New(k8s.Config{Client: client, LabelSelector: label})
		},
	}, nil
}

// k8sNamespaceNamer is io.l5d.k8s.ns.
func k8sNamespaceNamer(d *Decoder) (Namer, error) {
	access, label := kubernetesAccess(d, "host", "port"), k8sLabel(d)
	variable := d.Text("envVar", "POD_NAMESPACE")
	return Namer{
		Prefix:      resolve.Path{}.AppendLabel("io.l5d.k8s.ns"),
		NoOtherName: true,
		New: func(o BuildOptions) (resolve.Namer, error) {
			namespace := os.Getenv(variable)
			if namespace == "" {
				return nil, fmt.Errorf("the environment has no %s, from which io.l5d.k8s.ns has its namespace; in the pod's manifest: "+
					"env: [{name: %s, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]", variable, variable)
			}
			client, err := o.kubernetes(access)
			if err != nil {
				return nil, err
			}
			return k8s.New(k8s.Config{Client: client, Namespace: namespace, LabelSelector: label})
		},
	}, nil
}

// k8sExternalNamer is io.l5d.k8s.external.
func k8sExternalNamer(d *Decoder) (Namer, error) {
	access, label := kubernetesAccess(d, "host", "port"), k8sLabel(d)
	if !d.Bool("experimental", false) {
		d.Errorf("experimental", "must be true for io.l5d.k8s.external, as in Linkerd")
	}
	return Namer{
		Prefix:      resolve.Path{}.AppendLabel("io.l5d.k8s.external"),
		NoOtherName: true,
		New: func(o BuildOptions) (resolve.Namer, error) {
			client, err := o.kubernetes(access)
			if err != nil {
				return nil, err
			}
			return k8s.New(k8s.Config{Client: client, External: true, LabelSelector: label, Resolver: o.Resolver})
		},
	}, nil
}

// k8sLabel reads the key of the label whose value is a segment of names.
func k8sLabel(d *Decoder) string {
	label := d.Text("labelSelector", "")
	if label != "" && !k8sname.IsLabelKey(label) {
		d.Errorf("labelSelector", "must be the key of a label, such as version, not %s", quoted(label))
	}
	return label
}
