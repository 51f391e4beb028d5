package app

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net/url"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/handshake"
)

// secureFlags say how a command speaks TLS with a server.
type secureFlags struct {
	certs.Files
	ca, name string
}

// secureFlag defines the flags; of says whose certificate it is.
func secureFlag(flags *flag.FlagSet, of string) *secureFlags {
	f := new(secureFlags)
	flags.StringVar(&f.ca, "ca", "", "`FILE` with the authorities of the certificate of "+of+"; those of the system if empty")
	flags.StringVar(&f.name, "tls-name", "", "the `name` that the certificate of "+of+" is for; the host of its URL if empty")
	flags.StringVar(&f.Cert, "cert", "", "`FILE` with the certificate to show "+of+", if it asks for one")
	flags.StringVar(&f.Key, "key", "", "`FILE` with the key of that certificate")
	return f
}

// given reports whether any of the flags is.
func (f *secureFlags) given() bool { return f.ca+f.name+f.Cert+f.Key != "" }

// config is for one server.
func (f *secureFlags) config(to *url.URL) (*tls.Config, error) {
	if to.Scheme != "https" {
		if f.given() {
			return nil, fmt.Errorf("-ca, -tls-name, -cert and -key are for https URLs, which %s is not", to)
		}
		return nil, nil
	}
	if (f.Cert == "") != (f.Key == "") {
		return nil, errors.New("-cert and -key go together")
	}
	files := f.Files
	if f.ca != "" {
		files.Trust = []string{f.ca}
	}
	store := certs.NewStore(certs.Config{})
	defer store.Close() // the set keeps what it has
	set, err := store.Open("the command line", files)
	if err != nil {
		return nil, err
	}
	text := f.name
	if text == "" {
		text = to.Hostname()
	}
	name, err := certs.ParseName(text, false)
	if err != nil {
		return nil, fmt.Errorf("-tls-name %w", err)
	}
	return certs.Client{Set: set, Name: name, Versions: certs.DefaultVersions()}.Config(), nil
}

// explained adds to the error of a request what to do about it.
func (f *secureFlags) explained(err error, to *url.URL) error {
	if to.Scheme != "https" {
		return err
	}
	switch handshake.ReasonOf(err) {
	case handshake.Authority:
		return fmt.Errorf("%w: -ca FILE names the authority that is trusted", err)
	case handshake.Name:
		return fmt.Errorf("%w: -tls-name NAME says for which name it must be", err)
	case handshake.Alert:
		return fmt.Errorf("%w: if it asks for a certificate, -cert and -key show one", err)
	case handshake.Plain:
		return fmt.Errorf("%w: there is no TLS there; try http://%s", err, to.Host)
	}
	return err
}
