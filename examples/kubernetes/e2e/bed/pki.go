package bed

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A user is whom the API server knows by a token; files of that name have it.
type user struct{ file, name, group string }

func users() []user {
	return []user{
		{"admin", "admin", "system:masters"},
		{"controller-manager", "system:kube-controller-manager", ""},
		{"scheduler", "system:kube-scheduler", ""},
		{"proxy", "system:kube-proxy", ""},
		{"node1", "system:node:node1", "system:nodes"},
		{"node2", "system:node:node2", "system:nodes"},
	}
}

// makePKI writes a certificate authority, the API server's certificate, the one by
// which it calls kubelets, the key of service accounts, and for each user a token
// and a kubeconfig with it.
func makePKI(dir string) error {
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	apiserver, err := ca.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		DNSNames:    []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"},
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1"), net.ParseIP(controlPlane), net.ParseIP(apiService)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return err
	}
	kubelets, err := ca.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: "apiserver-kubelet-client", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return err
	}
	accounts, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"ca.crt":             ca.certificate,
		"apiserver.crt":      apiserver.certificate,
		"kubelet-client.crt": kubelets.certificate,
		"tokens.csv":         nil,
	}
	for name, key := range map[string]crypto.PrivateKey{"apiserver.key": apiserver.key, "kubelet-client.key": kubelets.key, "sa.key": accounts} {
		if files[name], err = pemKey(key); err != nil {
			return err
		}
	}
	for _, user := range users() {
		token := rand.Text()
		line := fmt.Sprintf("%s,%s,%s", token, user.name, user.file)
		if user.group != "" {
			line += fmt.Sprintf(",%q", user.group)
		}
		files["tokens.csv"] = append(files["tokens.csv"], line+"\n"...)
		files[user.file+".kubeconfig"] = kubeconfig(ca.certificate, token)
		files[user.file+".token"] = []byte(token)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func kubeconfig(ca []byte, token string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: bed, cluster: {server: "https://%s:6443", certificate-authority-data: %s}}]
users: [{name: user, user: {token: %s}}]
contexts: [{name: bed, context: {cluster: bed, user: user}}]
current-context: bed
`, controlPlane, base64.StdEncoding.EncodeToString(ca), token)
}

// issued is a certificate as PEM, and its key.
type issued struct {
	certificate []byte
	key         *ecdsa.PrivateKey
}

type authority struct {
	issued
	parsed *x509.Certificate
}

func newAuthority() (*authority, error) {
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "bed"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	a := &authority{parsed: template}
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	der, err := a.sign(template, a.key)
	if err != nil {
		return nil, err
	}
	a.certificate = pemCertificate(der)
	a.parsed, err = x509.ParseCertificate(der)
	return a, err
}

func (a *authority) issue(template *x509.Certificate) (issued, error) {
	template.KeyUsage = x509.KeyUsageDigitalSignature
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return issued{}, err
	}
	der, err := a.sign(template, key)
	return issued{pemCertificate(der), key}, err
}

// sign makes a certificate of the template for the holder of key, good for a day.
func (a *authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Hour)
	template.NotAfter = time.Now().Add(24 * time.Hour)
	return x509.CreateCertificate(rand.Reader, template, a.parsed, key.Public(), a.key)
}

func pemCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func pemKey(key crypto.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
