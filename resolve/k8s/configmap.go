package k8s

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/meshhop/meshhop/internal/k8sname"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// ConfigMapConfig of a [ConfigMap].
type ConfigMapConfig struct {
	// Client asks the API server, and is closed by whoever made it. Required.
	Client *Client
	// Namespace is that of the ConfigMap. Default "default".
	Namespace string
	// Name is that of the ConfigMap. Required.
	Name string
	// Key is where in its data the dtab stands. Required.
	Key string
	// ErrorLog gets a missing ConfigMap or key, and text that is not a dtab, in
	// Linkerd's words. Default: they are not logged.
	ErrorLog *slog.Logger
}

// ConfigMap keeps reading a dtab from a ConfigMap, for the interpreter
// io.l5d.k8s.configMap (ConfigMapInterpreterInitializer.scala). It is watched until
// Close, so that an outage of the API does not affect new names.
//
// If the ConfigMap or the key is missing, the dtab is empty. Text that is not a dtab
// changes nothing; if there was no good dtab before, the dtab is pending, and names wait.
// A key that is not in data is looked for in binaryData.
type ConfigMap struct {
	c     ConfigMapConfig
	log   *slog.Logger
	dtab  *resolve.Var[resolve.Dtab]
	watch *resolve.Activity[api.Snapshot[*configMap]]
	stop  func()

	mu     sync.Mutex
	known  bool   // there is a good dtab
	there  bool   // the ConfigMap was, when it was last seen
	text   string // the last good one
	last   resolve.Dtab
	logged string
}

// NewConfigMap starts to watch. The server may still be down.
func NewConfigMap(c ConfigMapConfig) (*ConfigMap, error) {
	if c.Namespace == "" {
		c.Namespace = "default"
	}
	switch {
	case c.Client == nil:
		return nil, errors.New("k8s: a ConfigMap needs a Client")
	case c.Name == "":
		return nil, errors.New("k8s: ConfigMap: Name is not set")
	case c.Key == "":
		return nil, errors.New("k8s: ConfigMap: Key is not set")
	case !k8sname.IsLabel(c.Namespace) || !k8sname.IsObject(c.Name):
		return nil, fmt.Errorf("k8s: namespace %q and name %q are not valid for a ConfigMap", c.Namespace, c.Name)
	}
	m := &ConfigMap{c: c, log: c.ErrorLog, dtab: resolve.NewVar(resolve.State[resolve.Dtab]{})}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	m.watch = api.Watch[*configMap](c.Client.api, api.Query{Resource: api.ConfigMaps(), Namespace: c.Namespace, Name: c.Name})
	m.stop = m.watch.Observe(m.take)
	return m, nil
}

// Dtab is the dtab in the ConfigMap.
func (m *ConfigMap) Dtab() *resolve.Activity[resolve.Dtab] { return m.dtab.Activity() }

// Close stops watching. The dtab keeps its last state.
func (m *ConfigMap) Close() error {
	m.stop()
	return nil
}

// State is the dtab and what happened to its watch, as a value to be shown as JSON.
func (m *ConfigMap) State() any {
	m.mu.Lock()
	known, dtab := m.known, m.last
	m.mu.Unlock()
	return stateOf(m.watch.Sample(), func(s api.Snapshot[*configMap]) (*api.Report, any) {
		if !known {
			return s.Report, nil
		}
		return s.Report, dtab.String()
	})
}

// take gets the states of the ConfigMap, one at a time.
func (m *ConfigMap) take(s resolve.State[api.Snapshot[*configMap]]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Status != resolve.OK {
		if !m.known {
			m.dtab.SetState(resolve.State[resolve.Dtab]{Status: s.Status, Err: s.Err})
		}
		return
	}
	text, missing := m.read(s.Value.Items)
	m.there = len(s.Value.Items) > 0
	if missing != "" {
		m.tell(slog.LevelWarn, missing)
	}
	if m.known && text == m.text {
		m.fine(missing)
		return
	}
	dtab, err := resolve.ParseDtab(text)
	if err != nil {
		err = fmt.Errorf("k8s ConfigMap %s error reading dtab '%s': %w", m.c.Name, m.c.Key, brief(err))
		m.tell(slog.LevelError, err.Error())
		if !m.known {
			m.dtab.SetState(resolve.State[resolve.Dtab]{Status: resolve.Pending, Err: err})
		}
		return
	}
	m.fine(missing)
	m.known, m.text, m.last = true, text, dtab
	m.dtab.Set(dtab)
}

// read returns the text of the dtab, or why there is none, in Linkerd's words.
func (m *ConfigMap) read(found []*configMap) (text, missing string) {
	if len(found) == 0 {
		if m.there {
			return "", "k8s ConfigMap " + m.c.Name + " was deleted!"
		}
		return "", "K8s ConfigMap " + m.c.Name + " doesn't exist, assuming it will be created"
	}
	if text, ok := found[0].Data[m.c.Key]; ok {
		return text, ""
	}
	if encoded, ok := found[0].Binary[m.c.Key]; ok {
		if data, err := base64.StdEncoding.DecodeString(encoded); err == nil && utf8.Valid(data) {
			return string(data), ""
		}
	}
	return "", "dtab at " + m.c.Key + " in k8s ConfigMap " + m.c.Name + " did not exist!"
}

// fine notes that nothing is wrong, unless the dtab is missing.
func (m *ConfigMap) fine(missing string) {
	if missing == "" && m.logged != "" {
		m.logged = ""
		m.log.Info("k8s ConfigMap " + m.c.Name + ": the dtab can be read again")
	}
}

// tell logs what is wrong, once while it stays the same.
func (m *ConfigMap) tell(level slog.Level, text string) {
	if m.logged == text {
		return
	}
	m.logged = text
	if level == slog.LevelError {
		m.log.Error(text)
		return
	}
	m.log.Warn(text)
}

// brief is the error of a parser with only the text near it.
func brief(err error) error {
	const most = 60
	var p *resolve.ParseError
	if !errors.As(err, &p) || len(p.Input) <= 2*most {
		return err
	}
	pos := min(p.Pos, len(p.Input))
	near := *p
	near.Input = p.Input[max(0, pos-most):min(pos+most, len(p.Input))]
	near.Pos = pos - max(0, pos-most)
	return errors.New(strings.ToValidUTF8(near.Error(), "?"))
}

// configMap is a ConfigMap.
type configMap struct {
	Meta   api.Meta          `json:"metadata"`
	Data   map[string]string `json:"data"`
	Binary map[string]string `json:"binaryData"`
}

func (m *configMap) Metadata() api.Meta { return m.Meta }
