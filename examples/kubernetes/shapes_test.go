package kubernetes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// What documents may have in them, as far as the manifests here go. The names are
// those of the API of Kubernetes 1.34; what is not listed is refused.

type head struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
}

type metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
}

type configMap struct {
	head
	Data map[string]string `json:"data"`
}

type service struct {
	head
	Spec struct {
		Type      string            `json:"type"`
		Selector  map[string]string `json:"selector"`
		ClusterIP string            `json:"clusterIP"`
		Ports     []struct {
			Name       string `json:"name"`
			Port       int    `json:"port"`
			TargetPort any    `json:"targetPort"`
		} `json:"ports"`
	} `json:"spec"`
}

func (s *service) wrong() (all []string) {
	if len(s.Spec.Ports) == 0 || len(s.Spec.Selector) == 0 {
		all = append(all, "no ports or no selector")
	}
	names := map[string]bool{}
	for _, p := range s.Spec.Ports {
		if names[p.Name] || !portName(p.Name) || p.Port < 1 || p.Port > 65535 {
			all = append(all, fmt.Sprintf("port %q %d", p.Name, p.Port))
		}
		names[p.Name] = true
	}
	return all
}

func portName(name string) bool { return name != "" && len(name) <= 15 }

type pod struct {
	head
	Spec podSpec `json:"spec"`
}

func (p *pod) wrong() []string { return p.Spec.wrong() }

type template struct {
	Metadata metadata `json:"metadata"`
	Spec     podSpec  `json:"spec"`
}

type controller struct {
	head
	Spec struct {
		Replicas int               `json:"replicas"`
		Selector map[string]string `json:"selector"`
		Template template          `json:"template"`
	} `json:"spec"`
}

func (c *controller) wrong() []string {
	return append(selects(c.Spec.Selector, c.Spec.Template), c.Spec.Template.Spec.wrong()...)
}

type workload struct {
	head
	Spec struct {
		Replicas *int `json:"replicas"`
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
		UpdateStrategy strategy `json:"updateStrategy"` // of a DaemonSet
		Strategy       strategy `json:"strategy"`       // of a Deployment
		Template       template `json:"template"`
	} `json:"spec"`
}

type strategy struct {
	Type          string `json:"type"`
	RollingUpdate struct {
		MaxUnavailable any `json:"maxUnavailable"`
		MaxSurge       any `json:"maxSurge"`
	} `json:"rollingUpdate"`
}

func (w *workload) wrong() []string {
	var all []string
	if other := map[string]strategy{"DaemonSet": w.Spec.Strategy, "Deployment": w.Spec.UpdateStrategy}; other[w.Kind] != (strategy{}) {
		all = append(all, "a strategy that this kind has not")
	}
	all = append(all, w.Spec.Template.Spec.wrong()...)
	return append(all, selects(w.Spec.Selector.MatchLabels, w.Spec.Template)...)
}

// selects: the API server refuses a selector that does not match the template, and
// apps/v1 one that is empty.
func selects(selector map[string]string, t template) []string {
	if len(selector) == 0 {
		return []string{"no selector"}
	}
	for key, value := range selector {
		if t.Metadata.Labels[key] != value {
			return []string{fmt.Sprintf("the selector %v does not select the template's labels %v", selector, t.Metadata.Labels)}
		}
	}
	return nil
}

type podSpec struct {
	DNSPolicy                     string `json:"dnsPolicy"`
	RestartPolicy                 string `json:"restartPolicy"`
	ServiceAccountName            string `json:"serviceAccountName"`
	TerminationGracePeriodSeconds int    `json:"terminationGracePeriodSeconds"`
	SecurityContext               struct {
		RunAsNonRoot   bool  `json:"runAsNonRoot"`
		RunAsUser      int64 `json:"runAsUser"`
		RunAsGroup     int64 `json:"runAsGroup"`
		SeccompProfile struct {
			Type string `json:"type"`
		} `json:"seccompProfile"`
		Sysctls []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"sysctls"`
	} `json:"securityContext"`
	Containers []container `json:"containers"`
	Volumes    []struct {
		Name      string `json:"name"`
		ConfigMap struct {
			Name string `json:"name"`
		} `json:"configMap"`
	} `json:"volumes"`
}

type container struct {
	Name    string   `json:"name"`
	Image   string   `json:"image"`
	Command []string `json:"command"`
	Args    []string `json:"args"`
	Env     []struct {
		Name      string `json:"name"`
		Value     string `json:"value"`
		ValueFrom struct {
			FieldRef struct {
				FieldPath string `json:"fieldPath"`
			} `json:"fieldRef"`
		} `json:"valueFrom"`
	} `json:"env"`
	Ports []struct {
		Name          string `json:"name"`
		ContainerPort int    `json:"containerPort"`
		HostPort      int    `json:"hostPort"`
	} `json:"ports"`
	ReadinessProbe probe `json:"readinessProbe"`
	LivenessProbe  probe `json:"livenessProbe"`
	Lifecycle      struct {
		PreStop struct {
			Sleep struct {
				Seconds int `json:"seconds"`
			} `json:"sleep"`
		} `json:"preStop"`
	} `json:"lifecycle"`
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `json:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `json:"readOnlyRootFilesystem"`
		Capabilities             struct {
			Drop []string `json:"drop"`
		} `json:"capabilities"`
	} `json:"securityContext"`
	Resources struct {
		Requests, Limits map[string]string
	} `json:"resources"`
	VolumeMounts []struct {
		Name      string `json:"name"`
		MountPath string `json:"mountPath"`
		ReadOnly  bool   `json:"readOnly"`
	} `json:"volumeMounts"`
}

type probe struct {
	HTTPGet struct {
		Path string `json:"path"`
		Port any    `json:"port"`
	} `json:"httpGet"`
	PeriodSeconds    int `json:"periodSeconds"`
	TimeoutSeconds   int `json:"timeoutSeconds"`
	FailureThreshold int `json:"failureThreshold"`
}

func (p podSpec) wrong() (all []string) {
	if len(p.Containers) == 0 {
		all = append(all, "no containers")
	}
	volumes := map[string]bool{}
	for _, v := range p.Volumes {
		volumes[v.Name] = true
	}
	for _, c := range p.Containers {
		if c.Name == "" || c.Image == "" {
			all = append(all, "a container without name or image")
		}
		ports := map[any]bool{}
		for _, port := range c.Ports {
			if ports[port.Name] || !portName(port.Name) {
				all = append(all, fmt.Sprintf("container %s: port %q", c.Name, port.Name))
			}
			ports[port.Name] = true
		}
		for _, one := range []probe{c.ReadinessProbe, c.LivenessProbe} {
			if one.HTTPGet.Port != nil && !ports[one.HTTPGet.Port] {
				all = append(all, fmt.Sprintf("container %s: a probe of port %v, which it has not; it has %v", c.Name, one.HTTPGet.Port, slices.Collect(maps.Keys(ports))))
			}
		}
		// 30 is the default.
		if grace := cmp.Or(p.TerminationGracePeriodSeconds, 30); c.Lifecycle.PreStop.Sleep.Seconds >= grace {
			all = append(all, fmt.Sprintf("container %s sleeps %d s of %d", c.Name, c.Lifecycle.PreStop.Sleep.Seconds, grace))
		}
		for _, mount := range c.VolumeMounts {
			if !volumes[mount.Name] {
				all = append(all, fmt.Sprintf("container %s mounts %s, which the pod has not", c.Name, mount.Name))
			}
		}
		for _, e := range c.Env {
			if field := e.ValueFrom.FieldRef.FieldPath; (e.Value == "") == (field == "") ||
				field != "" && !slices.Contains([]string{"status.podIP", "spec.nodeName", "metadata.namespace"}, field) {
				all = append(all, fmt.Sprintf("container %s: env %s", c.Name, e.Name))
			}
		}
	}
	return all
}

type role struct {
	head
	Rules []struct {
		APIGroups []string `json:"apiGroups"`
		Resources []string `json:"resources"`
		Verbs     []string `json:"verbs"`
	} `json:"rules"`
}

type binding struct {
	head
	Subjects []struct {
		Kind      string `json:"kind"`
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"subjects"`
	RoleRef struct {
		Kind     string `json:"kind"`
		Name     string `json:"name"`
		APIGroup string `json:"apiGroup"`
	} `json:"roleRef"`
}

type ingress struct {
	head
	Spec struct {
		IngressClassName string  `json:"ingressClassName"`
		DefaultBackend   backend `json:"defaultBackend"`
		Rules            []struct {
			Host string `json:"host"`
			HTTP struct {
				Paths []struct {
					Path     string  `json:"path"`
					PathType string  `json:"pathType"`
					Backend  backend `json:"backend"`
				} `json:"paths"`
			} `json:"http"`
		} `json:"rules"`
	} `json:"spec"`
}

type backend struct {
	Service struct {
		Name string `json:"name"`
		Port struct {
			Name   string `json:"name"`
			Number int    `json:"number"`
		} `json:"port"`
	} `json:"service"`
}

func (i *ingress) wrong() (all []string) {
	for _, rule := range i.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			if !slices.Contains([]string{"Exact", "Prefix", "ImplementationSpecific"}, p.PathType) || p.Backend.Service.Name == "" {
				all = append(all, fmt.Sprintf("host %s: pathType %q, service %q", rule.Host, p.PathType, p.Backend.Service.Name))
			}
		}
	}
	return all
}
