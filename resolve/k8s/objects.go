package k8s

import "github.com/meshhop/meshhop/resolve/k8s/internal/api"

// service is a Service, as far as it is used.
type service struct {
	Meta api.Meta `json:"metadata"`
	Spec struct {
		Type         string        `json:"type"`
		ExternalName string        `json:"externalName"`
		Ports        []servicePort `json:"ports"`
	} `json:"spec"`
	Status struct {
		LoadBalancer struct {
			Ingress []struct {
				IP       string `json:"ip"`
				Hostname string `json:"hostname"`
			} `json:"ingress"`
		} `json:"loadBalancer"`
	} `json:"status"`
}

type servicePort struct {
	Name       string `json:"name"`
	Protocol   string `json:"protocol"`
	Port       int    `json:"port"`
	TargetPort any    `json:"targetPort"` // float64 or string
}

func (s *service) Metadata() api.Meta { return s.Meta }

// endpointsObject is an object of kind Endpoints.
type endpointsObject struct {
	Meta    api.Meta `json:"metadata"`
	Subsets []struct {
		Addresses []endpointAddress `json:"addresses"`
		NotReady  []endpointAddress `json:"notReadyAddresses"`
		Ports     []slicePort       `json:"ports"`
	} `json:"subsets"`
}

type endpointAddress struct {
	IP       string `json:"ip"`
	NodeName string `json:"nodeName"`
}

func (e *endpointsObject) Metadata() api.Meta { return e.Meta }

// slice is an EndpointSlice.
type slice struct {
	Meta        api.Meta `json:"metadata"`
	AddressType string   `json:"addressType"`
	Endpoints   []struct {
		Addresses  []string `json:"addresses"`
		NodeName   string   `json:"nodeName"`
		Conditions struct {
			Ready *bool `json:"ready"`
		} `json:"conditions"`
	} `json:"endpoints"`
	Ports []slicePort `json:"ports"`
}

type slicePort struct {
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
	Port     *int   `json:"port"` // nil: all
}

func (s *slice) Metadata() api.Meta { return s.Meta }
